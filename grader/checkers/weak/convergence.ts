/**
 * Whether replicas come to agree, and on the right thing. Eventual convergence: once nothing is in flight
 * any more, all have the same state. Strong convergence (Shapiro et al. 2011): at every moment, two that
 * have delivered the same operations, in whatever order, have the same state. And what a set or a map of
 * keys must neither lose nor bring back.
 */
import type { History } from '../history.ts';
import { show } from '../transactions/columns.ts';

/** The replicas' states once all is quiet. @returns a sentence for the first two that differ */
export function whyNotConverged(states: ReadonlyMap<string, unknown>): string | undefined {
  const [first, ...others] = [...states];
  if (first === undefined) return undefined;
  const [name, state] = first;
  for (const [other, theirs] of others)
    if (canonical(theirs) !== canonical(state))
      return `everything is delivered, but ${name} has ${show(state)} and ${other} has ${show(theirs)}`;
  return undefined;
}

/**
 * Watches replicas at every step. Sets of operations are identified by the sum of their hashes, so that a
 * step costs the same however much has been delivered.
 */
export class StrongConvergence {
  readonly #delivered = new Map<string, { ids: Set<string>; sum: bigint }>();
  readonly #states = new Map<bigint, { replica: string; state: unknown; text: string }>();

  /**
   * `replica` has delivered operation `id`, for the first time or again, and now has `state`.
   *
   * @returns what is wrong: a sentence that names the other replica, and the two states
   */
  deliver(replica: string, id: string, state: unknown): string | undefined {
    const known = this.#delivered.get(replica) ?? { ids: new Set(), sum: 0n };
    this.#delivered.set(replica, known);
    if (!known.ids.has(id)) {
      known.ids.add(id);
      known.sum = BigInt.asUintN(64, known.sum + hash(id));
    }
    const text = canonical(state);
    const other = this.#states.get(known.sum);
    if (other === undefined) {
      this.#states.set(known.sum, { replica, state, text });
      return undefined;
    }
    if (other.text === text) return undefined;
    return (
      `${replica} and ${other.replica} have delivered the same ${known.ids.size} operations, ` +
      `but ${replica} has ${show(state)} and ${other.replica} has ${show(other.state)}`
    );
  }

  /** The replica restarts with nothing, or with what `like` has. */
  reset(replica: string, like?: string): void {
    const from = like === undefined ? undefined : this.#delivered.get(like);
    this.#delivered.set(replica, { ids: new Set(from?.ids), sum: from?.sum ?? 0n });
  }
}

export interface SetInput {
  readonly kind: 'add' | 'remove';
  readonly element: string | number;
}

export interface SetFaults {
  /** Elements that are gone, although an acknowledged add began when all removes were over. */
  readonly lost: readonly (string | number)[];
  /** Elements that are there, although an acknowledged remove began when all adds were over. */
  readonly resurrected: readonly (string | number)[];
}

/** What is wrong with the final elements of a set, judged only by what is certain. */
export function setFaults(
  history: History<SetInput, unknown>,
  final: ReadonlySet<string | number>,
): SetFaults {
  const lost: (string | number)[] = [];
  const resurrected: (string | number)[] = [];
  const elements = new Map<string | number, { add: Operations; remove: Operations }>();
  for (const operation of history) {
    if (operation.outcome === 'fail') continue;
    const { element, kind } = operation.input;
    const of = elements.get(element) ?? { add: [], remove: [] };
    elements.set(element, of);
    of[kind].push(operation);
  }
  for (const [element, { add, remove }] of elements) {
    const present = final.has(element);
    if (!present && isLast(add, remove)) lost.push(element);
    if (present && isLast(remove, add)) resurrected.push(element);
  }
  return { lost, resurrected };
}

type Operations = { outcome: string; callAt: number; returnAt: number }[];

/** One of `these` was acknowledged and began only when all of `those` were certainly over. */
function isLast(these: Operations, those: Operations): boolean {
  const over = Math.max(Number.NEGATIVE_INFINITY, ...those.map(({ returnAt }) => returnAt));
  return these.some(({ outcome, callAt }) => outcome === 'ok' && callAt > over);
}

/** 64-bit FNV-1a. */
function hash(text: string): bigint {
  let value = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++)
    value = BigInt.asUintN(64, (value ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  return value;
}

/** JSON with sorted keys: how a state was built must not matter. */
function canonical(state: unknown): string {
  return JSON.stringify(state, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
