import { expect, test } from 'vitest';
import { mergeProgress, parseProgress } from './progress-file.ts';
import type { State } from './state.ts';

const lab = (points: number, a1: number, startedAt = '2026-01-02') => ({
  startedAt,
  best: { lab: points, parts: { A: points }, scenarios: { A1: a1 } },
  hints: { A1: a1 },
});

test('survives a file', () => {
  const state: State = { version: 1, last: 'raft', labs: { raft: lab(5, 3) } };
  expect(parseProgress(JSON.stringify(state))).toEqual(state);
});

test('what was reached on either machine is kept', () => {
  const here: State = { version: 1, last: 'raft', labs: { raft: lab(5, 3) } };
  mergeProgress(here, {
    version: 1,
    last: 'clocks',
    labs: { raft: lab(4, 9, '2026-01-01'), clocks: lab(1, 1) },
  });
  expect(here).toEqual({
    version: 1,
    last: 'raft',
    labs: {
      raft: {
        startedAt: '2026-01-01',
        best: { lab: 5, parts: { A: 5 }, scenarios: { A1: 9 } },
        hints: { A1: 9 },
      },
      clocks: lab(1, 1),
    },
  });
});

test.each([
  ['', 'it is not JSON'],
  ['{"version":2,"labs":{}}', 'at version'],
  ['{"version":1,"labs":{"raft":{}}}', 'at labs.raft.best'],
  [
    '{"version":1,"labs":{"raft":{"best":{"lab":-1,"parts":{},"scenarios":{}},"hints":{}}}}',
    'at labs.raft.best.lab',
  ],
])('refuses %j in one sentence', (text, words) => {
  expect(() => parseProgress(text)).toThrow(words);
});
