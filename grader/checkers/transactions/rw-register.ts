/**
 * What a history of reads and writes of registers says about the order of its transactions: a read
 * comes after the write that it saw (wr), and before every write that replaced what it saw (rw). The
 * writers themselves are ordered by what they read, so no ww edges are needed: each goes with a wr.
 *
 * Blind writes leave the order of versions open. What is known is still true then, and what is not
 * known is `undecided`, unless a search settles it (see `serial.ts`).
 */
import { type Columns, show } from './columns.ts';
import type { Dependencies, Findings, Name } from './findings.ts';
import { type Edges, precede, WR } from './graph.ts';
import { INITIAL, NOTHING, type RegisterVersions, registerVersions } from './register-versions.ts';

export interface RegisterDependencies extends Dependencies {
  /**
   * key number → its trees of versions (rows of writes, parents first), for each key with versions that
   * no read puts in order
   */
  readonly trees: ReadonlyMap<number, readonly (readonly number[])[]>;
  /** Who read which version: [reader, row of the write or INITIAL] of key number k. */
  readersOf(k: number): readonly (readonly [number, number])[];
}

/** Adds the edges of `columns` to `edges`, and what is wrong without any cycle to `findings`. */
export function registerDependencies(
  columns: Columns,
  edges: Edges,
  findings: Findings,
): RegisterDependencies {
  const registers = new Registers(columns, registerVersions(columns, findings));
  registers.addReads(edges, findings);
  return registers;
}

class Registers implements RegisterDependencies {
  readonly #columns: Columns;
  readonly #versions: RegisterVersions;
  /** row of a write → who replaced its version */
  readonly #after = new Map<number, number[]>();
  /** key number → who wrote it without having read a version that was written */
  readonly #first: number[][];
  readonly trees = new Map<number, readonly (readonly number[])[]>();

