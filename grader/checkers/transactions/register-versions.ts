/**
 * What is known of the order of the versions of each register. Written values differ, so a read names
 * the write that it saw. A transaction that reads a version and then writes the key replaces just that
 * version; so the versions of a key form trees: one grows from the initial value, and one from each
 * blind write (by a transaction that had not read the key). Where all read before they write, a key is
 * one chain, and its order is known exactly (mini-transactions: Huang et al. 2025).
 */
import { type Columns, isScalar, MalformedHistory, placeOf, show } from './columns.ts';
import type { Findings } from './findings.ts';

/** The version that a key has before any write. It reads as null. */
export const INITIAL = -1;
/** A read that says nothing about versions: its value is impossible, or its own transaction's. */
export const NOTHING = -2;

export interface RegisterVersions {
  /** transaction → 1 when it took effect: acknowledged, or unknown but its write was read */
  readonly counts: Uint8Array;
  /** row of a read → row of the write that it saw, or INITIAL, or NOTHING */
  readonly source: Int32Array;
  /** row of a write → the row of the write that it replaced, or INITIAL; NOTHING when it was blind */
  readonly replaced: Int32Array;
  /** row of a write → 1 when its transaction wrote the same key again */
  readonly intermediate: Uint8Array;
}

/** @throws MalformedHistory naming the line */
export function registerVersions(columns: Columns, findings: Findings): RegisterVersions {
  const { history, count, key, keys, owner, writes, value, before } = columns;
  const rows = value.length;
  const counts = new Uint8Array(count);
  for (let t = 0; t < count; t++) counts[t] = history[t]!.outcome === 'ok' ? 1 : 0;

  const written: Map<unknown, number>[] = keys.map(() => new Map());
  const intermediate = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const k = key[row]!;
    if (writes[row] === 0) continue;
    const known = written[k]!.get(value[row]);
    if (known !== undefined) throw writtenTwice(columns, known, row);
    written[k]!.set(value[row], row);
    let previous = before[row]!;
    while (previous >= 0 && writes[previous] === 0) previous = before[previous]!;
    if (previous >= 0) intermediate[previous] = 1;
  }

  const source = new Int32Array(rows).fill(NOTHING);
  for (let row = 0; row < rows; row++) {
    if (writes[row] === 1) continue;
    requireValue(columns, row);
    const read = value[row] ?? null;
    const write = read === null ? INITIAL : written[key[row]!]!.get(read);
    if (write === undefined) addGarbage(columns, row, findings);
    else if (write === INITIAL) source[row] = INITIAL;
    else if (owner[write] !== owner[row]) source[row] = write;
    if (write === undefined || write === INITIAL) continue;
    const writer = owner[write]!;
    if (history[writer]!.outcome === 'fail') addAbortedRead(columns, write, row, findings);
    else counts[writer] = 1;
  }
  return { counts, source, replaced: replacedBy(columns, source), intermediate };
}

function replacedBy({ writes, before }: Columns, source: Int32Array): Int32Array {
  const replaced = new Int32Array(source.length).fill(NOTHING);
  for (let row = 0; row < source.length; row++) {
    if (writes[row] === 0) continue;
    // A transaction's first read of the key decides, whatever it wrote in between.
    let first = row;
    while (before[first]! >= 0) first = before[first]!;
    if (writes[first] === 0) replaced[row] = source[first]!;
  }
  return replaced;
}

function requireValue({ history, owner, key, keys, value }: Columns, row: number): void {
  const read = value[row];
  if (read === null || read === undefined || isScalar(read)) return;
  throw new MalformedHistory(
    `${placeOf(history, owner[row]!)}: a read of ${show(keys[key[row]!])} returned ${show(read)}; ` +
      'expected what was written (a number or a string), or null for nothing',
  );
}

function writtenTwice({ history, owner, key, keys, value }: Columns, one: number, two: number) {
  return new MalformedHistory(
    `${show(value[two])} is written to ${show(keys[key[two]!])} twice, ` +
      `in ${placeOf(history, owner[one]!)} and in ${placeOf(history, owner[two]!)}; ` +
      'each value may be written to a key only once, or it is unknown which of the two a read saw',
  );
}

function addGarbage({ owner, key, keys, value }: Columns, row: number, findings: Findings) {
  const t = owner[row]!;
  findings.add({
    name: 'garbage-read',
    transactions: [t],
    argument: (name) => [
      `${name(t)} read ${show(keys[key[row]!])} as ${show(value[row])}, which was never written.`,
    ],
  });
}

function addAbortedRead(columns: Columns, write: number, row: number, findings: Findings) {
  const { owner, key, keys, value } = columns;
  const [from, to] = [owner[write]!, owner[row]!];
  findings.add({
    name: 'G1a',
    transactions: [from, to],
    argument: (name) => [
      `${name(to)} read ${show(keys[key[row]!])} as ${show(value[row])}, ` +
        `which ${name(from)} wrote; but ${name(from)} failed.`,
    ],
  });
}
