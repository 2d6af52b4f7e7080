/**
 * Small random histories for the checkers' tests: overlapping operations with answers that are right
 * for some order, or sometimes for none; and a checker that tries every order, to compare with.
 */
import { Stream } from '../sim/prng.ts';
import type { Operation } from './history.ts';
import { partition } from './linearizability.ts';
import type { Model } from './models.ts';

export interface Sampler<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  input(draw: Stream): Input;
  /** The answer in a state. */
  answer(state: State, input: Input): Output;
  /** An answer that may be wrong. */
  guess(draw: Stream, input: Input): Output;
}

/** A history of `size` operations by up to `clients` clients; with half of all seeds it may be wrong. */
export function sample<State, Input, Output>(
  { model, input: drawInput, answer, guess }: Sampler<State, Input, Output>,
  seed: number,
  { size, clients }: { readonly size: number; readonly clients: number },
): Operation<Input, Output>[] {
  const draw = new Stream(seed);
  const freeAt = Array.from({ length: clients }, () => 0);
  const isOff = draw.chance(0.5);
  let now = 0;
  const states = new Map<string, State>();
  const operations: Operation<Input, Output>[] = [];
  for (let i = 0; i < size; i++) {
    const client = draw.int(0, clients - 1);
    const callAt = Math.max(freeAt[client] as number, now - draw.int(0, 3));
    now = Math.max(now, callAt) + draw.int(0, 1);
    const returnAt = now + draw.int(0, 4);
    freeAt[client] = returnAt + 1;
    const input = drawInput(draw);
    const key = model.key?.(input) ?? '';
    const state = states.get(key) ?? model.initial;
    const output = isOff && draw.chance(0.2) ? guess(draw, input) : answer(state, input);
    const isUnknown = draw.chance(0.12);
    if (!isUnknown || draw.chance(0.5)) {
      states.set(key, model.step(state, input, undefined) ?? state);
    }
    operations.push(
      isUnknown
        ? { client: `c${client}`, input, outcome: 'unknown', callAt, returnAt: Infinity }
        : { client: `c${client}`, input, output, outcome: 'ok', callAt, returnAt },
    );
    if (isUnknown) freeAt[client] = now + 1;
  }
  return operations;
}

/** Tries every order that respects real time. For a few operations only. */
export function isLinearizableByForce<State, Input, Output>(
  model: Model<State, Input, Output>,
  all: readonly Operation<Input, Output>[],
): boolean {
  const search = (state: State, left: readonly Operation<Input, Output>[]): boolean => {
    if (left.every(({ outcome }) => outcome !== 'ok')) return true;
    return left.some((operation) => {
      if (left.some(({ returnAt }) => returnAt < operation.callAt)) return false;
      const { input, output, outcome } = operation;
      const next = model.step(state, input, outcome === 'ok' ? output : undefined);
      const rest = left.filter((other) => other !== operation);
      return next !== undefined && search(next, rest);
    });
  };
  return [...partition(model, all).values()].every((part) => search(model.initial, part));
}
