import { expect, test } from 'vitest';
import type { Operation } from './history.ts';
import { checkLinearizability } from './linearizability.ts';
import type { Model } from './models.ts';
import { sample } from './random.ts';
import { samplers } from './samplers.ts';
import { checkSequential } from './sequential.ts';

/** Tries every interleaving of the clients' operations. */
function isSequentialByForce<S, I, O>(
  model: Model<S, I, O>,
  all: readonly Operation<I, O>[],
): boolean {
  const search = (states: ReadonlyMap<string, S>, left: readonly Operation<I, O>[]): boolean => {
    if (left.every(({ outcome }) => outcome !== 'ok')) return true;
    return left.some((o) => {
      const isLater = left.some(
        (other) =>
          other.client === o.client &&
          other.outcome === 'ok' &&
          o.outcome === 'ok' &&
          other.callAt < o.callAt,
      );
      if (isLater) return false;
      const key = model.key?.(o.input) ?? '';
      const state = states.get(key) ?? model.initial;
      const next = model.step(state, o.input, o.outcome === 'ok' ? o.output : undefined);
      if (next === undefined) return false;
      return search(
        new Map(states).set(key, next),
        left.filter((other) => other !== o),
      );
    });
  };
  return search(new Map(), all);
}

test.each(samplers.map((sampler) => [sampler.model.name, sampler] as const))(
  'random histories of a %s get the verdict of trying every interleaving',
  { timeout: 0 },
  (_, sampler) => {
    const counts = { ok: 0, illegal: 0, weaker: 0 };
    for (let seed = 1; seed <= 800; seed++) {
      const history = sample(sampler, seed, { size: 3 + (seed % 5), clients: 2 + (seed % 2) });
      const expected = isSequentialByForce(sampler.model, history) ? 'ok' : 'illegal';
      expect([seed, checkSequential(sampler.model, history).verdict]).toEqual([seed, expected]);
      counts[expected]++;
      const isLinearizable = checkLinearizability(sampler.model, history).verdict === 'ok';
      if (isLinearizable) expect(expected).toBe('ok');
      else if (expected === 'ok') counts.weaker++;
    }
    expect(Math.min(counts.ok, counts.illegal, counts.weaker)).toBeGreaterThan(0);
  },
);

test('a search that has to give up says so', () => {
  const [sampler] = samplers;
  if (sampler === undefined) throw new Error('there are no samplers');
  const history = sample(sampler, 2, { size: 30, clients: 6 });
  expect(checkSequential(sampler.model, history, { stepsMax: 3 }).verdict).toBe('undecided');
});
