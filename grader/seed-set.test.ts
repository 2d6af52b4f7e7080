import { expect, test } from 'vitest';
import { commitmentOf, deriveSeedSet, parseSeedSet } from './seed-set.ts';

const set = deriveSeedSet('correct horse battery staple', 'raft 2026', 100);

test('a secret gives the same seeds everywhere, each once', () => {
  expect(set.seeds.slice(0, 3)).toMatchInlineSnapshot(`
    [
      1070965885,
      1138769890,
      2114150014,
    ]
  `);
  expect(new Set(set.seeds).size).toBe(100);
  expect(commitmentOf(set)).toMatchInlineSnapshot(
    `"c4ed9bb5bd1360781fc0a64f5db2a048b9d9aae44a77fad4b12a827eb6ce0895"`,
  );
});
test('a longer set begins with the shorter one', () => {
  const longer = deriveSeedSet('correct horse battery staple', 'raft 2026', 150);
  expect(longer.seeds.slice(0, 100)).toEqual(set.seeds);
});
test('another name or secret gives others', () => {
  const others = [
    deriveSeedSet('correct horse battery staple', 'raft', 5),
    deriveSeedSet('x', 'raft 2026', 5),
  ];
  for (const { seeds } of others)
    expect(seeds.filter((seed) => set.seeds.includes(seed))).toEqual([]);
});
test('the commitment changes with any seed', () => {
  expect(commitmentOf({ ...set, seeds: [...set.seeds.slice(1), 7] })).not.toBe(commitmentOf(set));
});
test('survives a file', () => expect(parseSeedSet(JSON.stringify(set))).toEqual(set));
test.each([
  '',
  '[]',
  '{"version":2}',
  '{"version":1,"name":"x","seeds":[]}',
  '{"version":1,"name":"x","seeds":[-1]}',
])('refuses %j in one sentence', (text) =>
  expect(() => parseSeedSet(text)).toThrow(/^(it is not JSON|at )/),
);
