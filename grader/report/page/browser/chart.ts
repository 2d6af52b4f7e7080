/** What was measured over time: one curve per measurement, and lines where something happened. */
import type { Chart } from '../../report.ts';
import { draw, make } from './dom.ts';

const WIDTH = 440;
const LEFT = 118;
const ROW = 30;
const GAP = 8;
const AXIS = 16;

type Row = Chart['rows'][number];

/** A figure with its marks explained below. */
export function chartOf(chart: Chart): HTMLElement {
  const { rows, everyMs, marks } = chart;
  const count = rows[0]?.values.length ?? 0;
  const untilMs = Math.max(1, count * everyMs);
  const height = rows.length * (ROW + GAP) + AXIS;
  const holder = make('div');
  const svg = draw(holder, 'svg', {
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: '100%',
    role: 'img',
    'aria-label': `measured: ${rows.map(({ name }) => name).join(', ')}`,
  });
  const x = (ms: number) => LEFT + ((WIDTH - LEFT - 8) * ms) / untilMs;
  for (const { atMs } of marks) {
    draw(svg, 'line', { x1: x(atMs), x2: x(atMs), y1: 0, y2: height - AXIS, class: 'mark' });
  }
  rows.forEach((row, i) => {
    const top = i * (ROW + GAP);
    const max = topOf(rows, row);
    draw(svg, 'text', { x: 0, y: top + 12 }, row.name);
    draw(svg, 'text', { x: 0, y: top + 26, class: 'soft' }, `0 … ${short(max)} ${row.unit}`);
    const y = (value: number) => top + ROW * (1 - Math.min(1, value / max));
    const points = row.values.map((value, at) => `${x((at + 1) * everyMs)},${y(value).toFixed(1)}`);
    draw(svg, 'line', { x1: LEFT, x2: WIDTH - 8, y1: top + ROW, y2: top + ROW, class: 'base' });
    draw(svg, 'polyline', { points: points.join(' '), class: 'curve' });
  });
  marks.forEach(({ atMs }, i) => {
    draw(svg, 'text', { x: x(atMs), y: height - 4, 'text-anchor': 'middle' }, letter(i));
  });
  draw(
    svg,
    'text',
    { x: WIDTH - 8, y: height - 4, 'text-anchor': 'end', class: 'soft' },
    `${Math.round(untilMs / 1000)} s`,
  );
  const list = make('ul');
  for (const [i, { atMs, text }] of marks.entries())
    list.append(make('li', '', `${letter(i)}  ${(atMs / 1000).toFixed(1)} s  ${text}`));
  return make('figure', 'measured', holder, list);
}

const letter = (i: number) => String.fromCharCode('a'.charCodeAt(0) + (i % 26));

function topOf(rows: readonly Row[], row: Row): number {
  const other = rows.find(({ name }) => name === row.scaledAs);
  if (other !== undefined) return topOf(rows, other);
  return row.unit === '%' ? 100 : Math.max(...row.values, Number.MIN_VALUE);
}

const short = (value: number) => (value >= 10 ? String(Math.round(value)) : value.toFixed(1));
