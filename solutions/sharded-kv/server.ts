/**
 * A replica of a group that owns some of the shards.
 *
 * **The log decides who owns a shard.** A configuration comes into force at an entry of it: before
 * that entry this group serves a shard, after it no longer, on every replica. So the copy that the
 * next owner fetches holds every write that was ever acknowledged here.
 *
 * A shard goes from one log to another in four steps, each an entry, so that no crash can lose one:
 * the old owner's `config` freezes it; the new owner fetches the frozen copy and its `install` makes
 * it serve; then the old owner's `delete` drops the copy, and the new one's `forget` ends the matter.
 * Whoever leads a group looks at what its state says is still to do, and does it, again and again
 * (`#tick`). Every message names the configuration and the shard, so one that comes late or twice
 * finds that its time is over.
 *
 * A **split** needs no message: it is done at the entry at which its configuration comes into force,
 * where all replicas have the same shard before them.
 */
import type { CallOptions, NodeId } from 'faultlab/node';
import { attempt, type Leaders } from './caller.ts';
import Client, { shardOfRequest } from './client.ts';
import {
  type Config,
  type GroupId,
  MAX_OFFSET_MS,
  type MoveArgs,
  NO_CONFIG,
  type Operation,
  type Refusal,
  type Replicated,
  type RequestArgs,
  type Result,
  type Shard,
  type ShardContext,
  type ShardServer,
  type Surroundings,
  shardIn,
  TICKS,
  type Timestamp,
} from './contract.ts';
import { Coordinator, type TransactionCommand } from './coordinator.ts';
import { Hlc } from './hlc.ts';
import { Jobs } from './jobs.ts';
import { ShardState } from './shard.ts';

/** How often a leader looks for something to do. */
const TICK_MS = 50;

type Command =
  /** `now`: by the clock of the leader that proposed it. */
  | { readonly kind: 'request'; readonly args: RequestArgs; readonly now: Timestamp }
  /** The next configuration comes into force. */
  | { readonly kind: 'config'; readonly config: Config }
  /** A shard that was awaited is here. */
  | ({ readonly kind: 'install'; readonly state: string } & MoveArgs)
  /** The next owner holds it. */
  | ({ readonly kind: 'delete' } & MoveArgs)
  /** The previous owner has deleted it. */
  | ({ readonly kind: 'forget' } & MoveArgs)
  | TransactionCommand;

type Reply = { readonly ok: true; readonly result: Result } | Refusal;

/** A shard that comes, or has come, from the replicas of another group. */
interface Arrival extends MoveArgs {
  readonly from: readonly NodeId[];
}

const refuse = (error: Refusal['error']): Refusal => ({ ok: false, error });
const replyOf = (result: Result | Refusal): Reply =>
  'error' in result ? result : { ok: true, result };
const nameOf = ({ num, shard }: MoveArgs) => `${num}/${shard}`;

export default class Server implements ShardServer {
  readonly #node: ShardContext;
  readonly #log: Replicated;
  readonly #group: GroupId;
  readonly #controllers: readonly NodeId[];
  readonly #leaders: Leaders = new Map();
  readonly #clock = new Hlc();
  readonly #jobs = new Jobs();
  readonly #coordinator: Coordinator;

  // The state machine: changed by `apply` and `restore` only.
  #config = NO_CONFIG;
  /** The shards that are served. */
  #shards = new Map<Shard, ShardState>();
  /** Frozen copies of what this group owned before configuration `num`. */
  #leaving = new Map<string, string>();
  /** Shards of this configuration that are not here yet. */
  #awaited = new Map<Shard, Arrival>();
  /** Shards whose previous owner still holds its copy. */
  #arrived = new Map<string, Arrival>();

