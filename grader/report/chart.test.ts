import { expect, test } from 'vitest';
import { chartLines } from './chart.ts';
import type { Chart } from './report.ts';

const chart = (rows: Chart['rows'], marks: Chart['marks'] = []): Chart => {
  return { everyMs: 1000, rows, marks };
};
const row = (name: string, unit: string, values: readonly number[]) => ({ name, unit, values });

test('each row is scaled to its own top, per cent to 100', () => {
  const lines = chartLines(chart([row('up', '%', [100, 50, 0]), row('asked', '/s', [1, 2, 16])]));
  expect(lines).toEqual([
    'up     100 %  █▄_', //
    'asked  16 /s  ▁▁█',
    '              0 s', // no room for the end
  ]);
});

test('a row is drawn on the scale of another', () => {
  const part = { ...row('b', '', [1, 1]), scaledAs: 'a' };
  expect(chartLines(chart([row('a', '', [4, 8]), part])).slice(0, 2)).toEqual([
    'a  8  ▄█',
    'b  8  ▁▁',
  ]);
});

test('marks are on the axis where they happened, and below it in words', () => {
  const values = Array.from({ length: 20 }, (_, i) => i);
  const marks = [
    { atMs: 10_000, text: 'cut' },
    { atMs: 10_100, text: 'mended' },
  ];
  expect(chartLines(chart([row('n', '', values)], marks)).slice(1)).toEqual([
    '       0 s       ab    20 s',
    'a  10.0 s  cut',
    'b  10.1 s  mended',
  ]);
});

test('no line is longer than a terminal, however much was measured', () => {
  const values = Array.from({ length: 5000 }, (_, i) => Math.abs(Math.sin(i)));
  const marks = [{ atMs: 4_000_000, text: 'x'.repeat(200) }];
  const lines = chartLines(chart([row('a long name of a row', '/s', values)], marks));
  expect(lines.filter((line) => line.length > 78)).toEqual([]);
  expect(lines).toHaveLength(3);
});

test('nothing measured, nothing drawn', () => {
  expect(chartLines(chart([]))).toEqual([]);
  expect(chartLines(chart([row('n', '', [])]))).toEqual([]);
});
