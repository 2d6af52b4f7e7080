import { expect, it } from 'vitest';
import type { TraceLine } from '../grader/replay.ts';
import { traceLines } from './trace.ts';

const sends = (from: number, count: number): TraceLine[] =>
  Array.from({ length: count }, (_, i) => ({
    atMs: from + i,
    node: i % 2 === 0 ? 'n1' : 'n2',
    kind: 'send',
    text: `message ${i}`,
  }));
const trace: readonly TraceLine[] = [
  { atMs: 0, node: 'n1', kind: 'boot', text: 'boots' },
  ...sends(1, 50),
  { atMs: 60, kind: 'fault', text: 'isolate n1' },
  ...sends(100, 50),
];

it('shows faults, and everything near the end', () => {
  const lines = traceLines(trace, {});
  expect(lines.slice(0, 3)).toEqual([
    '    0.000  n1  boot     boots',
    '⋮   0.060      fault    isolate n1',
    '⋮   0.125  n2  send     message 25',
  ]);
  expect(lines.at(-1)).toBe(
    '⋮ 75 of 102 lines left out: --full --from --until --node --follow --without',
  );
});

it('shows a window, or one node, or all', () => {
  expect(traceLines(trace, { from: 10, until: 12, node: 'n2' })).toEqual([
    '    0.010  n2  send     message 9',
    '    0.012  n2  send     message 11',
  ]);
  expect(traceLines(trace, { full: true })).toHaveLength(102);
});

it('leaves out what mentions one of some words, or is of that kind, and shows all the rest', () => {
  const rest = traceLines(trace, { without: 'message,isolate' });
  expect(rest).toEqual(['    0.000  n1  boot     boots']);
  expect(traceLines(trace, { without: 'message 9', until: 12 })).toHaveLength(12);
  expect(traceLines(trace, { without: 'send,boot' })).toHaveLength(1);
});

it('when no event matches, the answer says so', () => {
  expect(traceLines(trace, { follow: 'nonsense', node: 'n1' })).toEqual([
    `None of the ${trace.length} events mentions "nonsense" and is on n1.`,
  ]);
});
