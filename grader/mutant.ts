/** Mutants and variants: wrong submissions that must be found, and right ones that must not be accused. */

/** A known, real bug: an edit of the reference solution, and the scenarios that must fail for it. */
export interface Mutant {
  /** kebab-case: `vote-not-persisted`. */
  readonly name: string;
  /** What the student did, as one would say it in a code review. */
  readonly bug: string;
  /** The scenario that was built to kill it. Others may, too. */
  readonly killedBy: string;
  /** The id in the catalogue of bugs: E01, R02, S03 … */
  readonly id?: string;
  /** Each `find` must occur exactly once in the file. */
  readonly edit: readonly {
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
  /** Often made: the handout of the lab lists it among the common mistakes. */
  readonly common?: boolean;
  /** The handout shows the failing message that it causes. One per lab. */
  readonly shown?: boolean;
  /** Not distinguishable from the reference in this code base, and why; then `killedBy` is ''. */
  readonly equivalent?: string;
}

/** A correct submission that decides differently from the reference; no scenario may fail it. */
export interface Variant {
  /** kebab-case. */
  readonly name: string;
  /** What it does differently. */
  readonly what: string;
  readonly edit: Mutant['edit'];
  /** By scenario: the demand of the handout that this variant does not meet. */
  readonly mayFail?: Readonly<Record<string, string>>;
}

/** A mutant with one replacement, as most are: `put` instead of `find`. */
export interface Planted extends Pick<Mutant, 'bug' | 'id' | 'common' | 'shown'> {
  /** {@link Mutant.killedBy} */
  readonly by: string;
  readonly find: string;
  readonly put: string;
}

/** For lists of mutants: `const plant = plantIn('raft.ts'); plant('no-fsync', { … })`. */
export function plantIn(file: string): (name: string, bug: Planted) => Mutant {
  return (name, { by, find, put, ...rest }) => {
    return { name, killedBy: by, edit: [{ file, find, replace: put }], ...rest };
  };
}

/** Identity, for typing. */
export function defineMutants(mutants: readonly Mutant[]): readonly Mutant[] {
  return mutants;
}
