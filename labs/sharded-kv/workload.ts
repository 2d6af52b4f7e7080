/**
 * The programs that use the sharded store and the operator who moves its shards: they call the
 * student's client and write down what they asked and were told. All in callbacks of virtual time;
 * nothing happens unless a scenario lets time pass.
 */
import { type Cluster, type Operation as Done, kv as model, type NodeId } from 'faultlab';
import {
  type Change,
  type Config,
  type GroupId,
  type Operation,
  type Query,
  type Result,
  SHARDS,
  type Shard,
  shardIn,
} from './contract.ts';
import { CONTROLLERS, inWords, s, type View, view } from './view.ts';

/** With majorities connected: elections with split votes, a move, and a few attempts. */
export const ANSWER_WITHIN_MS = 6000;
const ELECTION_WITHIN_MS = 4000;
/** From a change of the configuration to the last shard served, once faults are over. */
export const SETTLE_WITHIN_MS = 6000;

/** What clients of parts A to D do; reads at a time are in `timed.ts`. */
export type KeyOperation = Extract<Operation, { readonly key: string }>;

export type Asked = KeyOperation | Change | Query;

interface Open {
  readonly client: NodeId;
  readonly input: Asked;
  readonly callAt: number;
}

/** A change or a query that has ended. */
export interface Controlled {
  readonly client: NodeId;
  readonly input: Change | Query;
  readonly config: Config;
  readonly callAt: number;
  readonly returnAt: number;
}

/** A key of that shard: one letter, perhaps with something after it. */
export const keyIn = (shard: Shard, tail = ''): string =>
  `${String.fromCharCode(100 + ((shard - 100 + 10 * SHARDS) % SHARDS))}${tail}`;

export const ALL_SHARDS: readonly Shard[] = Array.from({ length: SHARDS }, (_, i) => i);

export function describe(input: Asked): string {
  switch (input.kind) {
    case 'get':
      return `get ${input.key}`;
    case 'put':
    case 'append':
      return `${input.kind} ${input.key} "${input.value}"`;
    case 'cas':
      return `cas ${input.key} from "${input.from}" to "${input.to}"`;
    case 'join':
      return `join ${Object.keys(input.groups).join(', ')}`;
    case 'leave':
      return `leave ${input.groups.join(', ')}`;
    case 'move':
      return `move shard ${input.shard} to ${input.group}`;
    case 'split':
      return `split shard ${input.shard} at ${input.at}`;
    case 'query':
      return `query ${input.num}`;
  }
}

export interface MingleOptions {
  readonly clients?: readonly NodeId[];
  readonly shards?: readonly Shard[];
  /** @default one of each of `shards` */
  readonly keys?: readonly string[];
  /** The share of gets. */
  readonly reads?: number;
  /** How long a client waits at most before its next operation. */
  readonly pauseMs?: number;
}

const argsOf = (input: Asked): unknown[] => Object.values(input).slice(1);

const isControl = (input: Asked): input is Change | Query =>
  input.kind === 'join' ||
  input.kind === 'leave' ||
  input.kind === 'move' ||
  input.kind === 'split' ||
  input.kind === 'query';

