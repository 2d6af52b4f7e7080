/**
 * A space-time diagram for a terminal of 80 columns: a lane for each node, time downwards, a line for
 * each event. A message is drawn where it arrives, from the lane of its sender; shapes, not colours.
 */
import type { TraceLine } from '../grader/replay.ts';
import { seconds } from '../grader/report/terminal.ts';

const COLUMNS = 80;
const TIME_COLUMNS = 8;
/** Less would leave no room for words. */
const WORDS_MIN = 24;

/** A message is drawn where it arrives, a change with the event that made it. */
const UNSEEN = new Set(['send', 'change']);
const ROUTINE = new Set(['timer', 'disk']);

const SYMBOLS: Readonly<Record<string, string>> = {
  boot: '○',
  restart: '○',
  resume: '○',
  crash: '✗',
  pause: '‖',
  state: '★',
  emit: '◆',
};

/** `full`: timers and disk operations, too. */
export function laneLines(
  trace: readonly TraceLine[],
  nodes: readonly string[],
  { full = false }: { readonly full?: boolean } = {},
): string[] {
  const room = COLUMNS - TIME_COLUMNS - WORDS_MIN;
  const width = Math.max(3, Math.min(7, Math.floor(room / nodes.length)));
  const at = (node: string) => nodes.indexOf(node) * width + 1;
  const empty = () =>
    Array.from(nodes, () => ' │'.padEnd(width))
      .join('')
      .split('');
  const head = nodes.map((node) => node.padEnd(width)).join('');
  const lines = [`${' '.repeat(TIME_COLUMNS)}  ${head}`.trimEnd()];
  for (const line of trace) {
    if (UNSEEN.has(line.kind) || (!full && ROUTINE.has(line.kind))) continue;
    const lanes = empty();
    if (line.node !== undefined) {
      if (line.kind === 'deliver' || line.kind === 'drop') draw(lanes, line, at);
      else lanes[at(line.node)] = SYMBOLS[line.kind] ?? '•';
    }
    const time = seconds(line.atMs).padStart(TIME_COLUMNS);
    const left = `${time}  ${lanes.join('')}`;
    lines.push(`${left} ${cut(wordsOf(line), COLUMNS - left.length - 1)}`.trimEnd());
  }
  return lines;
}

function draw(lanes: string[], { text, node = '', kind }: TraceLine, at: (node: string) => number) {
  const [, from = node] = /^(\w+) → \w+ /.exec(text) ?? [];
  const [start, end] = [at(from), at(node)];
  if (start < 0 || start === end) {
    lanes[end] = '•';
    return;
  }
  const by = end > start ? 1 : -1;
  for (let x = start + by; x !== end; x += by) lanes[x] = '─';
  lanes[start] = by === 1 ? '├' : '┤';
  const tip = by === 1 ? '▶' : '◀';
  lanes[kind === 'drop' ? end - by : end] = kind === 'drop' ? '✗' : tip;
}

/** A message by its name: what is in it would not fit. */
function wordsOf({ kind, text, node }: TraceLine): string {
  const [, message] = /^\w+ → \w+ (\w+(?: reply)?)/.exec(text) ?? [];
  if (kind === 'deliver' && message !== undefined) return message;
  if (kind === 'drop' && message !== undefined) return `${message} is lost`;
  return node === undefined ? text : `${node} ${text}`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}
