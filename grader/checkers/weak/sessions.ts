/** The sessions of a history, and what each read of a transaction must not miss, for each rule of a model. */
import type { TransactionHistory } from '../transactions/columns.ts';
import { components, Edges, graphOf, SESSION, WR } from '../transactions/graph.ts';
import type { Visible } from './models.ts';
import { INITIAL, type Read, type Reads } from './reads.ts';

type Each = (writer: number, read: Read) => void;

/**
 * A session is what a client does, in the order of its calls. A transaction without an answer comes after
 * what its session did before, but nothing comes after it, since it may take effect at any time.
 */
export class Sessions {
  readonly #reads: Reads;
  /** transaction → its session, and its place there */
  readonly #session: Int32Array;
  readonly #place: Int32Array;
  /** session → its transactions that took effect, in order */
  readonly #lists: number[][] = [];
  readonly #isOk: (t: number) => boolean;

  constructor(history: TransactionHistory, reads: Reads) {
    this.#reads = reads;
    this.#isOk = (t) => history[t]!.outcome === 'ok';
    this.#session = new Int32Array(history.length);
    this.#place = new Int32Array(history.length);
    const numbers = new Map<string, number>();
    const all = history.map((_, t) => t).filter((t) => reads.counts[t] === 1);
    all.sort((a, b) => history[a]!.callAt - history[b]!.callAt || a - b);
    for (const t of all) {
      const { client } = history[t]!;
      let session = numbers.get(client);
      if (session === undefined) {
        session = this.#lists.push([]) - 1;
        numbers.set(client, session);
      }
      this.#session[t] = session;
      this.#place[t] = this.#lists[session]!.push(t) - 1;
    }
  }