  constructor(columns: Columns, versions: RegisterVersions) {
    this.#columns = columns;
    this.#versions = versions;
    const { owner, writes, key, keys } = columns;
    const { counts, replaced, intermediate } = versions;
    this.#first = keys.map(() => []);
    const roots: number[][] = keys.map(() => []);
    const branches = new Uint8Array(keys.length);
    const final = (row: number) =>
      writes[row] === 1 && counts[owner[row]!] === 1 && intermediate[row] === 0;
    for (let row = 0; row < owner.length; row++) {
      if (!final(row)) continue;
      const k = key[row]!;
      const from = replaced[row]!;
      if (from < 0 || !final(from)) {
        // A write that replaced a failed or an intermediate one hangs in the air like a blind write.
        this.#first[k]!.push(owner[row]!);
        roots[k]!.push(row);
        continue;
      }
      const list = this.#after.get(from);
      if (list === undefined) this.#after.set(from, [owner[row]!]);
      else {
        list.push(owner[row]!);
        branches[k] = 1;
      }
    }
    for (let k = 0; k < keys.length; k++)
      if (branches[k] === 1 || roots[k]!.length > 1)
        this.trees.set(
          k,
          roots[k]!.map((root) => this.#tree(root)),
        );
  }

  get counts(): Uint8Array {
    return this.#versions.counts;
  }

  readersOf(k: number): readonly (readonly [number, number])[] {
    const { owner, key, writes } = this.#columns;
    const found: [number, number][] = [];
    for (let row = 0; row < owner.length; row++)
      if (key[row] === k && writes[row] === 0 && this.#versions.source[row] !== NOTHING)
        found.push([owner[row]!, this.#versions.source[row]!]);
    return found;
  }

  /** The versions that grew from `root`, each after its parent. */
  #tree(root: number): readonly number[] {
    const rows = new Set([root]);
    for (const row of rows)
      for (const t of this.#after.get(row) ?? []) rows.add(this.#lastWrite(t, row));
    return [...rows];
  }

  /** The row with which transaction `t` wrote the key of `like`. */
  #lastWrite(t: number, like: number): number {
    const { start, key, writes } = this.#columns;
    for (let row = start[t + 1]! - 1; row >= start[t]!; row--)
      if (writes[row] === 1 && key[row] === key[like]) return row;
    throw new Error(`transaction ${t} does not write key number ${key[like]}`);
  }

  addReads(edges: Edges, findings: Findings): void {
    const { owner, writes, key, before } = this.#columns;
    const { source, counts, intermediate } = this.#versions;
    /** version (or ~key for the initial one) → adds its readers */
    const beforeNext = new Map<number, (reader: number) => void>();
    for (let row = 0; row < owner.length; row++) {
      if (writes[row] === 1) continue;
      this.#checkInternal(row, findings);
      const from = source[row]!;
      const earlier = before[row]!;
      if (from === NOTHING || (earlier >= 0 && source[earlier] === from)) continue;
      const t = owner[row]!;
      if (from !== INITIAL) {
        if (intermediate[from] === 1) this.#addIntermediate(from, row, findings);
        if (counts[owner[from]!] === 1) edges.add(owner[from]!, t, WR);
      }
      const next = from === INITIAL ? this.#first[key[row]!]! : (this.#after.get(from) ?? []);
      if (next.length === 0) continue;
      const version = from === INITIAL ? ~key[row]! : from;
      let add = beforeNext.get(version);
      if (add === undefined) {
        add = precede(edges, next);
        beforeNext.set(version, add);
      }
      add(t);
    }
  }

  #addIntermediate(write: number, read: number, findings: Findings): void {
    const { owner, key, keys, value } = this.#columns;
    const [from, to] = [owner[write]!, owner[read]!];
    findings.add({
      name: 'G1b',
      transactions: [from, to],
      argument: (name) => [
        `${name(to)} read ${show(keys[key[read]!])} as ${show(value[write])}, ` +
          `which ${name(from)} wrote and then overwrote itself.`,
      ],
    });
  }

  /** A read must return what its transaction wrote or read last, and nothing it has yet to write. */
  #checkInternal(row: number, findings: Findings): void {
    const { start, before, writes, owner, key, keys, value } = this.#columns;
    const t = owner[row]!;
    const previous = before[row]!;
    const read = value[row] ?? null;
    const what = `${show(keys[key[row]!])} as ${show(read)}`;
    if (previous >= 0 && (value[previous] ?? null) !== read) {
      const done = writes[previous] === 1 ? 'had written' : 'had read';
      findings.add({
        name: 'internal',
        transactions: [t],
        argument: (name) => [
          `${name(t)} read ${what}, although it ${done} ${show(value[previous] ?? null)} before.`,
        ],
      });
    }
    for (let later = row + 1; later < start[t + 1]!; later++)
      if (writes[later] === 1 && key[later] === key[row] && value[later] === read)
        findings.add({
          name: 'future-read',
          transactions: [t],
          argument: (name) => [`${name(t)} read ${what} and wrote that only afterwards.`],
        });
  }

  explain(from: number, to: number, kind: number, name: Name): string {
    const { start, key, keys, value, writes, owner } = this.#columns;
    const { source } = this.#versions;
    const mine = kind === WR ? to : from;
    for (let row = start[mine]!; row < start[mine + 1]!; row++) {
      if (writes[row] === 1 || source[row] === NOTHING) continue;
      const what = show(keys[key[row]!]);
      const seen = source[row]!;
      if (kind === WR) {
        if (seen === INITIAL || owner[seen] !== from) continue;
        return `${name(to)} read ${what} as ${name(from)}'s ${show(value[seen])}`;
      }
      const next = seen === INITIAL ? this.#first[key[row]!]! : (this.#after.get(seen) ?? []);
      if (!next.includes(to)) continue;
      const write = this.#lastWrite(to, row);
      const as = seen === INITIAL ? 'before any write to it' : `as ${show(value[seen])}`;
      return `${name(from)} read ${what} ${as}, and ${name(to)} wrote ${show(value[write])} over that`;
    }
    return `${name(from)} comes before ${name(to)}`;
  }

  inspect(t: number, findings: Findings): void {
    const { start, writes } = this.#columns;
    for (let row = start[t]!; row < start[t + 1]!; row++)
      if (writes[row] === 1) this.#checkLostUpdate(row, findings);
      else this.#checkFractured(row, findings);
  }

  /** Two transactions replaced the same version: neither saw the other. */
  #checkLostUpdate(write: number, findings: Findings): void {
    const { owner, key, keys, value } = this.#columns;
    const { replaced, intermediate } = this.#versions;
    const from = replaced[write]!;
    if (from === NOTHING || intermediate[write] === 1) return;
    const t = owner[write]!;
    const k = key[write]!;
    const next = from === INITIAL ? this.#first[k]! : (this.#after.get(from) ?? []);
    const other = next.find((u) => u !== t && replaced[this.#lastWrite(u, write)] === from);
    if (other === undefined) return;
    const as = from === INITIAL ? null : value[from];
    findings.add({
      name: 'lost-update',
      transactions: [t, other],
      argument: (name) => [
        `${name(t)} and ${name(other)} both read ${show(keys[k])} as ${show(as)} and overwrote it, ` +
          `with ${show(value[write])} and ${show(value[this.#lastWrite(other, write)])}: one of the two is lost.`,
      ],
    });
  }

  /** It saw one write of a transaction, but another register in a version older than its write. */
  #checkFractured(read: number, findings: Findings): void {
    const { start, writes, owner, key, keys } = this.#columns;
    const { source } = this.#versions;
    const t = owner[read]!;
    const from = source[read]!;
    if (from < 0) return;
    const writer = owner[from]!;
    for (let write = start[writer]!; write < start[writer + 1]!; write++) {
      if (writes[write] === 0) continue;
      for (let row = start[t]!; row < start[t + 1]!; row++) {
        if (key[row] !== key[write] || writes[row] === 1 || source[row] === NOTHING) continue;
        if (!this.#isOlder(source[row]!, write)) continue;
        findings.add({
          name: 'fractured-read',
          transactions: [writer, t],
          argument: (name) => [
            `${name(t)} saw only part of ${name(writer)}: its write to ${show(keys[key[read]!])}, ` +
              `but an older version of ${show(keys[key[write]!])} than it wrote.`,
          ],
        });
        return;
      }
    }
  }

  /** Whether the version `one` is known to come before `two`. */
  #isOlder(one: number, two: number): boolean {
    const { owner } = this.#columns;
    if (one === INITIAL) return true;
    const met = new Set<number>();
    let at = two;
    while (at >= 0 && !met.has(at)) {
      met.add(at);
      at = this.#versions.replaced[at]!;
      if (at === one) return owner[one] !== owner[two];
    }
    return false;
  }
}
