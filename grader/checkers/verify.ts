/**
 * Re-checks the certificate of a linearizable history, without any of the searcher's cleverness: the
 * order holds every operation that returned, keeps to real time, and the model accepts each answer.
 */
import type { History } from './history.ts';
import { type Linearizability, partition } from './linearizability.ts';
import type { Model } from './models.ts';

/** Undefined when the certificate is right, otherwise what is wrong with it. */
export function whyNotProved<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  { orders }: Extract<Linearizability<Input, Output>, { verdict: 'ok' }>,
): string | undefined {
  for (const [key, operations] of partition(model, history)) {
    const order = orders.get(key) ?? [];
    if (new Set(order).size !== order.length) return `key ${key}: an operation appears twice`;
    let state = model.initial;
    let latestCall = Number.NEGATIVE_INFINITY;
    for (const { input, output, outcome, callAt, returnAt } of order) {
      const words = model.describe(input, output);
      if (returnAt < latestCall)
        return `key ${key}: ${words} had returned before the call of one placed earlier`;
      latestCall = Math.max(latestCall, callAt);
      const next = model.step(state, input, outcome === 'ok' ? output : undefined);
      if (next === undefined) return `key ${key}: ${words} is impossible where it is placed`;
      state = next;
    }
    for (const operation of operations) {
      if (operation.outcome !== 'ok') continue;
      if (!order.includes(operation)) return `key ${key}: an operation that returned is missing`;
    }
  }
  return undefined;
}
