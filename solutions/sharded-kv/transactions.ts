/**
 * What a shard knows of transactions: the records of those that are anchored here, and what is promised
 * to those that have a part here. Two-phase commit, in which nobody's memory matters: the decision is
 * an entry in the log of the anchor, the promise is one in that of each part, and both move with their
 * shards. A leader that finds an open record sees it through, whoever began it.
 */
import type { NodeId } from 'faultlab/node';
import type { Attempt, Result, Timestamp, TransactionPart } from './contract.ts';

/** At the anchor, from `begin` until all parts know the decision. */
export interface Record {
  readonly attempt: Attempt;
  readonly parts: readonly TransactionPart[];
  /** Who is to be told the outcome. */
  readonly client: NodeId;
  readonly seq: number;
  /** Undefined while it is open; null when it was aborted. */
  readonly decision?: Timestamp | null;
}

/** At a part: these keys are locked, and it will be as the anchor decides. */
export interface Promised {
  readonly attempt: Attempt;
  readonly part: TransactionPart;
  /** If it is committed, then not before this. */
  readonly at: Timestamp;
}

/** The reads and writes of a part that are about some of its keys. */
export function only(
  { reads, writes }: TransactionPart,
  isIn: (key: string) => boolean,
): TransactionPart {
  const has = ([key]: readonly [string, unknown]) => isIn(key);
  return { reads: reads.filter(has), writes: writes.filter(has) };
}

export const keysOf = ({ reads, writes }: TransactionPart): string[] => [
  ...new Set([...reads, ...writes].map(([key]) => key)),
];

export class Transactions {
  readonly records: Map<string, Record>;
  readonly promised: Map<string, Promised>;

  constructor(records: readonly Record[] = [], promised: readonly Promised[] = []) {
    this.records = new Map(records.map((record) => [record.attempt.id, record]));
    this.promised = new Map(promised.map((one) => [one.attempt.id, one]));
  }

  /**
   * Takes out, and returns, what is promised about keys from `at` on. The records stay: whoever asks for
   * one names its shard. So the decision has to find both halves of a promise, and does, by their keys.
   */
  split(at: string): Promised[] {
    return [...this.promised.values()].flatMap((promised) => {
      const { attempt, part } = promised;
      const [lower, upper] = [only(part, (key) => key < at), only(part, (key) => key >= at)];
      if (keysOf(upper).length === 0) return [];
      if (keysOf(lower).length === 0) this.promised.delete(attempt.id);
      else this.promised.set(attempt.id, { ...promised, part: lower });
      return [{ ...promised, part: upper }];
    });
  }

  /** Whether an undecided transaction may write the key, at a time up to `until`. */
  willWrite(key: string, until = Number.POSITIVE_INFINITY): boolean {
    return [...this.promised.values()].some(
      ({ at, part }) => at <= until && part.writes.some(([written]) => written === key),
    );
  }

  /** Whether an undecided transaction has the key in it: then nobody else may write it. */
  isLocked(key: string): boolean {
    const has = ([own]: readonly [string, unknown]) => own === key;
    return [...this.promised.values()].some(
      ({ part }) => part.reads.some(has) || part.writes.some(has),
    );
  }

  /** Two that read the same do not disturb each other. */
  isFree({ reads, writes }: TransactionPart): boolean {
    return (
      !reads.some(([key]) => this.willWrite(key)) && !writes.some(([key]) => this.isLocked(key))
    );
  }

  /** The first decision in the log stands: a leader that was deposed, or is late, changes nothing. */
  conclude({ id }: Attempt, decision: Timestamp | null): Record | undefined {
    const record = this.records.get(id);
    if (record === undefined || record.decision !== undefined) return undefined;
    this.records.set(id, { ...record, decision });
    return record;
  }

  /** What the anchor says. It forgets only what all parts know, so one unknown was aborted, or is over. */
  outcome({ id }: Attempt): Result {
    const record = this.records.get(id);
    if (record === undefined) return { done: false };
    if (record.decision === undefined) return {};
    return record.decision === null ? { done: false } : { done: true, at: record.decision };
  }
}
