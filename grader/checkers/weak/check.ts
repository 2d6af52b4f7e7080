/**
 * Checks a history against a weak model. A write that must be visible to a read, but is not the one that
 * it returned, must be older than that one: each such pair is an edge of the arbitration order, beside
 * those from reads and sessions. An order exists if and only if there is no cycle, so the verdict is
 * never a guess; a short cycle is the proof. Linear, except in the number of sessions.
 */
import { placeOf, show, type TransactionHistory } from '../transactions/columns.ts';
import { ALL, components, Edges, graphOf, Paths, SESSION, WR, WW } from '../transactions/graph.ts';
import { WEAK_MODELS, type WeakModel, type WeakRow } from './models.ts';
import { INITIAL, type Read, type Reads, readsOf } from './reads.ts';
import { Sessions } from './sessions.ts';

/** Edges to visit in search of a short cycle to tell; no verdict depends on it. */
const STEPS_MAX = 1_000_000;

export type { WeakModel } from './models.ts';

export interface WeakOptions {
  readonly model: WeakModel;
  /** `w`: registers, each value written once; `append`: lists. */
  readonly write: 'append' | 'w';
}

export interface WeakResult {
  readonly verdict: 'ok' | 'violated';
  readonly model: WeakModel;
  /** Transactions that took effect. */
  readonly transactions: number;
  /** Why it is violated: sentences that a reader can check by hand. Empty when it is not. */
  readonly story: readonly string[];
  /** Indices into the history, in the order of the story. */
  readonly involved: readonly number[];
}

/** One transaction must be older than another, because a read returned the other's version. */
interface Reason {
  readonly read: Read;
  readonly visible: WeakRow['visible'][number];
}

/** @throws MalformedHistory naming the line */
export function checkWeak(history: TransactionHistory, { model, write }: WeakOptions): WeakResult {
  const reads = readsOf(history, write);
  const transactions = reads.counts.reduce((sum, one) => sum + one, 0);
  const result = (story: readonly string[], involved: readonly number[]): WeakResult => {
    const verdict = involved.length === 0 ? 'ok' : 'violated';
    return { verdict, model, transactions, story, involved };
  };
  const [wrong] = reads.impossible;
  const name = (t: number) => nameOf(history, t);
  if (wrong !== undefined) return result(wrong.argument(name), wrong.transactions);
  const order = new Arbitration(history, reads, WEAK_MODELS[model]);
  return order.missed === undefined
    ? result(...order.contradiction())
    : result(order.tellMissed(order.missed), [
        order.missed.writer,
        order.missed.reason.read.reader,
      ]);
}

class Arbitration {
  readonly #history: TransactionHistory;
  readonly #reads: Reads;
  readonly #edges: Edges;
  readonly #reasons = new Map<string, Reason>();
  /** A read returned the initial version, although a write had to be visible to it. */
  missed: { readonly writer: number; readonly reason: Reason } | undefined;

  constructor(history: TransactionHistory, reads: Reads, row: WeakRow) {
    this.#history = history;
    this.#reads = reads;
    const edges = new Edges(reads.columns.count);
    this.#edges = edges;
    for (const [t, list] of reads.of.entries())
      for (const { from } of list) if (from !== INITIAL && from !== t) edges.add(from, t, WR);
    const sessions = new Sessions(history, reads);
    if (row.keepsSessions !== 'no')
      sessions.addOrder(edges, { writesOnly: row.keepsSessions === 'writes' });
    if (row.writesFollowReads) sessions.addWritesFollowReads(edges);
    reads.addOrder(edges);
    for (const visible of row.visible)
      sessions.forEach(visible, (writer, read) => {
        if (writer === read.from || writer === read.reader) return;
        const reason = { read, visible };
        if (read.from === INITIAL) this.missed ??= { writer, reason };
        else if (!this.#reasons.has(`${writer} ${read.from}`)) {
          this.#reasons.set(`${writer} ${read.from}`, reason);
          edges.add(writer, read.from, WW);
        }
      });
  }

  /** A short cycle in words, and its transactions; nothing when there is none. */
  contradiction(): [story: string[], involved: number[]] {
    const graph = graphOf(this.#edges);
    const parts = components(graph, ALL);
    if (parts.cyclic === 0) return [[], []];
    const paths = new Paths(graph);
    let best: number[] | undefined;
    for (let e = 0; e < this.#edges.length && paths.steps < STEPS_MAX; e++) {
      const [from, to] = [this.#edges.from[e]!, this.#edges.to[e]!];
      if (parts.of[from] !== parts.of[to]) continue;
      const below = best === undefined ? Number.POSITIVE_INFINITY : best.length - 1;
      const path = paths.shortest({ from: to, to: from, mask: ALL, parts, below });
      if (path !== undefined) best = path;
    }
    const cycle = best ?? [];
    return [cycle.map((t, i) => this.#tell(t, cycle[(i + 1) % cycle.length]!, i)), cycle];
  }

  tellMissed({ writer, reason }: { writer: number; reason: Reason }): string[] {
    const { read, visible } = reason;
    return [
      `${this.#name(read.reader)} read ${this.#key(read)} as nothing, although ` +
        `${this.#name(writer)} had written it: ${this.#why(writer, read, visible)}.`,
    ];
  }

  #tell(from: number, to: number, step: number): string {
    const lead = step === 0 ? '' : 'But ';
    const reason = this.#reasons.get(`${from} ${to}`);
    if (reason !== undefined) {
      const { read, visible } = reason;
      return (
        `${lead}${this.#name(read.reader)} read ${this.#key(read)} from ${this.#name(to)}, ` +
        `so ${this.#name(from)} must be older: ${this.#why(from, read, visible)}.`
      );
    }
    const { kind, from: heads, to: tails, length } = this.#edges;
    let kinds = 0;
    for (let e = 0; e < length; e++) if (heads[e] === from && tails[e] === to) kinds |= kind[e]!;
    if ((kinds & WR) !== 0)
      return `${lead}${this.#name(to)} read what ${this.#name(from)} wrote, so it is newer.`;
    if ((kinds & SESSION) !== 0)
      return `${lead}${this.#name(from)} comes before ${this.#name(to)} in its session.`;
    return `${lead}reads show what ${this.#name(from)} wrote before what ${this.#name(to)} wrote.`;
  }

  #why(writer: number, { reader }: Read, visible: Reason['visible']): string {
    const client = this.#history[reader]!.client;
    const session = this.#history[writer]!.client;
    const texts: Readonly<Record<Reason['visible'], string>> = {
      'own writes': `it is client ${client}'s own`,
      'earlier reads': `client ${client} had read it before`,
      'read in order': 'the same transaction had read from it before',
      'read together': 'the same transaction reads from it',
      prefix: `client ${session} wrote it before something that the same transaction reads`,
      sources: 'its reader wrote something that the same transaction reads',
      'causal past': 'it is in the causal past of that read',
    };
    return texts[visible];
  }

  #name(t: number): string {
    return nameOf(this.#history, t);
  }

  #key({ key }: Read): string {
    return show(this.#reads.columns.keys[key]);
  }
}

function nameOf(history: TransactionHistory, t: number): string {
  return `${history[t]!.client}'s ${placeOf(history, t)}`;
}