  addOrder(edges: Edges, { writesOnly }: { writesOnly: boolean }): void {
    for (const list of this.#lists) {
      let last = -1;
      for (const t of list) {
        if (writesOnly && this.#reads.writes[t]!.size === 0) continue;
        if (last !== -1) edges.add(last, t, SESSION);
        if (this.#isOk(t)) last = t;
      }
    }
  }

  addWritesFollowReads(edges: Edges): void {
    for (const list of this.#lists) {
      const seen = new Set<number>();
      for (const t of list) {
        if (this.#reads.writes[t]!.size > 0) {
          for (const from of seen) if (from !== t) edges.add(from, t, SESSION);
        }
        if (this.#isOk(t))
          for (const { from } of this.#reads.of[t]!) if (from !== INITIAL) seen.add(from);
      }
    }
  }

  /** Calls `each` for each transaction that must be visible to a read and wrote its key. */
  forEach(visible: Visible, each: Each): void {
    if (visible === 'own writes') this.#alongSessions(each, (t) => [...this.#writesOf(t)]);
    else if (visible === 'earlier reads')
      this.#alongSessions(each, (t) => this.#reads.of[t]!.map(({ key, from }) => [key, from]));
    else if (visible === 'causal past') this.#causalPast(each);
    else this.#withinTransactions(visible, each);
  }

  *#writesOf(t: number): Iterable<[key: number, writer: number]> {
    for (const key of this.#reads.writes[t]!) yield [key, t];
  }

  /** All that a session met on a key before: nothing orders it. */
  #alongSessions(each: Each, meets: (t: number) => (readonly [key: number, writer: number])[]) {
    for (const list of this.#lists) {
      const met = new Map<number, Set<number>>();
      for (const t of list) {
        for (const read of this.#reads.of[t]!)
          for (const writer of met.get(read.key) ?? []) each(writer, read);
        if (!this.#isOk(t)) continue;
        for (const [key, writer] of meets(t)) {
          if (writer === INITIAL) continue;
          const known = met.get(key);
          if (known === undefined) met.set(key, new Set([writer]));
          else known.add(writer);
        }
      }
    }
  }

  /** By what the same transaction reads: all of it, only what it read before, or what came before that. */
  #withinTransactions(visible: Visible, each: Each): void {
    const { of, writes } = this.#reads;
    for (const list of of) {
      for (const [i, read] of list.entries()) {
        const others = visible === 'read in order' ? list.slice(0, i) : list;
        for (const { from } of others) {
          if (from === INITIAL) continue;
          if (visible === 'read in order' || visible === 'read together') {
            if (writes[from]!.has(read.key)) each(from, read);
            continue;
          }
          for (const earlier of this.#before(from)) {
            if (visible === 'prefix' && writes[earlier]!.has(read.key)) each(earlier, read);
            if (visible !== 'sources') continue;
            for (const { key, from: source } of of[earlier]!)
              if (key === read.key && source !== INITIAL) each(source, read);
          }
          if (visible !== 'sources') continue;
          for (const { key, from: source } of of[from]!)
            if (key === read.key && source !== INITIAL) each(source, read);
        }
      }
    }
  }

  /** What the session of `t` did before it, as far as it was answered. */
  *#before(t: number): Iterable<number> {
    const list = this.#lists[this.#session[t]!]!;
    for (let i = 0; i < this.#place[t]!; i++) if (this.#isOk(list[i]!)) yield list[i]!;
  }

  /** From each session, the latest writer of the key in the causal past: older ones come before it. */
  #causalPast(each: Each): void {
    const { of, writes, counts } = this.#reads;
    const edges = new Edges(counts.length);
    this.addOrder(edges, { writesOnly: false });
    for (const [t, list] of of.entries())
      for (const { from } of list) if (from !== INITIAL && from !== t) edges.add(from, t, WR);
    const { of: component } = components(graphOf(edges), SESSION | WR);
    const ordered = [...counts.keys()].filter((t) => counts[t] === 1);
    // An edge leads to a component with a lower number.
    ordered.sort((a, b) => component[b]! - component[a]!);

    const { lanes, lane, place } = this.#lanes();
    /** transaction → lane → how many of its transactions are in the causal past, itself included */
    const clock = new Map<number, Int32Array>();
    /** key → lane → places of its writers there */
    const writers = new Map<number, number[][]>();
    for (const [l, list] of lanes.entries())
      for (const [at, t] of list.entries())
        for (const key of writes[t]!) {
          const places = writers.get(key) ?? lanes.map(() => []);
          writers.set(key, places);
          places[l]!.push(at);
        }
    for (const t of ordered) {
      const past = new Int32Array(lanes.length);
      const join = (other: number) => {
        const theirs = clock.get(other);
        if (theirs) for (let l = 0; l < past.length; l++) past[l] = Math.max(past[l]!, theirs[l]!);
      };
      const previous = this.#previous(t);
      if (previous !== undefined) join(previous);
      for (const { from } of of[t]!) if (from !== INITIAL) join(from);
      for (const read of of[t]!)
        for (const [l, places] of (writers.get(read.key) ?? []).entries()) {
          const at = lastBelow(places, past[l]!);
          if (at !== undefined) each(lanes[l]![at]!, read);
        }
      past[lane[t]!] = place[t]! + 1;
      clock.set(t, past);
    }
  }

  /** In a lane, each is in the past of the next: a session, but each without an answer in its own lane. */
  #lanes() {
    const lanes: number[][] = [];
    const lane = new Int32Array(this.#session.length);
    const place = new Int32Array(this.#session.length);
    const put = (t: number, l: number) => {
      lane[t] = l;
      place[t] = lanes[l]!.push(t) - 1;
    };
    for (const list of this.#lists) {
      const own = lanes.push([]) - 1;
      for (const t of list) put(t, this.#isOk(t) ? own : lanes.push([]) - 1);
    }
    return { lanes, lane, place };
  }

  #previous(t: number): number | undefined {
    const list = this.#lists[this.#session[t]!]!;
    let at = this.#place[t]! - 1;
    while (at >= 0 && !this.#isOk(list[at]!)) at--;
    return list[at];
  }
}

/** The greatest of the ascending `places` below `limit`. */
function lastBelow(places: readonly number[], limit: number): number | undefined {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low > 0 ? places[low - 1] : undefined;
}
