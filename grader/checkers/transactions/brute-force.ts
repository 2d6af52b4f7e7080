/**
 * For tests: small random histories, and what a database that may do anything legal could have
 * answered, found by trying everything. Written from the levels' operational meaning, with nothing in
 * common with the checker.
 */
import type { MicroOperation, Scalar, TransactionHistory } from './columns.ts';
import type { Level, Order } from './levels.ts';

export type Write = 'append' | 'w';
type State = ReadonlyMap<Scalar, readonly unknown[]>;

/** A stream of random choices from a seed (mulberry32). `below(3)` is 0, 1 or 2. */
export function chances(seed: number) {
  let a = seed >>> 0;
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    below: (n: number) => Math.floor(next() * n),
    happens: (probability: number) => next() < probability,
  };
}

/** A value is the history of its writes; a register shows the last, a list all. */
function visible(write: Write, versions: readonly unknown[] = []): unknown {
  return write === 'append' ? versions : (versions.at(-1) ?? null);
}

interface Running {
  readonly at: number;
  snapshot: Map<Scalar, unknown[]>;
  readonly own: Map<Scalar, unknown[]>;
  readonly output: MicroOperation[];
  left: MicroOperation[];
  callAt: number;
}

/**
 * Two to five transactions on two or three keys, run concurrently by a sloppy database: each history
 * keeps serializability, or snapshots with or without checks, or only committed data; some
 * snapshots are old, some transactions fail or stay unknown, some reads are plainly wrong.
 */
export function randomHistory(seed: number, write: Write): TransactionHistory {
  const { below, happens } = chances(seed);
  const count = 2 + below(4);
  const keys = ['x', 'y', 'z'].slice(0, 2 + below(2));
  const clients = 1 + below(count);
  const mode = below(5);
  const stale = happens(0.3) ? 0.4 : 0;
  const wrong = happens(0.3) ? 0.15 : 0;
  const readFirst = happens(0.5);
  let fresh = 0;
  const plans = Array.from({ length: count }, () =>
    Array.from({ length: 1 + below(3) }, (): MicroOperation[] => {
      const key = keys[below(keys.length)]!;
      if (happens(0.5)) return [['r', key, null]];
      const one: MicroOperation = [write, key, ++fresh];
      return readFirst ? [['r', key, null], one] : [one];
    }).flat(),
  );
  let store = new Map<Scalar, unknown[]>();
  const past = [store];
  const running = new Map<string, Running>();
  const history: TransactionHistory[number][] = [];
  let started = 0;
  let clock = 0;
  while (history.length < count) {
    const client = `c${below(clients)}`;
    const txn = running.get(client);
    clock += below(2);
    if (txn === undefined) {
      if (started === count) {
        if (![...running.keys()].length) break;
        continue;
      }
      if (mode === 0 && running.size > 0) continue;
      const base = happens(stale) ? past[below(past.length)]! : store;
      running.set(client, {
        at: started,
        snapshot: base,
        own: new Map(),
        output: [],
        left: [...plans[started++]!],
        callAt: clock,
      });
      continue;
    }
    const micro = txn.left.shift();
    if (micro !== undefined) {
      const [f, key, value] = micro;
      if (f === write) {
        txn.own.set(key, [...(txn.own.get(key) ?? []), value]);
        if (mode === 4) store = put(store, new Map([[key, [value]]]));
        txn.output.push(micro);
        continue;
      }
      const base = mode >= 3 ? store : txn.snapshot;
      const own = mode === 4 ? [] : (txn.own.get(key) ?? []);
      let versions = [...(base.get(key) ?? []), ...own];
      if (happens(wrong)) versions = versions.slice(0, below(versions.length + 1));
      if (happens(wrong / 8)) versions = [...versions].reverse();
      if (happens(wrong / 16)) versions.push(99);
      txn.output.push(['r', key, visible(write, versions)]);
      continue;
    }
    running.delete(client);
    const conflict =
      mode === 1 && [...txn.own.keys()].some((k) => store.get(k) !== txn.snapshot.get(k));
    const fails = conflict || happens(0.08);
    const unknown = happens(0.12);
    if ((!fails || happens(0.05)) && mode !== 4 && !(unknown && happens(0.5))) {
      store = put(store, txn.own);
      past.push(store);
    }
    const outcome = unknown ? 'unknown' : fails ? 'fail' : 'ok';
    history.push({
      client,
      input: txn.output.map(([f, key, value]) => [f, key, f === 'r' ? null : value]),
      ...(outcome === 'ok' ? { output: txn.output } : {}),
      outcome,
      callAt: txn.callAt,
      returnAt: unknown ? Number.POSITIVE_INFINITY : clock,
    });
  }
  if (happens(0.7)) {
    clock++;
    const output = keys.map((key): MicroOperation => ['r', key, visible(write, store.get(key))]);
    history.push({
      client: 'last',
      input: output.map(([f, key]) => [f, key, null]),
      output,
      outcome: 'ok',
      callAt: clock,
      returnAt: clock + 1,
    });
  }
  return history;
}

