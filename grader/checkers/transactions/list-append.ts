/**
 * What a history of appends and reads of lists says about the order of its transactions. The last
 * element of a read names the transaction it read from (wr), neighbours in a list are writers in
 * order (ww), and a transaction that read a list without the next element comes before the one that
 * appended that element (rw).
 *
 * Appends that were never read are not lost to us: they come after all that were read, in an unknown
 * order among themselves. Source of the method: Kingsbury and Alvaro 2020, Elle.
 */
import { type Columns, show } from './columns.ts';
import type { Dependencies, Findings, Name } from './findings.ts';
import { type Edges, precede, RW, WR, WW } from './graph.ts';
import { type ListVersions, listOf, listVersions } from './list-versions.ts';

export interface ListDependencies extends Dependencies {
  /**
   * key number → the transactions whose appends to it were never read, when there are several: no
   * client ever saw their order.
   */
  readonly unordered: ReadonlyMap<number, readonly number[]>;
}

/** Adds the edges of `columns` to `edges`, and what is wrong without any cycle to `findings`. */
export function listDependencies(
  columns: Columns,
  edges: Edges,
  findings: Findings,
): ListDependencies {
  const versions = listVersions(columns, findings);
  const lists = new Lists(columns, versions);
  lists.addOrder(edges);
  lists.addReads(edges, findings);
  return lists;
}

class Lists implements ListDependencies {
  readonly #columns: Columns;
  readonly #versions: ListVersions;
  /** index in `order` → the transaction that took effect and appended there or next after; or -1 */
  readonly #next: Int32Array;
  /** index in `order` → the last one that appended before it; or -1 */
  readonly #last: Int32Array;
  readonly #unread = new Map<number, number[]>();
  readonly unordered = new Map<number, readonly number[]>();

  constructor(columns: Columns, versions: ListVersions) {
    this.#columns = columns;
    this.#versions = versions;
    const { order, start, counts, position } = versions;
    const { owner, writes, key, keys } = columns;
    // One more than there are versions: a read may have seen them all.
    this.#next = new Int32Array(order.length + keys.length).fill(-1);
    this.#last = new Int32Array(order.length + keys.length).fill(-1);
    for (let k = 0; k < keys.length; k++) {
      let near = -1;
      for (let i = start[k]!; i < start[k + 1]!; i++) {
        this.#last[i + k] = near;
        near = this.#effective(order[i]!, near);
      }
      this.#last[start[k + 1]! + k] = near;
      near = -1;
      for (let i = start[k + 1]! - 1; i >= start[k]!; i--) {
        near = this.#effective(order[i]!, near);
        this.#next[i + k] = near;
      }
    }
    for (let row = 0; row < owner.length; row++) {
      const t = owner[row]!;
      if (writes[row] === 0 || counts[t] === 0 || position[row] !== -1) continue;
      const list = this.#unread.get(key[row]!);
      if (list === undefined) this.#unread.set(key[row]!, [t]);
      else if (list.at(-1) !== t) list.push(t);
    }
    for (const [k, list] of this.#unread) if (list.length > 1) this.unordered.set(k, list);
  }

  get counts(): Uint8Array {
    return this.#versions.counts;
  }

  #effective(row: number, otherwise: number): number {
    if (row === -1) return otherwise;
    const t = this.#columns.owner[row]!;
    return this.#versions.counts[t] === 1 ? t : otherwise;
  }

  addOrder(edges: Edges): void {
    const { order, start } = this.#versions;
    for (let k = 0; k < this.#columns.keys.length; k++) {
      for (let i = start[k]! + 1; i < start[k + 1]!; i++) {
        const t = this.#effective(order[i]!, -1);
        const previous = this.#last[i + k]!;
        if (t !== -1 && previous !== -1 && t !== previous) edges.add(previous, t, WW);
      }
      const last = this.#last[start[k + 1]! + k]!;
      if (last === -1) continue;
      for (const t of this.#unread.get(k) ?? []) if (t !== last) edges.add(last, t, WW);
    }
  }

  /** wr and rw edges, and what is wrong inside one transaction. */
  addReads(edges: Edges, findings: Findings): void {
    const { owner, writes, key, value, before } = this.#columns;
    const { seen, start } = this.#versions;
    const beforeUnread = new Map<number, (reader: number) => void>();
    for (let row = 0; row < owner.length; row++) {
      if (writes[row] === 1) {
        this.#checkFuture(row, findings);
        continue;
      }
      this.#checkInternal(row, findings);
      const k = key[row]!;
      const t = owner[row]!;
      const end = seen[row]!;
      if (end === -1) {
        this.#addIncompatibleRead(row, edges, findings);
        continue;
      }
      const earlier = before[row]!;
      if (earlier >= 0 && seen[earlier] === end) continue;
      if (end > start[k]!) this.#checkIntermediate(row, this.#versions.order[end - 1]!, findings);
      const last = this.#last[end + k]!;
      // Its own append is in the chain of ww edges, which says all that this read could.
      if (last === t && listOf(value[row]).length > 0) continue;
      if (last !== -1) edges.add(last, t, WR);
      const next = end < start[k + 1]! ? this.#next[end + k]! : -1;
      if (next !== -1) {
        if (next !== t) edges.add(t, next, RW);
        continue;
      }
      const unread = this.#unread.get(k);
      if (unread === undefined) continue;
      let add = beforeUnread.get(k);
      if (add === undefined) {
        add = precede(edges, unread);
        beforeUnread.set(k, add);
      }
      add(t);
    }
  }

  #addIncompatibleRead(row: number, edges: Edges, findings: Findings): void {
    const { key, value, owner } = this.#columns;
    const append = this.#versions.find(key[row]!, listOf(value[row]).at(-1));
    if (append === undefined) return;
    this.#checkIntermediate(row, append, findings);
    const writer = this.#effective(append, -1);
    if (writer !== -1 && writer !== owner[row]) edges.add(writer, owner[row]!, WR);
  }

