/**
 * A chart in text: one line of bars per measurement, all on one time axis, and letters where
 * something happened. At most 78 columns, readable without colour.
 *
 *   in service   100 %  ██████████__________________________
 *   asked        137 /s ▁▁▁▁▁▁▁▁▁▁██████████████████████████
 *                       0 s       a                    720 s
 *   a 120.0 s  the network of 150 servers is down for 5 s
 */
import type { Chart } from './report.ts';

type Row = Chart['rows'][number];

const WIDTH = 78;
const BARS = '▁▂▃▄▅▆▇█';
/** So that zero can be told from a little. */
const ZERO = '_';
const MARKS = 'abcdefghijklmnopqrstuvwxyz';

/** `137`, `0.25`, `12k`. */
function short(value: number): string {
  if (value >= 10_000) return `${Math.round(value / 1000)}k`;
  return value >= 10 || Number.isInteger(value) ? `${Math.round(value)}` : value.toFixed(2);
}

/** As many values as there are columns: each the mean of the values it stands for. */
function squeezed(values: readonly number[], columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    const piece = values.slice(from, to);
    return piece.reduce((sum, value) => sum + value, 0) / Math.max(1, piece.length);
  });
}

function bars(values: readonly number[], max: number): string {
  return values
    .map((value) => {
      if (value <= 0) return ZERO;
      const level = Math.ceil((value / max) * BARS.length) - 1;
      return BARS[Math.min(BARS.length - 1, Math.max(0, level))];
    })
    .join('');
}

/** The chart in lines; none when nothing was measured. */
export function chartLines({ everyMs, rows, marks }: Chart, width = WIDTH): string[] {
  const count = rows[0]?.values.length ?? 0;
  if (count === 0) return [];
  const topOf = ({ values, unit, scaledAs }: Row): number => {
    const other = rows.find(({ name }) => name === scaledAs);
    if (other !== undefined) return topOf(other);
    return unit === '%' ? 100 : Math.max(...values);
  };
  const heads = rows.map((row) => {
    return { name: row.name, top: `${short(topOf(row))}${row.unit === '' ? '' : ` ${row.unit}`}` };
  });
  const nameColumns = Math.max(...heads.map(({ name }) => name.length)) + 2;
  const topColumns = Math.max(...heads.map(({ top }) => top.length)) + 2;
  const margin = ' '.repeat(nameColumns + topColumns);
  const columns = Math.min(count, width - margin.length);
  const lines = rows.map((row, i) => {
    const { name = '', top = '' } = heads[i] ?? {};
    const max = Math.max(topOf(row), Number.MIN_VALUE);
    return `${name.padEnd(nameColumns)}${top.padEnd(topColumns)}${bars(squeezed(row.values, columns), max)}`;
  });
  const untilMs = count * everyMs;
  const named = marks.filter(({ atMs }) => atMs <= untilMs).slice(0, MARKS.length);
  lines.push(margin + axis(columns, untilMs, named));
  return [
    ...lines,
    ...named.map(({ atMs, text }, i) => `${MARKS[i]}  ${(atMs / 1000).toFixed(1)} s  ${text}`),
  ].map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
}

/** `0 s      a   b         720 s`: letters win over the times at the ends. */
function axis(columns: number, untilMs: number, marks: Chart['marks']): string {
  const end = `${Math.round(untilMs / 1000)} s`;
  const cells = `0 s${end.padStart(Math.max(0, columns - 3))}`.slice(0, columns).split('');
  marks.forEach(({ atMs }, i) => {
    let column = Math.min(columns - 1, Math.floor((atMs / untilMs) * columns));
    while (column < columns - 1 && MARKS.includes(cells[column] as string)) column++;
    cells[column] = MARKS[i] as string;
  });
  return cells.join('');
}