function put(store: State, own: State): Map<Scalar, unknown[]> {
  const next = new Map<Scalar, unknown[]>();
  for (const [key, versions] of store) next.set(key, [...versions]);
  for (const [key, versions] of own) next.set(key, [...(next.get(key) ?? []), ...versions]);
  return next;
}

/** A configuration of the search, to be visited only once. */
function textOf(done: ReadonlySet<number>, store: State): string {
  const keys = [...store].map(([key, versions]) => `${key}=${versions.join(',')}`);
  return `${[...done].sort().join(',')} ${keys.sort().join(' ')}`;
}

export type Verdicts = Readonly<Partial<Record<Level, boolean>>>;

/** At which levels some legal run explains the history, found by trying all runs. */
export function bruteForce(history: TransactionHistory, write: Write): Verdicts {
  const candidates = history.filter((operation) => operation.outcome !== 'fail');
  const must = (i: number) => candidates[i]!.outcome === 'ok';
  const before = (order: Order, i: number, j: number): boolean => {
    const [a, b] = [candidates[i]!, candidates[j]!];
    if (i === j || order === 'none' || a.outcome !== 'ok') return false;
    if (a.client === b.client && history.indexOf(a) < history.indexOf(b) && a.callAt <= b.callAt)
      return true;
    return order === 'realtime' && a.returnAt < b.callAt;
  };

  /** The writes of transaction i when run on `store`, or undefined if its reads say otherwise. */
  const run = (i: number, store: State): { own: State } | undefined => {
    const { outcome, input, output } = candidates[i]!;
    const own = new Map<Scalar, unknown[]>();
    for (const [f, key, value] of outcome === 'ok' ? output! : input) {
      if (f === write) own.set(key, [...(own.get(key) ?? []), value]);
      else if (outcome === 'ok') {
        const versions = [...(store.get(key) ?? []), ...(own.get(key) ?? [])];
        if (JSON.stringify(visible(write, versions)) !== JSON.stringify(value)) return undefined;
      }
    }
    return { own };
  };

  const serial = (order: Order): boolean => {
    const dead = new Set<string>();
    const place = (done: ReadonlySet<number>, store: State): boolean => {
      if (candidates.every((_, i) => done.has(i) || !must(i))) return true;
      const here = textOf(done, store);
      if (dead.has(here)) return false;
      dead.add(here);
      return candidates.some((_, i) => {
        if (done.has(i)) return false;
        if (candidates.some((_, j) => before(order, j, i) && !done.has(j))) return false;
        const ran = run(i, store);
        return ran !== undefined && place(new Set([...done, i]), put(store, ran.own));
      });
    };
    return place(new Set(), new Map());
  };

  const snapshot = (order: Order): boolean => {
    const dead = new Set<string>();
    interface Open {
      readonly own: State;
      readonly overwritten: ReadonlySet<Scalar>;
    }
    const place = (
      done: ReadonlySet<number>,
      open: ReadonlyMap<number, Open>,
      store: State,
    ): boolean => {
      if (candidates.every((_, i) => done.has(i) || !must(i))) return true;
      const opened = [...open].map(([i, o]) => `${i}:${[...o.overwritten].sort().join('')}`);
      const here = `${textOf(done, store)} ${opened.sort().join(' ')}`;
      if (dead.has(here)) return false;
      dead.add(here);
      for (const [i, { own, overwritten }] of open) {
        if ([...own.keys()].some((key) => overwritten.has(key))) continue;
        const others = new Map(
          [...open]
            .filter(([j]) => j !== i)
            .map(([j, o]) => [
              j,
              { ...o, overwritten: new Set([...o.overwritten, ...own.keys()]) },
            ]),
        );
        if (place(new Set([...done, i]), others, put(store, own))) return true;
      }
      return candidates.some((_, i) => {
        if (done.has(i) || open.has(i)) return false;
        if (candidates.some((_, j) => before(order, j, i) && !done.has(j))) return false;
        const ran = run(i, store);
        if (ran === undefined) return false;
        return place(
          done,
          new Map([...open, [i, { own: ran.own, overwritten: new Set() }]]),
          store,
        );
      });
    };
    return place(new Set(), new Map(), new Map());
  };

  const strict = serial('realtime');
  const session = strict || serial('session');
  const plain = session || serial('none');
  const strictSi = strict || snapshot('realtime');
  const sessionSi = session || strictSi || snapshot('session');
  return {
    'strict-serializable': strict,
    'strong-session-serializable': session,
    serializable: plain,
    'repeatable-read': plain,
    'strong-snapshot-isolation': strictSi,
    'strong-session-snapshot-isolation': sessionSi,
    'snapshot-isolation': plain || sessionSi || snapshot('none'),
  };
}
