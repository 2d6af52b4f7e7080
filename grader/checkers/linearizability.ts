/**
 * Linearizability (Herlihy and Wing, 1990): is there an order of the operations that respects real
 * time, in which a single object could have given these answers? Keys are judged one by one; a key whose
 * operations never overlap has only one order, and needs no search.
 *
 * Limits are counted in steps, not in time, so that the verdict is the same on every machine.
 */
import type { History, Operation } from './history.ts';
import type { Model } from './models.ts';
import { type Limits, Search } from './search.ts';

/** Steps of the search, for all keys together. */
export const STEPS_MAX = 2_000_000;

/** On easy histories, looking ahead costs more than it saves. */
const LOOK_AHEAD_AFTER_STEPS = 100;

export type Linearizability<Input = unknown, Output = unknown> =
  | {
      readonly verdict: 'ok';
      /** An order that explains each key: operations that took effect, first to last. */
      readonly orders: ReadonlyMap<string, History<Input, Output>>;
      readonly steps: number;
    }
  | {
      readonly verdict: 'illegal';
      /** The key whose operations no order explains, and these operations. */
      readonly key: string;
      readonly operations: History<Input, Output>;
      readonly steps: number;
    }
  | {
      readonly verdict: 'undecided';
      readonly key: string;
      readonly operations: number;
      /** The most operations that were open at the same time. */
      readonly concurrency: number;
      readonly steps: number;
    };

/** Operations by key, in the order of their calls; without those that certainly did not happen. */
export function partition<Input, Output>(
  model: { key?(input: Input): string },
  history: History<Input, Output>,
): Map<string, Operation<Input, Output>[]> {
  const parts = new Map<string, Operation<Input, Output>[]>();
  for (const operation of history) {
    if (operation.outcome === 'fail') continue;
    const key = model.key?.(operation.input) ?? '';
    const part = parts.get(key);
    if (part) part.push(operation);
    else parts.set(key, [operation]);
  }
  return parts;
}

/** Decides whether a history is linearizable. Tries keys with few operations first; stops at a bad one. */
export function checkLinearizability<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  { stepsMax = STEPS_MAX, lookAheadAfterSteps = LOOK_AHEAD_AFTER_STEPS }: Limits = {},
): Linearizability<Input, Output> {
  const parts = [...partition(model, history)];
  parts.sort((a, b) => a[1].length - b[1].length);
  const orders = new Map<string, History<Input, Output>>();
  let undecided: Linearizability<Input, Output> | undefined;
  let steps = 0;
  for (const [key, operations] of parts) {
    const inTurn = oneAfterAnother(operations);
    if (inTurn !== undefined) {
      if (!isLegal(model, inTurn)) return { verdict: 'illegal', key, operations, steps };
      orders.set(key, inTurn);
      continue;
    }
    const search = new Search(model, operations);
    const result = search.run({ stepsMax: Math.max(1, stepsMax - steps), lookAheadAfterSteps });
    steps += search.steps;
    if (result === 'illegal') return { verdict: 'illegal', key, operations, steps };
    if (result === 'undecided') {
      const { concurrency } = search;
      undecided ??= {
        verdict: 'undecided',
        key,
        operations: operations.length,
        concurrency,
        steps,
      };
    } else orders.set(key, result);
  }
  return undecided ?? { verdict: 'ok', orders, steps };
}

/** In the order of their calls if none overlaps another: then there is no other order to search for. */
function oneAfterAnother<Input, Output>(
  operations: readonly Operation<Input, Output>[],
): readonly Operation<Input, Output>[] | undefined {
  if (operations.some(({ outcome }) => outcome !== 'ok')) return undefined;
  const byCall = [...operations].sort((a, b) => a.callAt - b.callAt);
  // As in a search: an operation called at the instant of a return overlaps with the one that returns.
  const overlaps = byCall.some(
    ({ callAt }, i) => i > 0 && (byCall[i - 1]?.returnAt ?? 0) >= callAt,
  );
  return overlaps ? undefined : byCall;
}

function isLegal<State, Input, Output>(
  model: Model<State, Input, Output>,
  order: readonly Operation<Input, Output>[],
): boolean {
  let state: State | undefined = model.initial;
  for (const { input, output } of order) {
    state = model.step(state, input, output);
    if (state === undefined) return false;
  }
  return true;
}