  #checkIntermediate(row: number, append: number, findings: Findings): void {
    if (append === -1 || this.#versions.intermediate[append] === 0) return;
    const { owner, key, keys, value } = this.#columns;
    const [from, to] = [owner[append]!, owner[row]!];
    if (from === to) return;
    findings.add({
      name: 'G1b',
      transactions: [from, to],
      argument: (name) => [
        `${name(to)} read ${show(keys[key[row]!])} up to ${show(value[append])}, ` +
          `in the middle of ${name(from)}, which then appended more to it.`,
      ],
    });
  }

  /** A read that saw what its own transaction only appended later. */
  #checkFuture(append: number, findings: Findings): void {
    const { before, writes, owner, key, keys, value } = this.#columns;
    const { seen, position } = this.#versions;
    if (position[append] === -1) return;
    for (let row = before[append]!; row >= 0; row = before[row]!) {
      if (writes[row] === 1) continue;
      if (seen[row]! > position[append]!) {
        const t = owner[row]!;
        findings.add({
          name: 'future-read',
          transactions: [t],
          argument: (name) => [
            `${name(t)} read ${show(value[append])} in ${show(keys[key[row]!])} ` +
              'and appended it only afterwards.',
          ],
        });
      }
      return;
    }
  }

  /** A read must return what its transaction read before, and what it has appended since. */
  #checkInternal(row: number, findings: Findings): void {
    const { before, writes, owner, key, keys, value } = this.#columns;
    let previous = before[row]!;
    if (previous === -1) return;
    const list = listOf(value[row]);
    let left = list.length;
    let right = true;
    while (right && previous >= 0 && writes[previous] === 1) {
      right = left > 0 && list[--left] === value[previous];
      previous = before[previous]!;
    }
    if (right && previous >= 0) {
      const read = listOf(value[previous]);
      right = read.length === left && read.every((element, i) => element === list[i]);
    }
    if (right) return;
    const t = owner[row]!;
    const expected: string[] = [];
    let at = before[row]!;
    for (; at >= 0 && writes[at] === 1; at = before[at]!) expected.unshift(show(value[at]));
    const base = at >= 0 ? `it had read ${show(listOf(value[at]))}` : '';
    const own = expected.length > 0 ? `it had appended ${expected.join(', ')} itself` : '';
    findings.add({
      name: 'internal',
      transactions: [t],
      argument: (name) => [
        `${name(t)} read ${show(keys[key[row]!])} as ${show(list)}, ` +
          `although ${[base, own].filter(Boolean).join(' and ')}.`,
      ],
    });
  }

  explain(from: number, to: number, kind: number, name: Name): string {
    const { start: rows, key, keys, value, writes, owner } = this.#columns;
    const { position, seen, start, order } = this.#versions;
    const mine = kind === WR ? to : from;
    for (let row = rows[mine]!; row < rows[mine + 1]!; row++) {
      const k = key[row]!;
      const list = show(keys[k]);
      if (kind === WW && writes[row] === 1) {
        const at = position[row]!;
        if (at === -1) continue;
        let i = at + 1;
        while (i < start[k + 1]! && this.#effective(order[i]!, -1) === -1) i++;
        if (i < start[k + 1]!) {
          if (owner[order[i]!] !== to) continue;
          return `${name(to)} appended ${show(value[order[i]!])} to ${list} after ${name(from)}'s ${show(value[row])}`;
        }
        const unread = this.#unreadAppend(to, k);
        if (unread === -1) continue;
        return `${name(to)} appended ${show(value[unread])} to ${list}, where all reads still end with ${name(from)}'s ${show(value[row])}`;
      }
      if (writes[row] === 1) continue;
      const end = seen[row]!;
      if (kind === WR) {
        const last =
          end === -1
            ? this.#effective(this.#versions.find(k, listOf(value[row]).at(-1)) ?? -1, -1)
            : this.#last[end + k]!;
        if (last !== from) continue;
        let i = end - 1;
        while (end !== -1 && this.#effective(order[i]!, -1) === -1) i--;
        const element = end === -1 ? listOf(value[row]).at(-1) : value[order[i]!];
        return `${name(to)} read ${name(from)}'s append of ${show(element)} to ${list}`;
      }
      if (end === -1) continue;
      const next = end < start[k + 1]! ? this.#next[end + k]! : -1;
      let append = -1;
      if (next === -1) append = this.#unreadAppend(to, k);
      else if (next === to) {
        let i = end;
        while (this.#effective(order[i]!, -1) === -1) i++;
        append = order[i]!;
      }
      if (append === -1) continue;
      return `${name(from)} read ${list} as ${shortList(value[row])}, without ${name(to)}'s append of ${show(value[append])}`;
    }
    return `${name(from)} comes before ${name(to)}`;
  }

  #unreadAppend(t: number, k: number): number {
    const { start, key, writes } = this.#columns;
    for (let row = start[t]!; row < start[t + 1]!; row++)
      if (key[row] === k && writes[row] === 1 && this.#versions.position[row] === -1) return row;
    return -1;
  }

  inspect(t: number, findings: Findings): void {
    const { start, writes } = this.#columns;
    for (let row = start[t]!; row < start[t + 1]!; row++)
      if (writes[row] === 1) this.#checkLostUpdate(row, findings);
      else this.#checkFractured(row, findings);
  }

  /** It appended to what it had read, but another append had come in between. */
  #checkLostUpdate(append: number, findings: Findings): void {
    const { before, writes, owner, key, keys, value } = this.#columns;
    const { seen, position, start } = this.#versions;
    const read = before[append]!;
    // Of several appends, only the first follows the read.
    if (read === -1 || writes[read] === 1 || seen[read] === -1) return;
    const k = key[append]!;
    const t = owner[append]!;
    let other = -1;
    if (seen[read]! < start[k + 1]!) {
      const next = this.#next[seen[read]! + k]!;
      if (next !== t) other = next;
    }
    if (other === -1 && position[append] === -1)
      other = (this.#unread.get(k) ?? []).find((u) => u !== t && this.#readAll(u, k)) ?? -1;
    if (other === -1) return;
    findings.add({
      name: 'lost-update',
      transactions: [t, other],
      argument: (name) => [
        `${name(t)} read ${show(keys[k])} as ${shortList(value[read])} and appended ` +
          `${show(value[append])} to it; ${name(other)} also appended to it, unseen, in between.`,
      ],
    });
  }

  /** Whether `t` read all of key k that was ever read, before it appended to it. */
  #readAll(t: number, k: number): boolean {
    const { start, key, writes } = this.#columns;
    for (let row = start[t]!; row < start[t + 1]!; row++)
      if (key[row] === k)
        return writes[row] === 0 && this.#versions.seen[row] === this.#versions.start[k + 1];
    return false;
  }

  /** It saw one append of a transaction, but read another list without that transaction's append. */
  #checkFractured(read: number, findings: Findings): void {
    const { start: rows, writes, owner, key, keys, value } = this.#columns;
    const { seen, position } = this.#versions;
    const t = owner[read]!;
    if (seen[read] === -1) return;
    const writer = this.#last[seen[read]! + key[read]!]!;
    if (writer === -1 || writer === t) return;
    for (let append = rows[writer]!; append < rows[writer + 1]!; append++) {
      if (writes[append] === 0) continue;
      for (let row = rows[t]!; row < rows[t + 1]!; row++) {
        if (key[row] !== key[append] || writes[row] === 1 || seen[row] === -1) continue;
        if (position[append] !== -1 && position[append]! < seen[row]!) continue;
        findings.add({
          name: 'fractured-read',
          transactions: [writer, t],
          argument: (name) => [
            `${name(t)} saw only part of ${name(writer)}: its append to ${show(keys[key[read]!])}, ` +
              `but not that of ${show(value[append])} to ${show(keys[key[append]!])}.`,
          ],
        });
        return;
      }
    }
  }
}

/** As much of a list as a line allows: its end matters most. */
function shortList(value: unknown): string {
  const list = listOf(value);
  return list.length <= 8 ? show(list) : `[…,${list.slice(-6).map(show).join(',')}]`;
}
