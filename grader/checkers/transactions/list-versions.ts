/**
 * The order of the versions of each list, as reads show it. Appended values differ, so a list shows
 * its whole past: every read must be a prefix of the longest one, and the longest one is the order.
 */
import { type Columns, isScalar, MalformedHistory, placeOf, type Scalar, show } from './columns.ts';
import type { Findings } from './findings.ts';

export interface ListVersions {
  /** transaction → 1 when it took effect: acknowledged, or unknown but its append was read */
  readonly counts: Uint8Array;
  /** The versions of key k are order[start[k]] … order[start[k + 1] - 1]. */
  readonly start: Int32Array;
  /** The row of the append, or -1 for a value that was never appended, or that is there again. */
  readonly order: Int32Array;
  /** row of an append → its index in `order`, or -1 when no read shows it */
  readonly position: Int32Array;
  /** row of a read → index in `order` just after what it saw, or -1 when it is not a prefix */
  readonly seen: Int32Array;
  /** row of an append → 1 when its transaction appended to the same key again */
  readonly intermediate: Uint8Array;
  /** The row that appended `value` to key number `key`. */
  find(key: number, value: unknown): number | undefined;
}

export function listVersions(columns: Columns, findings: Findings): ListVersions {
  const { history, count, key, keys, owner, writes, value, before } = columns;
  const rows = value.length;
  const counts = new Uint8Array(count);
  for (let t = 0; t < count; t++) counts[t] = history[t]!.outcome === 'ok' ? 1 : 0;

  const appends: Map<unknown, number>[] = keys.map(() => new Map());
  const intermediate = new Uint8Array(rows);
  const longest = new Int32Array(keys.length).fill(-1);
  for (let row = 0; row < rows; row++) {
    const k = key[row]!;
    if (writes[row] === 1) {
      const known = appends[k]!.get(value[row]);
      if (known !== undefined) throw appendedTwice(columns, known, row);
      appends[k]!.set(value[row], row);
      let previous = before[row]!;
      while (previous >= 0 && writes[previous] === 0) previous = before[previous]!;
      if (previous >= 0) intermediate[previous] = 1;
    } else {
      requireList(columns, row);
      if (longest[k] === -1 || lengthOf(value[row]) > lengthOf(value[longest[k]!]))
        longest[k] = row;
    }
  }

  const start = new Int32Array(keys.length + 1);
  for (let k = 0; k < keys.length; k++)
    start[k + 1] = start[k]! + (longest[k] === -1 ? 0 : lengthOf(value[longest[k]!]));
  const order = new Int32Array(start[keys.length]!).fill(-1);
  const position = new Int32Array(rows).fill(-1);
  /** key → index in `order` of the first aborted append */
  const aborted = new Int32Array(keys.length).fill(-1);
  for (let k = 0; k < keys.length; k++) {
    if (longest[k] === -1) continue;
    const list = listOf(value[longest[k]!]);
    for (let i = 0; i < list.length; i++) {
      const row = appends[k]!.get(list[i]);
      if (row === undefined) continue;
      if (position[row] !== -1) continue;
      const at = start[k]! + i;
      order[at] = row;
      position[row] = at;
      const t = owner[row]!;
      if (history[t]!.outcome === 'fail') {
        if (aborted[k] === -1) aborted[k] = at;
      } else {
        counts[t] = 1;
        if (aborted[k] !== -1) addDirtyUpdate(columns, order[aborted[k]!]!, row, findings);
      }
    }
    addImpossible(columns, longest[k]!, appends[k]!, findings);
  }

  const seen = new Int32Array(rows).fill(-1);
  for (let row = 0; row < rows; row++) {
    if (writes[row] === 1) continue;
    const k = key[row]!;
    if (isPrefix(value[row], value[longest[k]!])) {
      const end = start[k]! + lengthOf(value[row]);
      seen[row] = end;
      if (aborted[k] !== -1 && aborted[k]! < end)
        addAbortedRead(columns, order[aborted[k]!]!, row, findings);
      continue;
    }
    addIncompatible(columns, row, longest[k]!, findings);
    addImpossible(columns, row, appends[k]!, findings);
    for (const element of listOf(value[row])) {
      const append = appends[k]!.get(element);
      if (append === undefined) continue;
      const t = owner[append]!;
      if (history[t]!.outcome === 'fail') addAbortedRead(columns, append, row, findings);
      else counts[t] = 1;
    }
  }
  const find = (k: number, element: unknown) => appends[k]!.get(element);
  return { counts, start, order, position, seen, intermediate, find };
}

