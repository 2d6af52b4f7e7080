import { expect, test } from 'vitest';
import { checkLinearizability } from './linearizability.ts';
import { isLinearizableByForce, sample } from './random.ts';
import { samplers } from './samplers.ts';
import { whyNotProved } from './verify.ts';

const HISTORIES = Number(process.env.HISTORIES ?? 1500);

test.each(samplers.map((sampler) => [sampler.model.name, sampler] as const))(
  'random histories of a %s get the verdict of trying every order',
  { timeout: 0 },
  (_, sampler) => {
    const counts = { ok: 0, illegal: 0 };
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const history = sample(sampler, seed, { size: 3 + (seed % 6), clients: 1 + (seed % 4) });
      const expected = isLinearizableByForce(sampler.model, history) ? 'ok' : 'illegal';
      const result = checkLinearizability(sampler.model, history, { lookAheadAfterSteps: 0 });
      expect([seed, result.verdict]).toEqual([seed, expected]);
      if (result.verdict === 'ok') {
        expect(whyNotProved(sampler.model, history, result)).toBeUndefined();
      }
      counts[expected]++;
    }
    // Both verdicts must really occur, or the comparison shows nothing.
    expect(Math.min(counts.ok, counts.illegal)).toBeGreaterThan(HISTORIES / 50);
  },
);
