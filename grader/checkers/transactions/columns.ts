/**
 * A history of transactions as columns: one row per micro-operation, in typed arrays, keys as small
 * integers. A million transactions can then be walked in tenths of a second, and whatever is malformed
 * is found here, once, with its line.
 */
import type { History, Operation } from '../history.ts';

/** The name of a key, or a value that is written: what both JSON and EDN can spell. */
export type Scalar = string | number;
/** `['append', key, value]`, `['w', key, value]` or `['r', key, what was read]`. */
export type MicroOperation = readonly [f: string, key: Scalar, value?: unknown];
export type Transaction = readonly MicroOperation[];
/**
 * `input` is what was asked (the value of a read is null), `output` what came back: the same
 * micro-operations, with what the reads saw. Output counts for `ok` only.
 */
export type TransactionHistory = History<Transaction, Transaction>;

/** A history that cannot be checked because of its form, not its content. */
export class MalformedHistory extends Error {
  override readonly name = 'MalformedHistory';
}

export interface Columns {
  readonly history: TransactionHistory;
  /** How many transactions. A transaction is known by its index in the history. */
  readonly count: number;
  /** The rows of transaction t are start[t] … start[t + 1] - 1. Reads without an answer have no row. */
  readonly start: Int32Array;
  /** row → its transaction */
  readonly owner: Int32Array;
  /** row → 1 for a write or append, 0 for a read */
  readonly writes: Uint8Array;
  /** row → key number */
  readonly key: Int32Array;
  /** row → what was written, or seen */
  readonly value: readonly unknown[];
  /** row → the row before it of the same transaction and key, or -1 */
  readonly before: Int32Array;
  /** key number → key */
  readonly keys: readonly Scalar[];
}

/** @param write what a write is called in this kind of history */
export function columnsOf(history: TransactionHistory, write: 'append' | 'w'): Columns {
  let rowsMax = 0;
  for (let t = 0; t < history.length; t++) rowsMax += rowsOf(history, t, write).length;

  const start = new Int32Array(history.length + 1);
  const owner = new Int32Array(rowsMax);
  const writes = new Uint8Array(rowsMax);
  const key = new Int32Array(rowsMax);
  const value: unknown[] = new Array(rowsMax);
  const before = new Int32Array(rowsMax).fill(-1);
  const numbers = new Map<Scalar, number>();
  const keys: Scalar[] = [];
  /** key number → the last row on it, of any transaction */
  const last: number[] = [];

  let row = 0;
  for (let t = 0; t < history.length; t++) {
    const operation = history[t]!;
    const done = operation.outcome === 'ok';
    const micros = rowsOf(history, t, write);
    if (done) requireSame(history, t);
    start[t] = row;
    for (let i = 0; i < micros.length; i++) {
      const micro = micros[i]!;
      const isWrite = isMicro(micro) && micro[0] === write;
      if (!isWrite && !(isMicro(micro) && micro[0] === 'r')) throw badMicro(history, t, i, write);
      if (isWrite && !isScalar(micro[2])) throw badMicro(history, t, i, write);
      if (!isWrite && !done) continue;
      let k = numbers.get(micro[1]);
      if (k === undefined) {
        k = keys.push(micro[1]) - 1;
        numbers.set(micro[1], k);
        last.push(-1);
      }
      const previous = last[k]!;
      if (previous >= 0 && owner[previous] === t) before[row] = previous;
      last[k] = row;
      owner[row] = t;
      writes[row] = isWrite ? 1 : 0;
      key[row] = k;
      value[row] = micro[2];
      row++;
    }
  }
  start[history.length] = row;
  // Reads without an answer took no row: there is room left.
  value.length = row;
  return {
    history,
    count: history.length,
    start,
    owner: owner.subarray(0, row),
    writes: writes.subarray(0, row),
    key: key.subarray(0, row),
    value,
    before: before.subarray(0, row),
    keys,
  };
}

/** "line 12", or the nearest thing to it when the history has no lines. */
export function placeOf(history: TransactionHistory, t: number): string {
  const line = history[t]?.line;
  return line === undefined ? `operation ${t + 1}` : `line ${line}`;
}

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number';
}

function isMicro(micro: unknown): micro is MicroOperation {
  return (
    Array.isArray(micro) &&
    (micro.length === 3 || (micro.length === 2 && micro[0] === 'r')) &&
    isScalar(micro[1])
  );
}

function rowsOf(history: TransactionHistory, t: number, write: string): Transaction {
  const { outcome, input, output } = history[t] as Operation<unknown, unknown>;
  const field = outcome === 'ok' ? 'output' : 'input';
  const micros = outcome === 'ok' ? output : input;
  if (Array.isArray(micros)) return micros;
  throw new MalformedHistory(
    `${placeOf(history, t)}: the ${field} of a transaction is ${show(micros)}; ` +
      `expected a list of micro-operations such as [["r","x",null],["${write}","x",1]]`,
  );
}

/** What came back must be what was asked, or reads would be attributed to the wrong keys. */
function requireSame(history: TransactionHistory, t: number): void {
  const { input, output } = history[t] as Operation<unknown, Transaction>;
  if (input === output) return;
  const same =
    Array.isArray(input) &&
    input.length === output!.length &&
    output!.every((micro, i) => {
      const asked = input[i];
      return asked === micro || (asked?.[0] === micro?.[0] && asked?.[1] === micro?.[1]);
    });
  if (same) return;
  throw new MalformedHistory(
    `${placeOf(history, t)}: the transaction ${show(input)} came back as ${show(output)}; ` +
      'expected the same micro-operations on the same keys, in the same order',
  );
}

function badMicro(history: TransactionHistory, t: number, i: number, write: string) {
  const micros = rowsOf(history, t, write);
  return new MalformedHistory(
    `${placeOf(history, t)}: micro-operation ${i + 1} is ${show(micros[i])}; ` +
      `expected ["r", key, null] or ["${write}", key, value], ` +
      'with a key and a written value that are numbers or strings',
  );
}

export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
