/** The client: finds the group that owns a key, its leader, and asks until it is done. */
import { type NodeId, sleep } from 'faultlab/node';
import { attempt, type Leaders } from './caller.ts';
import {
  type Change,
  type Committed,
  type Config,
  type GroupId,
  type Kv,
  MAX_OFFSET_MS,
  NO_CONFIG,
  type Operation,
  type Operator,
  type Query,
  type Result,
  type Shard,
  type ShardContext,
  type Snapshot,
  type Step,
  shardOf,
  TICKS,
  type TimedKv,
  type Timestamp,
  type TransactionalKv,
  type TransactionOperation,
  type TransactionPart,
} from './contract.ts';

/** Between two rounds in which nobody led, or before asking again where a shard is. */
const PAUSE_MS = 50;
/** A message that was late is refused as well: not so five in a row. */
const SKEWS_MAX = 5;

/** The shard that an operation is for. */
export function shardOfRequest(operation: Operation): Shard {
  switch (operation.kind) {
    case 'read':
      return shardOf(operation.keys[0] ?? '');
    case 'begin':
    case 'inquire':
      return operation.attempt.anchor;
    case 'prepare':
      return operation.part.shard;
    case 'decide':
      return operation.shard;
    default:
      return shardOf(operation.key);
  }
}

export default class Client implements Kv, Operator, TimedKv, TransactionalKv {
  readonly #node: ShardContext;
  readonly #controllers: readonly NodeId[];
  readonly #leaders: Leaders = new Map();
  /** The greatest time that this client was told. Its own clock is not in there: that may be wrong. */
  #seen: Timestamp = 0;
  #config = NO_CONFIG;
  #seq = 0;

  constructor(node: ShardContext, controllers: readonly NodeId[]) {
    this.#node = node;
    this.#controllers = controllers;
  }

  async get(key: string): Promise<string> {
    return (await this.#request({ kind: 'get', key })).value ?? '';
  }

  async put(key: string, value: string): Promise<void> {
    await this.#request({ kind: 'put', key, value });
  }

  async append(key: string, value: string): Promise<void> {
    await this.#request({ kind: 'append', key, value });
  }

  async cas(key: string, from: string, to: string): Promise<boolean> {
    return (await this.#request({ kind: 'cas', key, from, to })).done ?? false;
  }

  async putAt(key: string, value: string): Promise<Timestamp> {
    const { at = 0 } = await this.#request({ kind: 'put', key, value }, SKEWS_MAX);
    return at;
  }

  async snapshot(keys: readonly string[]): Promise<Snapshot> {
    const { at, values } = await this.#readNow(keys);
    return { at, values };
  }

  /**
   * The clock of this client may be behind that of who wrote: a version whose time is not long after
   * this moment could have been acknowledged before it. Then all is read once more, at its time; the
   * end of what is uncertain stays, so that this comes to an end (CockroachDB's uncertainty interval).
   */
  async #readNow(keys: readonly string[]) {
    const until = (Date.now() + MAX_OFFSET_MS) * TICKS;
    for (let at = Math.max(this.#seen, Date.now() * TICKS); ; ) {
      const { uncertain, ...read } = await this.#readAt(keys, at, until);
      this.#see(at);
      if (uncertain === 0) return { at, ...read };
      at = uncertain;
    }
  }

  async snapshotAt(at: Timestamp, keys: readonly string[]): Promise<readonly string[]> {
    const { values } = await this.#readAt(keys, at);
    this.#see(at);
    return values;
  }

  /**
   * Reads everything at one time, reckons what is to be written, and asks the shard of the first key that
   * is written to see to it that all shards agree: that what was read is still so, and is written as one.
   */
  async transact(steps: readonly Step[]): Promise<Committed> {
    const keys = [...new Set(steps.map(({ key }) => key))];
    for (;;) {
      const { at, values, versions } = await this.#readNow(keys);
      const now = new Map(keys.map((key, i) => [key, values[i] as string]));
      const seen = new Map(keys.map((key, i) => [key, versions[i] as Timestamp]));
      const written = new Set<string>();
      const results = steps.map((step) => {
        const value = now.get(step.key) ?? '';
        if (step.kind === 'get') return value;
        now.set(step.key, value + step.value);
        written.add(step.key);
        return null;
      });
      const [first] = written;
      if (first === undefined) return { at, values: results };
      const parts = [...new Set(keys.map(shardOf))].map((shard): TransactionPart => {
        const isIn = ([key]: readonly [string, unknown]) => shardOf(key) === shard;
        const writes = [...now].filter(([key]) => written.has(key));
        return { shard, reads: [...seen].filter(isIn), writes: writes.filter(isIn) };
      });
      const attempt = { id: `${this.#node.id}/${this.#seq + 1}`, anchor: shardOf(first) };
      const result = await this.#request({ kind: 'begin', attempt, parts }, SKEWS_MAX);
      if (result.done) return { at: result.at ?? 0, values: results };
      await sleep(10 + 70 * Math.random()); // Two that want the same should not meet again.
    }
  }

  /** For replicas: asks the owner of a shard until it has done it. */
  ask(operation: TransactionOperation): Promise<Result> {
    return this.#request(operation);
  }

  #see(at: Timestamp): void {
    this.#seen = Math.max(this.#seen, at);
  }

  /** One read in each shard; `uncertain` is 0 when all have values. */
  async #readAt(keys: readonly string[], at: Timestamp, until = at) {
    const shards = [...new Set(keys.map(shardOf))];
    const found = new Map<string, { readonly value: string; readonly version: Timestamp }>();
    const reads = shards.map(async (shard) => {
      const own = keys.filter((key) => shardOf(key) === shard);
      const result = await this.#request({ kind: 'read', keys: own, at, until }, SKEWS_MAX);
      for (const [i, key] of own.entries())
        found.set(key, { value: result.values?.[i] ?? '', version: result.versions?.[i] ?? 0 });
      return result.uncertain ?? 0;
    });
    const uncertain = Math.max(0, ...(await Promise.all(reads)));
    return {
      uncertain,
      values: keys.map((key) => found.get(key)?.value ?? ''),
      versions: keys.map((key) => found.get(key)?.version ?? 0),
    };
  }

