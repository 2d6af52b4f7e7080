/** A replayed run in words: its events, and how it came out. */
import type { Replay, TraceLine } from '../grader/replay.ts';
import { seconds, wrap } from '../grader/report/terminal.ts';
import type { Ui } from './ui.ts';

export interface TraceChoice {
  readonly from?: number;
  readonly until?: number;
  readonly node?: string;
  /** Only what mentions this: a key, a command, `index 7`. */
  readonly follow?: string;
  /** Only what mentions none of these, and is of no such kind: `appendEntries,timer,disk`. */
  readonly without?: string;
  readonly full?: boolean;
}

/** What a person reads first; messages and timers only near the end. */
const TELLING = new Set(['boot', 'crash', 'restart', 'pause', 'resume', 'fault', 'state', 'emit']);
for (const kind of ['log', 'note', 'fail']) TELLING.add(kind);
const TELLING_MAX = 150;
const LAST_SHOWN = 25;
/** Before a line that others were left out before. */
const GAP = '⋮';
/** Without --full: a message can be told by its beginning. */
const COLUMNS = 80;

/** The events that a user has asked for, before any are left out for length. */
export function chosenEvents<Line extends TraceLine>(
  trace: readonly Line[],
  { from = 0, until = Number.POSITIVE_INFINITY, node, follow, without = '' }: TraceChoice,
): Line[] {
  const mentions = follow === undefined ? undefined : mentionOf(follow);
  const words = without.split(',').filter((word) => word !== '');
  const unwanted = words.map(mentionOf);
  return trace.filter(
    (l) =>
      l.atMs >= from &&
      l.atMs <= until &&
      (node === undefined || l.node === node) &&
      (mentions === undefined || mentions.test(l.text)) &&
      !words.includes(l.kind) &&
      !unwanted.some((word) => word.test(l.text)),
  );
}

/** As a word of its own: `x` is not in `index`, 7 not in 17. */
function mentionOf(text: string): RegExp {
  const plain = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w.])${plain}(?![\\w.])`, 'i');
}

export function traceLines(trace: readonly TraceLine[], choice: TraceChoice): string[] {
  const { full } = choice;
  const inside = chosenEvents(trace, choice).filter((l) => full || l.kind !== 'change');
  if (inside.length === 0 && trace.length > 0) {
    const { follow, without, node, from, until } = choice;
    const asked = [
      follow !== undefined && `mentions ${JSON.stringify(follow)}`,
      without !== undefined && `mentions none of ${JSON.stringify(without)}`,
      node !== undefined && `is on ${node}`,
      (from !== undefined || until !== undefined) && 'is in that interval',
    ].filter(Boolean);
    return [`None of the ${trace.length} events ${asked.join(' and ')}.`];
  }
  const chosen = [choice.from, choice.until, choice.node, choice.follow, choice.without];
  const isChosen = chosen.some((one) => one !== undefined);
  const all = full || isChosen;
  const telling = inside.slice(0, -LAST_SHOWN).filter((l) => TELLING.has(l.kind));
  const kept = all ? inside : [...telling.slice(-TELLING_MAX), ...inside.slice(-LAST_SHOWN)];
  const places = new Map(inside.map((l, i) => [l, i]));
  const lines = kept.map((l, i) => {
    const before = i === 0 ? -1 : (places.get(kept[i - 1] as TraceLine) ?? 0);
    const isAfterGap = (places.get(l) ?? 0) > before + 1;
    const time = `${isAfterGap ? GAP : ' '}${seconds(l.atMs).padStart(8)}`;
    const line = `${time}  ${(l.node ?? '').padEnd(3)} ${l.kind.padEnd(8)} ${l.text}`;
    return full || line.length <= COLUMNS ? line : `${line.slice(0, COLUMNS - 1)}…`;
  });
  const left = inside.length - kept.length;
  if (left > 0) {
    lines.push(
      '',
      `${GAP} ${left} of ${inside.length} lines left out: --full --from --until --node --follow --without`,
    );
  }
  return lines;
}

export function outcomeLines({ result, trace }: Replay, ui: Ui): string[] {
  const { finding, undecided, virtualMs, traceHash, verdict } = result;
  const lines = [`${verdict} at ${seconds(virtualMs)} s, ${trace.length} events`];
  const add = (label: string, text: string | undefined) => {
    if (text === undefined) return;
    const [first = '', ...rest] = wrap(text, 65);
    lines.push(`  ${ui.style.colours.dim(label.padEnd(13))}${first}`);
    lines.push(...rest.map((line) => ' '.repeat(15) + line));
  };
  add('Broken rule', finding?.rule);
  add('Evidence', finding?.evidence);
  add('Look at', finding?.lookAt);
  add('Undecided', undecided);
  add('Trace hash', traceHash);
  return lines;
}