/** What a read saw. A key that was never written reads as null or as an empty list. */
export function listOf(value: unknown): readonly Scalar[] {
  return (value ?? []) as readonly Scalar[];
}

function lengthOf(value: unknown): number {
  return listOf(value).length;
}

function isPrefix(value: unknown, of: unknown): boolean {
  if (value === of) return true;
  const list = listOf(value);
  const longer = listOf(of);
  for (let i = 0; i < list.length; i++) if (list[i] !== longer[i]) return false;
  return true;
}

function requireList({ history, owner, key, keys, value }: Columns, row: number): void {
  const list = value[row];
  if (list === null || list === undefined) return;
  if (Array.isArray(list) && list.every(isScalar)) return;
  throw new MalformedHistory(
    `${placeOf(history, owner[row]!)}: a read of ${show(keys[key[row]!])} returned ${show(list)}; ` +
      'expected the list of what was appended (numbers or strings), or null for none',
  );
}

function appendedTwice({ history, owner, key, keys, value }: Columns, one: number, two: number) {
  return new MalformedHistory(
    `${show(value[two])} is appended to ${show(keys[key[two]!])} twice, ` +
      `in ${placeOf(history, owner[one]!)} and in ${placeOf(history, owner[two]!)}; ` +
      'each value may be appended to a key only once, or it is unknown which of the two a read saw',
  );
}

function addDirtyUpdate(columns: Columns, aborted: number, row: number, findings: Findings) {
  const { owner, key, keys, value } = columns;
  const [from, to] = [owner[aborted]!, owner[row]!];
  findings.add({
    name: 'dirty-update',
    transactions: [from, to],
    argument: (name) => [
      `${name(from)} failed, yet its append of ${show(value[aborted])} to ` +
        `${show(keys[key[row]!])} stayed, and ${name(to)}'s append of ${show(value[row])} follows it.`,
    ],
  });
}

function addAbortedRead(columns: Columns, aborted: number, row: number, findings: Findings) {
  const { owner, key, keys, value } = columns;
  const [from, to] = [owner[aborted]!, owner[row]!];
  findings.add({
    name: 'G1a',
    transactions: [from, to],
    argument: (name) => [
      `${name(to)} read ${show(value[aborted])} in ${show(keys[key[row]!])}, ` +
        `which ${name(from)} appended; but ${name(from)} failed.`,
    ],
  });
}

function addIncompatible(columns: Columns, row: number, longest: number, findings: Findings) {
  const { owner, key, keys, value } = columns;
  const [one, two] = [owner[row]!, owner[longest]!];
  const list = listOf(value[row]);
  const other = listOf(value[longest]);
  const at = list.findIndex((element, i) => element !== other[i]);
  findings.add({
    name: 'incompatible-order',
    transactions: one === two ? [one] : [one, two],
    argument: (name) => [
      `${name(one)} read ${show(keys[key[row]!])} as ${show(list)}, ` +
        `${name(two)} as ${show(other)}.`,
      `Element ${at + 1} differs: neither can have grown from the other by appends.`,
    ],
  });
}

/** Elements that a read has twice, or that were never appended. */
function addImpossible(
  { owner, key, keys, value }: Columns,
  row: number,
  appends: ReadonlyMap<unknown, number>,
  findings: Findings,
) {
  const t = owner[row]!;
  const met = new Set<unknown>();
  for (const element of listOf(value[row])) {
    const what = `${show(element)} in ${show(keys[key[row]!])}`;
    if (met.has(element))
      findings.add({
        name: 'duplicate-elements',
        transactions: [t],
        argument: (name) => [`${name(t)} read ${what} twice; it was appended only once.`],
      });
    met.add(element);
    if (!appends.has(element))
      findings.add({
        name: 'garbage-read',
        transactions: [t],
        argument: (name) => [`${name(t)} read ${what}, which was never appended.`],
      });
  }
}
