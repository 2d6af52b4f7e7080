/**
 * The programs that use the stores of part A: they put and get through direct calls, restart a store
 * that has crashed, and record what they were told.
 */
import { type Cluster, kv, type NodeId, type Operation } from 'faultlab';
import type { StoreGet, StorePut } from './contract.ts';

/** A put or get on a store that is up, with a disk that works, ends within this time. */
export const ANSWER_WITHIN_MS = 1000;
/** How long a store that crashed stays down. */
const DOWN_MS = 5;

type Input =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: string };

interface Open {
  readonly client: string;
  readonly input: Input;
  readonly callAt: number;
  readonly then: (reply: StorePut | StoreGet | undefined) => void;
}

interface Safe {
  readonly value: string;
  readonly callAt: number;
  readonly returnAt: number;
}

type Done = Operation<Input, { readonly value?: string }>;

export const s = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

export class Stores {
  readonly #cluster: Cluster;
  /** Open calls, by store; a crash ends them without an answer. */
  readonly #open = new Map<NodeId, Set<Open>>();
  readonly #done: Done[] = [];
  /** Acknowledged puts, by store, key and value; and for each key the one that began last. */
  readonly #safe = new Map<string, Safe>();
  readonly #latest = new Map<string, Safe>();
  /** When an fsync was last made to fail, by store. */
  readonly #failedAt = new Map<NodeId, number>();
  /** What to ask about a loss, when the scenario's own question is about something else. */
  #lookAt: string | undefined;
  #values = 0;
  #callers = 0;
  /** Puts that were answered with ok. */
  acknowledged = 0;
  /** Puts that were answered with `disk`. */
  refused = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    for (const node of cluster.nodes) this.#open.set(node, new Set());
    cluster.onBoot((node) => this.#abandon(node));
  }

  /** A value never used before; `length` characters or more, not all of them ASCII. */
  newValue(length = 0): string {
    return `v${++this.#values}·`.padEnd(length, '~');
  }

  put(store: NodeId, key: string, then?: Open['then'], value = this.newValue()): void {
    this.#ask(store, { kind: 'put', key, value }, [key, value], then);
  }

  get(store: NodeId, key: string, then?: Open['then']): void {
    this.#ask(store, { kind: 'get', key }, [key], then);
  }

