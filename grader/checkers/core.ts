/**
 * Why is a history illegal? Most of its operations have nothing to do with it. Each step here makes
 * the history weaker – it allows more orders, never fewer – so if what is left in the end is still
 * illegal, that proves that the whole was:
 *
 * 1. the shortest prefix that is illegal: operations that returned later count as still open;
 * 2. reads that are not needed are left out;
 * 3. of the others, as many as possible "may take effect at any time, or never". They cannot be left
 *    out: a history without a write is not weaker than one with it.
 *
 * The operations that cannot be weakened are the core.
 */
import type { Operation } from './history.ts';
import { checkLinearizability } from './linearizability.ts';
import type { Model } from './models.ts';

export interface Core<Input, Output> {
  /** In the order of their calls. */
  readonly operations: readonly Operation<Input, Output>[];
  /** The operation whose return made the history illegal. */
  readonly culprit: Operation<Input, Output>;
  /** Others: even if each may take effect at any time, or never, there is no order. */
  readonly relaxed: readonly Operation<Input, Output>[];
}

/** For one question; all of them together cost at most a few dozen times as much. */
const STEPS_PER_QUESTION = 20_000;
const STEPS_IN_ALL = 400_000;

/** The core of operations on one key that are not linearizable. */
export function coreOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  all: readonly Operation<Input, Output>[],
): Core<Input, Output> {
  type Op = Operation<Input, Output>;
  let left = STEPS_IN_ALL;
  const isIllegal = (operations: readonly Op[]): boolean => {
    if (left <= 0) return false;
    const stepsMax = Math.min(left, STEPS_PER_QUESTION);
    const result = checkLinearizability(model, operations, { stepsMax });
    left -= result.steps + 1;
    return result.verdict === 'illegal';
  };

  const { prefix, culprit } = shortestPrefix(all, isIllegal);
  const isRead = ({ input, output }: Op) => model.isRead?.(input, output) ?? false;
  const source = new Map<Op, Op>(prefix.map(({ now, was }) => [now, was]));
  let operations: readonly Op[] = prefix.map(({ now }) => now);
  const reads = operations.filter((o) => isRead(o) && source.get(o) !== culprit);
  operations = cutDown(reads, operations, (rest, gone) => {
    const kept = rest.filter((o) => !gone.has(o));
    return isIllegal(kept) ? kept : undefined;
  });
  const relaxed = new Set<Op>();
  const writers = operations.filter((o) => source.get(o) !== culprit);
  operations = cutDown(writers, operations, (rest, gone) => {
    const weaker = rest.map((o): Op => {
      if (!gone.has(o)) return o;
      const loose: Op = { ...o, outcome: 'unknown', callAt: -Infinity, returnAt: Infinity };
      source.set(loose, source.get(o) as Op);
      return loose;
    });
    if (!isIllegal(weaker)) return undefined;
    for (const o of gone) relaxed.add(source.get(o) as Op);
    return weaker;
  });
  const byCall = (a: Op, b: Op) => a.callAt - b.callAt;
  const kept = operations.map((o) => source.get(o) as Op).filter((o) => !relaxed.has(o));
  return { operations: kept.sort(byCall), culprit, relaxed: [...relaxed].sort(byCall) };
}

/** What had happened by the first return at which no order was possible any more. */
function shortestPrefix<Input, Output>(
  all: readonly Operation<Input, Output>[],
  isIllegal: (operations: readonly Operation<Input, Output>[]) => boolean,
): {
  prefix: readonly { now: Operation<Input, Output>; was: Operation<Input, Output> }[];
  culprit: Operation<Input, Output>;
} {
  const returned = all
    .filter(({ outcome }) => outcome === 'ok')
    .sort((a, b) => a.returnAt - b.returnAt || a.callAt - b.callAt);
  const upTo = (index: number) => {
    const { returnAt } = returned[index] as Operation;
    return all
      .filter(({ callAt }) => callAt <= returnAt)
      .map((was) => {
        if (was.returnAt <= returnAt) return { now: was, was };
        const now = { ...was, outcome: 'unknown' as const, returnAt: Number.POSITIVE_INFINITY };
        return { now, was };
      });
  };
  let [low, high] = [0, returned.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isIllegal(upTo(middle).map(({ now }) => now))) high = middle;
    else low = middle + 1;
  }
  return { prefix: upTo(low), culprit: returned[low] as Operation<Input, Output> };
}

/** Tries to do without `candidates`: all at once, halves, quarters … down to single ones. */
function cutDown<Op>(
  candidates: readonly Op[],
  operations: readonly Op[],
  without: (operations: readonly Op[], gone: ReadonlySet<Op>) => readonly Op[] | undefined,
): readonly Op[] {
  let rest = operations;
  let open = candidates;
  for (let size = candidates.length; size >= 1; size = Math.floor(size / 2)) {
    const stay: Op[] = [];
    for (let at = 0; at < open.length; at += size) {
      const piece = open.slice(at, at + size);
      const smaller = without(rest, new Set(piece));
      if (smaller === undefined) stay.push(...piece);
      else rest = smaller;
    }
    open = stay;
  }
  return rest;
}
