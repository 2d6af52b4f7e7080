/**
 * A verdict in words, in at most twelve lines for a terminal of 80 columns or fewer: which levels fall, the
 * worst anomaly as an argument that a reader can check by hand, and what still holds.
 */
import { wrap } from '../../report/terminal.ts';
import type { TransactionResult } from './check.ts';
import { type MicroOperation, placeOf, show, type Transaction } from './columns.ts';
import type { Anomaly, Name } from './findings.ts';
import { type AnomalyName, CYCLES, type Level, title } from './levels.ts';

const LINES_MAX = 12;
/** A longer cycle is told by its first steps and its last. */
const STEPS_MAX = 6;

/** What each anomaly is, in a few words. */
const MEANING: Readonly<Record<string, string>> = {
  G0: 'writes of two transactions are interleaved (dirty write)',
  G1a: 'a write of a failed transaction was read (aborted read)',
  G1b: 'a value from the middle of a transaction was read (intermediate read)',
  G1c: 'transactions saw each other in a cycle (circular information flow)',
  'G-single': 'a transaction saw one change and missed an earlier one (read skew)',
  'G-nonadjacent': 'two missed changes in one cycle, not next to each other (long fork)',
  'G2-item': 'each missed what the other wrote (write skew)',
  'duplicate-elements': 'one append took effect twice',
  'no-order': 'no order of the transactions explains what they read',
  'dirty-update': 'a write was built on one that failed',
  'garbage-read': 'a read returned a value that was never written',
  'future-read': 'a transaction read what it had yet to write',
  'incompatible-order': 'two reads of one key contradict each other',
  internal: 'a transaction contradicts itself',
  'fractured-read': 'a transaction saw only part of another',
  'lost-update': 'a write was based on a value that had already changed',
};

export interface TellOptions {
  /** @default 80 */
  readonly width?: number;
  /** Wraps a transaction longer than a line instead of cutting it, if there is room. @default false */
  readonly whole?: boolean;
}

/** At most twelve lines of at most `width` columns. */
export function tellTransactions(
  result: TransactionResult,
  { width = 80, whole = false }: TellOptions = {},
): readonly string[] {
  const { verdict, level, transactions, undecided, holds, ruledOut, anomalies } = result;
  const certain = `Holds for certain: ${list(holds)}.`;
  const isOne = transactions === 1;
  const counted = `${transactions} transaction${isOne ? '' : 's'}`;
  const [worst, ...others] = anomalies;
  const head =
    verdict === 'ok'
      ? `ok: ${counted} ${isOne ? 'satisfies' : 'satisfy'} ${title(level)}.`
      : verdict === 'violated'
        ? `violated: ${counted} ${isOne ? 'does' : 'do'} not satisfy ${title(level)}.`
        : `undecided: nothing rules out ${title(level)} for ${counted}, but ${undecided.why}.`;
  const before = [...wrap(head, width)];
  if (worst === undefined)
    return holds.includes(level) ? before : [...before, ...wrap(certain, width)];
  before.push(
    ...wrap(`The weakest level ruled out is ${list(ruledOut, 'or')}, by ${worst.name}:`, width),
  );
  const after: string[] = [];
  if (others.length > 0)
    after.push(
      cut(
        `Also found: ${others.map(({ name, times }) => (times > 1 ? `${name} (${times})` : name)).join(', ')}.`,
        width,
      ),
    );
  after.push(
    ...wrap(
      holds.length > 0 ? `Still holds: ${list(holds)}.` : 'No level holds for certain.',
      width,
    ),
  );
  return [
    ...before,
    ...argue(result, worst, { linesMax: LINES_MAX - before.length - after.length, width, whole }),
    ...after,
  ];
}

interface Room extends Required<TellOptions> {
  readonly linesMax: number;
}

/** "Let T1 = …", each step, and the contradiction: as much as fits into `linesMax`. */
function argue(
  result: TransactionResult,
  anomaly: Anomaly,
  { linesMax, width, whole }: Room,
): string[] {
  const { transactions, argument } = anomaly;
  const name: Name = (t) => `T${transactions.indexOf(t) + 1}`;
  const isCycle = CYCLES.some((cycle) => anomaly.name.startsWith(cycle));
  const sentences = argument(name);
  const steps = isCycle
    ? chain(sentences, transactions, name).flatMap((line) => indented(line, width))
    : sentences.flatMap((line) => indented(line, width));
  if (isCycle) steps.push('  So T1 would have to come before itself: a contradiction.');
  const meaning = `  ${MEANING[plain(anomaly.name)]}.`;
  const room = linesMax - steps.length - 1;
  const lets = transactions.map((t) => `Let ${name(t)} = ${describe(result, t)}`);
  const wrapped = lets.flatMap((line) => indented(line, width));
  // A line that does not fit is visibly cut: with a part silently missing, it would be another history.
  const fitting = lets.slice(0, Math.max(0, room)).map((line) => cut(`  ${line}`, width));
  return [meaning, ...(whole && wrapped.length <= room ? wrapped : fitting), ...steps];
}

/** "T1 is before T2: why." for each step; of a long cycle the first ones and the last. */
function chain(sentences: readonly string[], transactions: readonly number[], name: Name) {
  const skipped = sentences.length - STEPS_MAX;
  return sentences.flatMap((sentence, i) => {
    if (skipped > 0 && i === STEPS_MAX - 1) return [`… ${skipped + 1} steps later …`];
    if (skipped > 0 && i >= STEPS_MAX && i < sentences.length - 1) return [];
    const next = transactions[(i + 1) % transactions.length]!;
    return [`${name(transactions[i]!)} is before ${name(next)}: ${sentence}.`];
  });
}

const plain = (name: AnomalyName) => name.replace(/-(process|realtime)$/, '');

function indented(sentence: string, width: number): string[] {
  return wrap(sentence, width - 4).map((line, i) => (i === 0 ? `  ${line}` : `    ${line}`));
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

function describe({ history }: TransactionResult, t: number): string {
  const { client, outcome, input, output } = history[t]!;
  const micros: Transaction = outcome === 'ok' ? (output ?? []) : input;
  return `${placeOf(history, t)}, client ${client}: ${micros.map(microText).join(', ')}`;
}

function microText([f, key, value]: MicroOperation): string {
  if (f === 'r') return `read ${key} = ${value === undefined ? 'null' : show(value)}`;
  return f === 'append' ? `append ${show(value)} to ${key}` : `write ${key} = ${show(value)}`;
}

function list(levels: readonly Level[], and = 'and'): string {
  const titles = levels.map(title);
  const last = titles.pop();
  if (last === undefined) return 'no level';
  return titles.length === 0 ? last : `${titles.join(', ')} ${and} ${last}`;
}
