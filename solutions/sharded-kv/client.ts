/** The client: finds the group that owns a key and its leader, and asks until the operation is done. */
import { type NodeId, sleep } from 'faultlab/node';
import { attempt, type Leaders } from './caller.ts';
import {
  type Attempt,
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
  shardIn,
  TICKS,
  type TimedKv,
  type Timestamp,
  type TransactionalKv,
  type TransactionPart,
} from './contract.ts';
import { keysOf, only } from './transactions.ts';

/** Between two rounds in which nobody led, or before asking again where a shard is. */
const PAUSE_MS = 50;
/** A message that was late is refused as well, but hardly five in a row. */
const SKEWS_MAX = 5;

/** The shard that an operation is for; undefined when its keys are not all in one. */
export function shardOfRequest(config: Config, operation: Operation): Shard | undefined {
  switch (operation.kind) {
    case 'begin':
    case 'inquire':
      return operation.attempt.anchor;
    case 'read':
    case 'decide':
      return shardOfAll(config, operation.keys);
    case 'prepare':
      return shardOfAll(config, keysOf(operation.part));
    default:
      return shardIn(config, operation.key);
  }
}

function shardOfAll(config: Config, keys: readonly string[]): Shard | undefined {
  const [shard, ...others] = new Set(keys.map((key) => shardIn(config, key)));
  return others.length === 0 ? shard : undefined;
}

export default class Client implements Kv, Operator, TimedKv, TransactionalKv {
  readonly #node: ShardContext;
  readonly #controllers: readonly NodeId[];
  readonly #leaders: Leaders = new Map();
  /** The greatest time that this client was told. Its own clock has no part in it: that may be wrong. */
  #seen: Timestamp = 0;
  #config = NO_CONFIG;
  #seq = 0;

  constructor(node: ShardContext, controllers: readonly NodeId[]) {
    this.#node = node;
    this.#controllers = controllers;
  }

  async get(key: string): Promise<string> {
    return (await this.#request({ kind: 'get', key }))?.value ?? '';
  }

  async put(key: string, value: string): Promise<void> {
    await this.#request({ kind: 'put', key, value });
  }

  async append(key: string, value: string): Promise<void> {
    await this.#request({ kind: 'append', key, value });
  }

  async cas(key: string, from: string, to: string): Promise<boolean> {
    return (await this.#request({ kind: 'cas', key, from, to }))?.done ?? false;
  }

  async putAt(key: string, value: string): Promise<Timestamp> {
    return (await this.#request({ kind: 'put', key, value }, SKEWS_MAX))?.at ?? 0;
  }

  async snapshot(keys: readonly string[]): Promise<Snapshot> {
    const { at, values } = await this.#readNow(keys);
    return { at, values };
  }

  /**
   * The clock of this client may be behind that of a writer: a version whose time is not long after this
   * moment could have been acknowledged before it. Then all is read once more, at that time; the end of
   * what is uncertain stays fixed, so that this terminates (CockroachDB's uncertainty interval).
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
   * Reads everything at one time, works out what to write, and asks the shard of the first key that is
   * written to see that all shards agree: that what was read still holds, and all is written as one.
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
      const whole = { reads: [...seen], writes: [...now].filter(([key]) => written.has(key)) };
      const parts = [...this.#byShard(keys).values()].map((own) =>
        only(whole, (key) => own.includes(key)),
      );
      const anchor = shardIn(this.#config, first);
      const attempt = { id: `${this.#node.id}/${this.#seq + 1}`, anchor };
      const result = await this.#request({ kind: 'begin', attempt, parts }, SKEWS_MAX);
      if (result?.done) return { at: result.at ?? 0, values: results };
      await sleep(10 + 70 * Math.random()); // Two that want the same should not meet again.
    }
  }

  // ── For replicas ──────────────────────────────────────────────────────────────────────────────

  /** Resolves to the earliest times that the shards of its keys have promised; undefined: one has not. */
  async prepare(attempt: Attempt, part: TransactionPart): Promise<(Timestamp | undefined)[]> {
    const promises = await this.#inEach(keysOf(part), (own) => {
      return { kind: 'prepare', attempt, part: only(part, (key) => own.includes(key)) };
    });
    return promises.map(([, { at }]) => at);
  }

  async decide(attempt: Attempt, part: TransactionPart, at: Timestamp | null): Promise<void> {
    await this.#inEach(keysOf(part), (keys) => ({ kind: 'decide', attempt, keys, at }));
  }

  async inquire(attempt: Attempt): Promise<Result> {
    return (await this.#request({ kind: 'inquire', attempt })) ?? {};
  }

  #see(at: Timestamp): void {
    this.#seen = Math.max(this.#seen, at);
  }

  /** One read in each shard; `uncertain` is 0 when all have values. */
  async #readAt(keys: readonly string[], at: Timestamp, until = at) {
    const read = (own: readonly string[]) => ({ kind: 'read', keys: own, at, until }) as const;
    const results = await this.#inEach(keys, read, SKEWS_MAX);
    const found = new Map(
      results.flatMap(([own, { values, versions }]) =>
        own.map((key, i) => [key, { value: values?.[i] ?? '', version: versions?.[i] ?? 0 }]),
      ),
    );
    return {
      uncertain: Math.max(0, ...results.map(([, result]) => result.uncertain ?? 0)),
      values: keys.map((key) => found.get(key)?.value ?? ''),
      versions: keys.map((key) => found.get(key)?.version ?? 0),
    };
  }

  #byShard(keys: readonly string[]): Map<Shard, string[]> {
    const dealt = new Map<Shard, string[]>();
    for (const key of keys) {
      const shard = shardIn(this.#config, key);
      dealt.set(shard, [...(dealt.get(shard) ?? []), key]);
    }
    return dealt;
  }

  /**
   * Asks each shard about those of the keys that are its own. A shard may have been split since: what
   * was to be asked there is then dealt out anew.
   */
  async #inEach(
    keys: readonly string[],
    about: (own: readonly string[]) => Operation,
    skewsMax?: number,
  ): Promise<(readonly [own: readonly string[], result: Result])[]> {
    const asked = [...this.#byShard(keys).values()].map(async (own) => {
      const result = await this.#request(about(own), skewsMax);
      if (result === undefined) return this.#inEach(own, about, skewsMax);
      return [[own, result] as const];
    });
    return (await Promise.all(asked)).flat();
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

  split(shard: Shard, at: string): Promise<Config> {
    return this.#control({ kind: 'split', shard, at });
  }

  query(num: number): Promise<Config> {
    return this.#control({ kind: 'query', num });
  }

  /** All attempts carry one number, by which controllers and shards know that they are one request. */
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

  /**
   * Resolves to undefined when the keys are no longer in one shard.
   * @throws {Error} after `skewsMax` refusals because of clocks; without a limit it keeps asking
   */
  async #request(
    operation: Operation,
    skewsMax = Number.POSITIVE_INFINITY,
  ): Promise<Result | undefined> {
    const numbered = { ...this.#numbered(operation), after: this.#seen };
    let skews = 0;
    for (let count = 1; ; count++) {
      const shard = shardOfRequest(this.#config, operation);
      if (shard === undefined) return undefined;
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

  /** Asks the controllers, if they can be reached: if not, what is known is better than nothing. */
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