export class ShardWorkload {
  readonly #cluster: Cluster;
  readonly view: View;
  readonly #done: Done<KeyOperation, Result>[] = [];
  /** Every change and query that has ended. */
  readonly controlled: Controlled[] = [];
  readonly #open = new Map<NodeId, Open>();
  #values = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.view = view(cluster);
  }

  /** How many operations on keys have ended. */
  get answered(): number {
    return this.#done.length;
  }

  /** The operations on keys that began after a time and have ended, in the order of their ends. */
  doneSince(ms: number): readonly Done<KeyOperation, Result>[] {
    return this.#done.filter(({ callAt }) => callAt >= ms);
  }

  isBusy(client: NodeId): boolean {
    return this.#open.has(client);
  }

  /** A piece of text never used before; none is a part of another. */
  newValue(): string {
    return `${++this.#values}.`;
  }

  /** The replicas of some groups, as `join` takes them. */
  groupsOf(...ids: readonly GroupId[]): Config['groups'] {
    return Object.fromEntries(ids.map((id) => [id, this.view.nodesOf(id)]));
  }

  ask(client: NodeId, input: Asked, then?: (result: Result) => void): void {
    const open: Open = { client, input, callAt: this.#cluster.nowMs };
    const known = this.view.latest.num;
    this.#open.set(client, open);
    this.#cluster.request(client, input.kind, argsOf(input), (outcome) => {
      if (!outcome.ok) {
        this.#cluster.fail({
          kind: 'contract',
          ruleId: 'rejected',
          rule: 'An operation resolves; it never rejects (contract, Kv)',
          evidence: `${client}: ${describe(input)} was rejected with ${outcome.error}${outcome.where}`,
          lookAt: outcome.error.startsWith('RpcError')
            ? 'who catches the RpcError of a call that timed out?'
            : 'what throws there, and which promise does it reject?',
        });
      }
      this.#open.delete(client);
      const returnAt = this.#cluster.nowMs;
      if (isControl(input)) {
        const config = this.#configOf(open, outcome.value);
        this.controlled.push({ client, input, config, callAt: open.callAt, returnAt });
        // A story of keys is told with the moves of their shards.
        const isNew = input.kind !== 'query' && config.num > known;
        if (isNew && this.view.groupIds.length > 0)
          this.#cluster.note(`config ${config.num} is made: ${describe(input)}`);
        if (then) this.#cluster.after(0, () => then({}));
        return;
      }
      const output = this.#resultOf(client, input, outcome.value);
      this.#done.push({ client, input, callAt: open.callAt, output, outcome: 'ok', returnAt });
      if (then) this.#cluster.after(0, () => then(output));
    });
  }

  #configOf({ client, input }: Open, value: unknown): Config {
    const { num, shards, groups } = (value ?? {}) as Partial<Config>;
    const isConfig = Number.isInteger(num) && Array.isArray(shards) && typeof groups === 'object';
    this.#cluster.expect(isConfig && shards.length >= SHARDS, {
      kind: 'contract',
      ruleId: 'no-config',
      rule: 'A change or a query resolves to a configuration (contract, Operator)',
      evidence: `${client}: ${describe(input)} resolved to ${JSON.stringify(value)}`,
    });
    return value as Config;
  }

  #resultOf(client: NodeId, input: KeyOperation, value: unknown): Result {
    const types = { get: 'string', cas: 'boolean', put: 'undefined', append: 'undefined' } as const;
    this.#cluster.expect(value === undefined || typeof value === types[input.kind], {
      kind: 'contract',
      ruleId: 'unknown-result',
      rule: 'A get resolves to a string, a cas to a boolean (contract, Kv)',
      evidence: `${client}: ${describe(input)} resolved to ${JSON.stringify(value)}`,
    });
    if (input.kind === 'get') return { value: value as string };
    return input.kind === 'cas' ? { done: value as boolean } : {};
  }

  /** One operation of one client, and what it gave; other clients go on meanwhile. */
  ask1(client: NodeId, input: KeyOperation, withinMs = ANSWER_WITHIN_MS): Result {
    let result: Result | undefined;
    // What ends and begins in one instant is concurrent to the checker.
    this.#cluster.run(1);
    this.ask(client, input, (given) => {
      result = given;
    });
    if (this.#cluster.runUntil(() => result !== undefined, withinMs)) return result as Result;
    return this.#noAnswer(withinMs);
  }

  /** One change or query of one client, and the configuration that it gave. */
  control1(client: NodeId, input: Change | Query, withinMs = ANSWER_WITHIN_MS): Config {
    this.#cluster.run(1);
    this.ask(client, input);
    if (this.#cluster.runUntil(() => !this.isBusy(client), withinMs)) {
      return this.controlled.at(-1)?.config as Config;
    }
    return this.#noAnswer(withinMs);
  }

  /** A change that nobody else disturbs: it makes one configuration, or none if it is impossible. */
  change1(client: NodeId, change: Change, { makes = 1 } = {}): Config {
    const num = this.view.latest.num + makes;
    const config = this.control1(client, change);
    this.#cluster.expect(config.num === num, {
      kind: 'safety',
      ruleId: 'wrong-config',
      rule: 'A change makes the next configuration, and an impossible one makes none (contract, Change)',
      evidence: `${describe(change)} gave ${inWords(config)}, not config ${num}`,
      lookAt: 'which changes make a configuration, and what is in it?',
    });
    return config;
  }

  join(...ids: readonly GroupId[]): Config {
    return this.change1('c1', { kind: 'join', groups: this.groupsOf(...ids) });
  }

  leave(...groups: readonly GroupId[]): Config {
    return this.change1('c1', { kind: 'leave', groups });
  }

  move(shard: Shard, group: GroupId): Config {
    return this.change1('c1', { kind: 'move', shard, group });
  }

  split(shard: Shard, at: string): Config {
    return this.change1('c1', { kind: 'split', shard, at });
  }

  /** A key of each shard gets a value, one after the other. */
  fill(shards: readonly Shard[] = ALL_SHARDS, client: NodeId = 'c1'): void {
    for (const shard of shards)
      this.ask1(client, { kind: 'append', key: keyIn(shard), value: this.newValue() });
  }

  /** Waits until all operations have ended. */
  settle(withinMs = ANSWER_WITHIN_MS): void {
    if (this.#cluster.runUntil(() => this.#open.size === 0, withinMs)) {
      this.#cluster.run(1); // what the callers do with the answers
      return;
    }
    this.#noAnswer(withinMs);
  }

  #noAnswer(withinMs: number): never {
    const [first] = this.#open.values();
    const since = first
      ? `${first.client}: ${describe(first.input)}, since ${s(first.callAt)}`
      : '';
    return this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-answer',
      rule: 'Every operation ends while majorities of the controllers and of the groups that it needs can be reached (contract, Kv)',
      evidence: `${this.#open.size} open for ${withinMs} ms, the first is ${since}; ${first && this.#stage(first.input)}; ${this.view.describe()}`,
      lookAt: 'who waits for whom: the client for a reply, or the group for a shard?',
    });
  }

  /** What is missing for an answer. */
  #stage(input: Asked): string {
    if (this.view.leaderOf(CONTROLLERS) === undefined) return 'no controller leads';
    if (isControl(input)) return 'a controller leads, but the client has no answer';
    const shard = shardIn(this.view.latest, input.key);
    const owner = this.view.latest.shards[shard] ?? null;
    if (owner === null) return `shard ${shard} is nobody's`;
    const serves = this.view.groups.get(owner)?.serving.includes(shard) ?? false;
    if (this.view.leaderOf(owner) === undefined) return `its owner ${owner} has no leader`;
    return serves
      ? `its owner ${owner} serves shard ${shard}, but the client has no answer`
      : `its owner ${owner} does not serve shard ${shard} yet`;
  }

  /** Each of `clients` does one operation after the other on `keys`, for `ms`. */
  mingle(ms: number, options: MingleOptions = {}): void {
    this.begin(ms, options);
    this.#cluster.run(ms);
  }

  /** The same, but lets no time pass. */
  begin(
    ms: number,
    {
      clients = this.#cluster.clients,
      shards = ALL_SHARDS,
      keys = shards.map((shard) => keyIn(shard)),
      reads = 0.4,
      pauseMs = 40,
    }: MingleOptions,
  ): void {
    const { draw } = this.#cluster;
    const endMs = this.#cluster.nowMs + ms;
    for (const client of clients) {
      const next = () => {
        if (this.#cluster.nowMs >= endMs) return;
        // With something from before: this one begins when that has ended.
        if (this.isBusy(client)) return this.#cluster.after(pauseMs, next);
        const key = draw.pick(keys);
        const again = () => this.#cluster.after(draw.int(1, pauseMs), next);
        if (draw.chance(reads)) this.ask(client, { kind: 'get', key }, again);
        else this.ask(client, { kind: 'append', key, value: this.newValue() }, again);
      };
      this.#cluster.after(draw.int(0, 20), next);
    }
  }

  elect(...groups: readonly GroupId[]): void {
    const wanted = groups.length > 0 ? groups : [CONTROLLERS, ...this.view.groupIds];
    const missing = () => wanted.filter((group) => this.view.leaderOf(group) === undefined);
    this.#cluster.runUntil(() => missing().length === 0, ELECTION_WITHIN_MS);
    this.#cluster.expect(missing().length === 0, {
      kind: 'liveness',
      ruleId: 'no-leader',
      rule: 'Liveness (Raft §5.2, §5.6): a connected majority elects a leader',
      evidence: `no leader in ${missing().join(', ')} for ${ELECTION_WITHIN_MS} ms`,
      lookAt: 'does your Raft pass its own lab? --with-reference raft tests on ours',
    });
  }

  /** The leader of a group; elects one if there is none. */
  leader(group: GroupId): NodeId {
    if (this.view.leaderOf(group) === undefined) this.elect(group);
    return this.view.leaderOf(group) as NodeId;
  }

  /** Waits until every group serves exactly what the latest configuration gives to it. */
  expectSettled(
    groups: readonly GroupId[] = this.view.groupIds,
    withinMs = SETTLE_WITHIN_MS,
  ): void {
    const late = () => groups.filter((group) => !this.view.hasSettled(group));
    this.#cluster.runUntil(() => late().length === 0, withinMs);
    const [group] = late();
    if (group === undefined) return;
    const { num, shards: owners } = this.view.latest;
    const owned = owners.flatMap((owner, shard) => (owner === group ? [shard] : []));
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'not-settled',
      rule: 'Once faults are over, every shard is served by its owner in the latest configuration within 6 s (handout, The contract)',
      evidence: `${withinMs} ms were not enough: config ${num} gives ${group} the shards ${owned.join(', ') || '(none)'}; ${this.view.describe()}`,
      lookAt: 'which step of which move is missing, and whose task is it when its leader is gone?',
    });
  }

  /**
   * The end of every scenario with keys: all answered, all shards where they belong, and one history,
   * whose last gets show what has become of each key.
   */
  finish(): void {
    this.settle();
    this.expectSettled();
    for (const key of new Set(this.#done.map(({ input }) => input.key)))
      this.ask1('c1', { kind: 'get', key });
    this.expectLinearizable();
  }

  /** The main claim, decided exactly. */
  expectLinearizable(): void {
    const pending = [...this.#open.values()].flatMap(({ input, ...open }) =>
      isControl(input)
        ? []
        : [{ ...open, input, outcome: 'unknown' as const, returnAt: Number.POSITIVE_INFINITY }],
    );
    this.#cluster.expectLinearizable(model, [...this.#done, ...pending]);
  }
}

/** The workload of a run; made on first use. */
export function sharded(cluster: Cluster): ShardWorkload {
  return cluster.state('workload', () => new ShardWorkload(cluster));
}