  /** `then` gets undefined when the store crashed before it answered. */
  #ask(store: NodeId, input: Input, args: readonly unknown[], then: Open['then'] = () => {}): void {
    const cluster = this.#cluster;
    const open: Open = { client: `${++this.#callers}`, input, callAt: cluster.nowMs, then };
    this.#open.get(store)?.add(open);
    cluster.request(store, input.kind, args, (outcome) => {
      this.#open.get(store)?.delete(open);
      const reply = (outcome.ok ? outcome.value : outcome.error) as StorePut | StoreGet;
      const what = input.kind === 'put' ? `put ${input.key}=${input.value}` : `get ${input.key}`;
      cluster.expect(isKnown(input, outcome.ok, reply), {
        kind: 'contract',
        ruleId: 'unknown-result',
        rule: 'A put and a get resolve to what the contract allows (contract, StorePut, StoreGet)',
        evidence: `${what} on ${store} ended with ${JSON.stringify(reply)}${outcome.ok ? '' : outcome.where}`,
        lookAt: 'who catches the DiskError?',
      });
      this.#note(store, open, reply);
      cluster.after(0, () => then(reply));
    });
  }

  #note(store: NodeId, open: Open, reply: StorePut | StoreGet): void {
    if (!reply.ok && reply.error === 'corrupt') {
      const hasFailed = this.#failedAt.has(store);
      this.#cluster.expect(this.#cluster.hits('rot') > 0, {
        kind: 'safety',
        ruleId: 'not-corrupt',
        rule: 'A crash is not corruption: what it leaves unfinished is cut away (contract, StoreError)',
        evidence: `${store} says at ${s(this.#cluster.nowMs)} that its disk is corrupt; it only crashed${this.#failure(store)}`,
        lookAt: hasFailed
          ? 'what is in a file where an fsync has failed, and what does a reader find behind that?'
          : 'what does a crash leave at the end of a file, and how does a reader recognise it?',
      });
      return;
    }
    if (open.input.kind === 'put') {
      if (reply.ok) this.acknowledged++;
      else this.refused++;
    }
    const value = reply.ok && 'value' in reply ? { value: reply.value ?? '' } : {};
    const { client, callAt, input } = open;
    if (input.kind === 'put' && reply.ok) this.#keep(store, input.key, input.value, callAt);
    if (reply.ok && 'value' in reply) this.#expectKept(store, input.key, callAt, reply.value);
    this.#done.push({
      client,
      callAt,
      input: { ...input, key: `${store} ${input.key}` },
      output: value,
      outcome: reply.ok ? 'ok' : 'unknown',
      returnAt: reply.ok ? this.#cluster.nowMs : Number.POSITIVE_INFINITY,
    });
  }

  #keep(store: NodeId, key: string, value: string, callAt: number): void {
    const put = { value, callAt, returnAt: this.#cluster.nowMs };
    this.#safe.set(`${store} ${key} ${value}`, put);
    const latest = this.#latest.get(`${store} ${key}`);
    if (latest === undefined || latest.callAt < callAt) this.#latest.set(`${store} ${key}`, put);
  }

  /** The plain cases of loss, in plain words; the rest is left to the exact check. */
  #expectKept(store: NodeId, key: string, callAt: number, value: string | null): void {
    const latest = this.#latest.get(`${store} ${key}`);
    if (latest === undefined || latest.returnAt >= callAt) return;
    const found = this.#safe.get(`${store} ${key} ${value}`);
    const isLost = value === null || (found !== undefined && found.returnAt < latest.callAt);
    this.#cluster.expect(!isLost, {
      kind: 'safety',
      ruleId: 'durability',
      rule: 'Durability: what was acknowledged is found by every later get (contract, StoreLike.put)',
      evidence: `${store} acknowledged ${key}=${latest.value} at ${s(latest.returnAt)}; a get at ${s(callAt)} found ${value === null ? 'nothing' : `${value}, an older value`}${this.#failure(store)}`,
      ...(this.#lookAt ? { lookAt: this.#lookAt } : {}),
    });
  }

  #failure(store: NodeId): string {
    const atMs = this.#failedAt.get(store);
    return atMs === undefined ? '' : `; the first fsync after ${s(atMs)} was made to fail`;
  }

  /** The next fsync of this store fails. */
  failFsync(store: NodeId): void {
    this.#failedAt.set(store, this.#cluster.nowMs);
    this.#cluster.failNextFsync(store);
  }

  #abandon(store: NodeId): void {
    const open = [...(this.#open.get(store) ?? [])];
    this.#open.set(store, new Set());
    for (const { client, callAt, input, then } of open) {
      const on = { ...input, key: `${store} ${input.key}` };
      const returnAt = Number.POSITIVE_INFINITY;
      this.#done.push({ client, callAt, input: on, outcome: 'unknown', returnAt });
      this.#cluster.after(0, () => then(undefined));
    }
  }

  /**
   * Callers that put (and get, with probability `reads`) until `puts` puts have been made, each going
   * on when it has been answered; a store that crashed is restarted.
   */
  work(
    store: NodeId,
    options: { callers: number; puts: number; keys: number; reads?: number; valueBytes?: number },
  ): void {
    const { callers, puts, keys, reads = 0, valueBytes = 0 } = options;
    const cluster = this.#cluster;
    let left = puts;
    let busy = callers;
    const next = (): void => {
      if (left <= 0) {
        busy--;
        return;
      }
      const key = `k${cluster.draw.int(1, keys)}`;
      if (reads > 0 && cluster.draw.chance(reads)) {
        this.get(store, key, () => cluster.after(1, next));
        return;
      }
      left--;
      this.put(store, key, next, this.newValue(valueBytes));
    };
    cluster.run(0.001);
    for (let i = 0; i < callers; i++) cluster.after(0.1 * i, next);
    while (busy > 0) {
      const { acknowledged, refused } = this;
      const since = cluster.nowMs;
      const moved = () => busy === 0 || !cluster.isUp(store);
      cluster.runUntil(moved, ANSWER_WITHIN_MS);
      if (!cluster.isUp(store)) {
        cluster.disarm(store);
        cluster.run(DOWN_MS);
        cluster.restart(store);
      } else if (busy > 0 && this.acknowledged + this.refused === acknowledged + refused) {
        this.stuck(store, since);
      }
    }
  }

  stuck(store: NodeId, sinceMs: number): never {
    const [first] = this.#open.get(store) ?? [];
    return this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-answer',
      rule: 'Every put and get of a store that is up is answered (contract, StoreLike)',
      evidence: `${store} answered no put from ${s(sinceMs)} to ${s(this.#cluster.nowMs)}; ${first?.input.kind} ${first?.input.key} has been open since ${s(first?.callAt ?? 0)}`,
      lookAt: 'who waits, and for what: an fsync, a batch, or a promise that nobody resolves?',
    });
  }

  /** Waits until everything asked of the store is answered. */
  settle(store: NodeId): void {
    const since = this.#cluster.nowMs;
    const open = () => this.#open.get(store)?.size ?? 0;
    if (!this.#cluster.runUntil(() => open() === 0, ANSWER_WITHIN_MS)) this.stuck(store, since);
    this.#cluster.run(0.01);
  }

  /** Switches the power off and on again. */
  powerCycle(store: NodeId, unsynced: 'seeded' | 'lose' | 'keep' | 'torn' = 'lose'): void {
    this.#cluster.onCrash(store, unsynced);
    this.#cluster.crash(store);
    this.#cluster.run(DOWN_MS);
    this.#cluster.restart(store);
  }

  /** Reads `keys` keys of the store, and then checks that all that was seen fits together. */
  expectAll(store: NodeId, keys: number, lookAt?: string): void {
    this.#lookAt = lookAt;
    for (let key = 1; key <= keys; key++) this.get(store, `k${key}`);
    this.settle(store);
    this.#lookAt = undefined;
    this.expectLinearizable();
  }

  /** Nothing acknowledged is lost, nothing read is taken back, nothing is invented. */
  expectLinearizable(): void {
    this.#cluster.expectLinearizable(kv, this.#done);
  }

  /** A store that acknowledges nothing loses nothing: a calm put is answered with ok. */
  expectPut(store: NodeId, because: string): void {
    let reply: StorePut | StoreGet | undefined;
    this.put(store, 'k1', (got) => {
      reply = got;
    });
    this.settle(store);
    this.#cluster.expect(reply?.ok === true, {
      kind: 'liveness',
      ruleId: 'no-puts',
      rule: 'A store whose disk works takes puts (contract, StoreLike.put)',
      evidence: `${because}, a put on ${store} was answered with ${JSON.stringify(reply)}`,
    });
  }
}

function isKnown(input: Input, isResolved: boolean, reply: StorePut | StoreGet): boolean {
  if (!isResolved || typeof reply !== 'object' || reply === null) return false;
  if (!reply.ok)
    return reply.error === 'corrupt' || (input.kind === 'put' && reply.error === 'disk');
  if (input.kind === 'put') return true;
  return 'value' in reply && (reply.value === null || typeof reply.value === 'string');
}

/** The programs of a run; made on first use. */
export function stores(cluster: Cluster): Stores {
  return cluster.state('stores', () => new Stores(cluster));
}