  constructor(node: ShardContext, log: Replicated, { group, controllers }: Surroundings) {
    this.#node = node;
    this.#log = log;
    this.#group = group;
    this.#controllers = controllers;
    // A node is not its own peer, but may well lead the group that its client looks for.
    const call = (peer: NodeId, method: string, args: unknown, options: CallOptions) =>
      peer === node.id
        ? this.#onRequest(args as RequestArgs)
        : node.call(peer, method as 'request', args as RequestArgs, options);
    const client = new Client({ ...node, call } as ShardContext, controllers);
    this.#coordinator = new Coordinator(this.#jobs, client, (command) => this.#submit(command));
    node.serve('request', (args) => this.#onRequest(args));
    node.serve('fetchShard', (args) => this.#onFetch(args));
    node.serve('deleteShard', (args) => this.#onDelete(args));
    setInterval(() => this.#tick(), TICK_MS);
  }

  // ── Requests ──────────────────────────────────────────────────────────────────────────────────

  async #onRequest(args: RequestArgs): Promise<Reply> {
    if (!this.#log.isLeader) return refuse('not-leader');
    const { operation } = args;
    const refusal = this.#refusal(this.#shardOf(operation)) ?? this.#clockRefusal(args);
    if (refusal !== undefined) return refusal;
    if (operation.kind === 'get') {
      if (!(await this.#log.sync())) return refuse('not-leader');
      return this.#refusal(this.#shardOf(operation)) ?? this.#get(operation.key);
    }
    if (operation.kind === 'begin') return this.#onBegin(args);
    return this.#request(args);
  }

  async #request(args: RequestArgs): Promise<Reply> {
    const now = this.#clock.now();
    return ((await this.#submit({ kind: 'request', args, now })) as Reply) ?? refuse('not-leader');
  }

  /**
   * Times mean something only while clocks are near each other: whoever is too far from this one is
   * refused before leaving a trace. It may also be this clock that is wrong, or the message late.
   */
  #clockRefusal({ nowMs, after = 0, operation }: RequestArgs): Refusal | undefined {
    const mine = Date.now();
    const times = operation.kind === 'read' ? [after, operation.at] : [after];
    const isFuture = times.some((time) => time > (mine + MAX_OFFSET_MS) * TICKS);
    const isFar = nowMs !== undefined && Math.abs(mine - nowMs) > MAX_OFFSET_MS;
    if (isFuture || isFar) return refuse('clock-skew');
    for (const time of times) this.#clock.observe(time);
    return undefined;
  }

  /** By what this group knows of splits; undefined when the keys are not in one shard. */
  #shardOf(operation: Operation): Shard | undefined {
    return shardOfRequest(this.#config, operation);
  }

  #refusal(shard: Shard | undefined): Refusal | undefined {
    if (shard === undefined) return refuse('wrong-group');
    if (this.#shards.has(shard)) return undefined;
    return refuse(this.#awaited.has(shard) ? 'not-ready' : 'wrong-group');
  }

  #get(key: string): Reply {
    return replyOf((this.#shards.get(shardIn(this.#config, key)) as ShardState).read(key));
  }

  #submit(command: Command): Promise<unknown> {
    return this.#log.submit(command);
  }

  // ── The state machine ─────────────────────────────────────────────────────────────────────────

  apply(command: unknown): unknown {
    const order = command as Command;
    switch (order.kind) {
      case 'request':
        return this.#execute(order.args, order.now);
      case 'config':
        return this.#configure(order.config);
      case 'install':
        return this.#install(order);
      case 'delete':
        return this.#leaving.delete(nameOf(order));
      case 'forget':
        return this.#arrived.delete(nameOf(order));
      case 'conclude':
        return this.#shards.get(order.attempt.anchor)?.conclude(order.attempt, order.at);
      case 'end':
        return this.#shards
          .get(order.attempt.anchor)
          ?.transactions.records.delete(order.attempt.id);
    }
  }

  /** Between proposal and here the shard may have gone: what counts is who owns it at this entry. */
  #execute(args: RequestArgs, now: Timestamp): Reply {
    const at = this.#shardOf(args.operation);
    const shard = at === undefined ? undefined : this.#shards.get(at);
    if (shard === undefined) return this.#refusal(at) as Refusal;
    return replyOf(shard.execute(args, now));
  }

  /** One after the other, and the next only when all shards of this one are here: none may be skipped. */
  #configure(config: Config): void {
    const before = this.#config;
    if (config.num !== before.num + 1 || this.#awaited.size > 0) return;
    this.#config = config;
    const split = config.splits?.[before.splits?.length ?? 0];
    if (split !== undefined) {
      // Nothing moves in this one. The group that has the shard has both halves from this entry on.
      const half = this.#shards.get(split.of)?.split(split.at);
      if (half !== undefined) this.#shards.set(split.shard, half);
      return;
    }
    for (const [shard, owner] of config.shards.entries()) {
      const from = before.shards[shard] ?? null;
      const move = { num: config.num, shard };
      if (owner === from) continue;
      if (from === this.#group) {
        this.#leaving.set(nameOf(move), (this.#shards.get(shard) as ShardState).save());
        this.#shards.delete(shard);
      } else if (owner === this.#group) {
        if (from === null) this.#shards.set(shard, new ShardState());
        else this.#awaited.set(shard, { ...move, from: before.groups[from] ?? [] });
      }
    }
  }

  #install({ num, shard, state }: MoveArgs & { readonly state: string }): void {
    const arrival = this.#awaited.get(shard);
    if (arrival === undefined || arrival.num !== num) return; // It came late, or twice.
    this.#awaited.delete(shard);
    this.#shards.set(shard, new ShardState(state));
    this.#arrived.set(nameOf(arrival), arrival);
  }

  /** Answered as soon as it is decided; the parts are told behind the client's back. */
  async #onBegin(args: RequestArgs): Promise<Reply> {
    const begun = await this.#request(args);
    if (!begun.ok || begun.result.done !== undefined) return begun;
    const { attempt } = args.operation as Extract<Operation, { readonly kind: 'begin' }>;
    await this.#coordinator.see(this.#shards, attempt);
    const ended = await this.#request(args);
    return ended.ok && ended.result.done === undefined ? refuse('not-ready') : ended;
  }

  // ── Moving shards: what the leader does ───────────────────────────────────────────────────────

  /** All that is to do stands in the state: a new leader takes up where the old one left off. */
  #tick(): void {
    if (!this.#log.isLeader) return;
    for (const arrival of this.#awaited.values())
      this.#jobs.begin(`fetch ${nameOf(arrival)}`, () => this.#fetch(arrival));
    for (const arrival of this.#arrived.values())
      this.#jobs.begin(`delete ${nameOf(arrival)}`, () => this.#delete(arrival));
    if (this.#awaited.size === 0) this.#jobs.begin('config', () => this.#advance());
    this.#coordinator.tick(this.#shards);
  }

  async #advance(): Promise<void> {
    const num = this.#config.num + 1;
    const { id } = this.#node;
    const args = { client: id, seq: 0, operation: { kind: 'query', num } } as const;
    const reply = await attempt(this.#node, this.#leaders, this.#controllers, 'control', args);
    if (reply?.ok && reply.config.num === num)
      await this.#submit({ kind: 'config', config: reply.config });
  }

  async #fetch({ num, shard, from }: Arrival): Promise<void> {
    const reply = await attempt(this.#node, this.#leaders, from, 'fetchShard', { num, shard });
    if (reply?.ok) await this.#submit({ kind: 'install', num, shard, state: reply.state });
  }

  async #delete({ num, shard, from }: Arrival): Promise<void> {
    const reply = await attempt(this.#node, this.#leaders, from, 'deleteShard', { num, shard });
    if (reply?.ok) await this.#submit({ kind: 'forget', num, shard });
  }

  /** A frozen copy is the same on all replicas that have it: any of them may give it. */
  #onFetch(move: MoveArgs): { readonly ok: true; readonly state: string } | Refusal {
    const state = this.#leaving.get(nameOf(move));
    return state === undefined ? refuse('not-leader') : { ok: true, state };
  }

  async #onDelete({ num, shard }: MoveArgs): Promise<{ readonly ok: true } | Refusal> {
    const done = await this.#submit({ kind: 'delete', num, shard });
    return done === null ? refuse('not-leader') : { ok: true };
  }

  // ── For snapshots and the grader ──────────────────────────────────────────────────────────────

  save(): string {
    return JSON.stringify({
      config: this.#config,
      shards: [...this.#shards].map(([shard, state]) => [shard, state.save()]),
      leaving: [...this.#leaving],
      awaited: [...this.#awaited],
      arrived: [...this.#arrived],
    });
  }

  restore(text: string): void {
    const state = JSON.parse(text) as {
      config: Config;
      shards: [Shard, string][];
      leaving: [string, string][];
      awaited: [Shard, Arrival][];
      arrived: [string, Arrival][];
    };
    this.#config = state.config;
    this.#shards = new Map(state.shards.map(([shard, saved]) => [shard, new ShardState(saved)]));
    this.#leaving = new Map(state.leaving);
    this.#awaited = new Map(state.awaited);
    this.#arrived = new Map(state.arrived);
  }

  status() {
    return { num: this.#config.num, serving: [...this.#shards.keys()].sort((a, b) => a - b) };
  }

  dump(): { readonly [key: string]: string } {
    const frozen = [...this.#leaving.values()].map((state) => new ShardState(state));
    return Object.fromEntries([...frozen, ...this.#shards.values()].flatMap((s) => s.entries()));
  }
}
