import { expect, test } from 'vitest';
import { explainIllegal } from './explain.ts';
import type { Operation } from './history.ts';
import { checkLinearizability } from './linearizability.ts';
import { versionedKv } from './models.ts';
import { sample } from './random.ts';
import { samplers } from './samplers.ts';

test('a put that was refused but took effect is explained by the read that saw it', () => {
  const put = { kind: 'put', key: 'k', value: 'x', version: 1 } as const;
  const other = { kind: 'put', key: 'k', value: 'y', version: 0 } as const;
  const get = { kind: 'get', key: 'k' } as const;
  const told = explainIllegal(versionedKv, [
    ok('c1', put, { ok: false, error: 'no-key' }, 1, 2),
    ok('c2', other, { ok: true, version: 1 }, 3, 4),
    ok('c2', get, { ok: true, value: 'x', version: 2 }, 5, 6),
  ]);
  expect([told.pattern, told.sentence, ...told.picture]).toMatchInlineSnapshot(`
    [
      "denied-write",
      "c1's put k=x at version 1 → "no-key" at 2 took effect all the same: c2's get k → x at version 2 at 6 saw it.",
      "c1  ├─────1─────┤",
      "c2                          ├─────2─────┤",
      "",
      "1  c1  put k=x at version 1 → "no-key"  1 – 2  <",
      "2  c2  get k → x at version 2  5 – 6",
    ]
  `);
});

test('the explanation of a denied write is a proof', () => {
  let proofs = 0;
  for (const sampler of samplers.filter(({ model }) => /kv|register/.test(model.name)))
    for (let seed = 1; seed <= 1500; seed++) {
      const history = sample(sampler, seed, { size: 3 + (seed % 6), clients: 3 });
      if (checkLinearizability(sampler.model, history).verdict !== 'illegal') continue;
      const { pattern, core } = explainIllegal(sampler.model, history);
      if (pattern !== 'denied-write') continue;
      proofs++;
      const loose = core.relaxed.map((o) => {
        return { ...o, outcome: 'unknown' as const, callAt: -Infinity, returnAt: Infinity };
      });
      const weaker = [...core.operations, ...loose];
      expect([seed, checkLinearizability(sampler.model, weaker).verdict]).toEqual([
        seed,
        'illegal',
      ]);
    }
  expect(proofs).toBeGreaterThan(20);
});

function ok<Input, Output>(
  client: string,
  input: Input,
  output: Output,
  callAt: number,
  returnAt: number,
): Operation<Input, Output> {
  return { client, input, output, outcome: 'ok', callAt, returnAt };
}