  join(groups: Config['groups']): Promise<Config> {
    return this.#control({ kind: 'join', groups });
  }

  leave(groups: readonly GroupId[]): Promise<Config> {
    return this.#control({ kind: 'leave', groups });
  }

  move(shard: Shard, group: GroupId): Promise<Config> {
    return this.#control({ kind: 'move', shard, group });
  }

  query(num: number): Promise<Config> {
    return this.#control({ kind: 'query', num });
  }

  /** All attempts carry one number, by which controllers and shards know that they are one. */
  #numbered<Asked>(operation: Asked) {
    return { client: this.#node.id, seq: ++this.#seq, operation };
  }

  async #control(operation: Change | Query): Promise<Config> {
    const args = this.#numbered(operation);
    const controllers = this.#controllers;
    for (let count = 1; ; count++) {
      const reply = await attempt(this.#node, this.#leaders, controllers, 'control', args);
      if (reply?.ok) return reply.config;
      if (count % controllers.length === 0) await sleep(PAUSE_MS);
    }
  }

  /** @throws {Error} after so many refusals for the clocks' sake; without a limit it asks on */
  async #request(operation: Operation, skewsMax = Number.POSITIVE_INFINITY): Promise<Result> {
    const numbered = { ...this.#numbered(operation), after: this.#seen };
    const shard = shardOfRequest(operation);
    let skews = 0;
    for (let count = 1; ; count++) {
      const args = { ...numbered, nowMs: Date.now() };
      const owner = this.#config.shards[shard];
      const nodes = (owner && this.#config.groups[owner]) || [];
      if (nodes.length > 0) {
        const reply = await attempt(this.#node, this.#leaders, nodes, 'request', args);
        if (reply?.ok) {
          this.#see(reply.result.at ?? 0);
          return reply.result;
        }
        if (reply?.error === 'too-old') throw new Error(`the versions of that time are gone`);
        if (reply?.error === 'clock-skew' && ++skews >= skewsMax)
          throw new Error(`clock skew: ${owner} says that its clock and this one are far apart`);
        const isLost = reply === null || reply.error === 'not-leader';
        if (isLost && count % nodes.length !== 0) continue;
      }
      if (count > 1) await sleep(PAUSE_MS);
      await this.#refresh();
    }
  }

  /** If the controllers can be reached: if not, what is known is better than nothing. */
  async #refresh(): Promise<void> {
    for (let count = 1; count <= this.#controllers.length; count++) {
      const operation = { kind: 'query', num: -1 } as const;
      const args = { client: this.#node.id, seq: 0, operation };
      const reply = await attempt(this.#node, this.#leaders, this.#controllers, 'control', args);
      if (!reply?.ok) continue;
      if (reply.config.num >= this.#config.num) this.#config = reply.config;
      return;
    }
    await sleep(PAUSE_MS);
  }
}
