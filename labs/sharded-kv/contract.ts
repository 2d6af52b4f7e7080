/**
 * The contract of the sharded KV lab: what passes between clients, controllers and groups, and what
 * your classes offer. Given; the grader uses its own copy. You may add RPCs, and fields to messages, in
 * your copy: types are gone when your code runs. Files of your own may stand beside it.
 *
 * Who is who: `k1` … are the controllers, `c1` … the clients. Every other letter is a group of
 * replicas: `p1`, `p2`, `p3` are group `p`.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

// ── Shards and configurations ───────────────────────────────────────────────────────────────────

/** A part of all keys, numbered from 0. It moves as a whole. */
export type Shard = number;
export type GroupId = string;

export const SHARDS = 10;

/**
 * By the first character, so that you can see it: `d` is in shard 0, `e` in 1 … `m` in 9. This holds
 * until a shard is split, in part G; from then on see {@link shardIn}.
 */
export function shardOf(key: string): Shard {
  return key.charCodeAt(0) % SHARDS;
}

/** Which group owns which shard. Configurations are numbered, and one that exists never changes. */
export interface Config {
  /** 0 is the one before all others: no groups, and all shards are nobody's. */
  readonly num: number;
  /** By shard: its owner. Splits add shards at the end. */
  readonly shards: readonly (GroupId | null)[];
  /** The replicas of each group. */
  readonly groups: Readonly<Record<GroupId, readonly NodeId[]>>;
  /** Part G: all that were made so far, in order. */
  readonly splits?: readonly Split[];
}

/** Part G. From `at` on, as strings compare, the keys that were in shard `of` are in `shard`. */
export interface Split {
  readonly of: Shard;
  readonly at: string;
  readonly shard: Shard;
}

/** Part G: the shard of a key in a configuration. A shard that was split can be split again. */
export function shardIn({ splits = [] }: Config, key: string): Shard {
  const after = (shard: Shard, split: Split) =>
    split.of === shard && key >= split.at ? split.shard : shard;
  return splits.reduce(after, shardOf(key));
}

export const NO_CONFIG: Config = { num: 0, shards: Array(SHARDS).fill(null), groups: {} };

/**
 * What an operator wants. A change makes the next configuration; an impossible one makes none. It is
 * impossible to let nobody join or leave; to let groups join when one of them is in already, or leave when
 * one is not in or when they are all there are; to move a shard that does not exist, or to a group that is
 * not in, or that has it already; to split a shard at a key that does not belong to it, or at the one where
 * it was itself split off.
 */
export type Change =
  | { readonly kind: 'join'; readonly groups: Config['groups'] }
  | { readonly kind: 'leave'; readonly groups: readonly GroupId[] }
  /** Holds until the next `join` or `leave`, which shares out evenly again. */
  | { readonly kind: 'move'; readonly shard: Shard; readonly group: GroupId }
  /** Part G. Its keys from `at` on become a shard with the next number and the same owner. */
  | { readonly kind: 'split'; readonly shard: Shard; readonly at: string };

/** The configuration with that number; for a number that does not exist (−1, say), the latest. */
export interface Query {
  readonly kind: 'query';
  readonly num: number;
}

// ── Keys ────────────────────────────────────────────────────────────────────────────────────────

/** What a client wants done to a key. A key that was never written holds the empty string. */
export type Operation =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'append'; readonly key: string; readonly value: string }
  /** Compare and set: writes `to` if the key holds `from`. */
  | { readonly kind: 'cas'; readonly key: string; readonly from: string; readonly to: string }
  /**
   * Part E. Keys of one shard, as they were at a time. With `until`: if they have versions after `at`, up
   * to and including `until`, the result is the time of the latest of these, as `uncertain`.
   */
  | {
      readonly kind: 'read';
      readonly keys: readonly string[];
      readonly at: Timestamp;
      readonly until?: Timestamp;
    }
  | TransactionOperation;

/** What an operation gives: the value of a get, whether a cas was done; in part E, times and values. */
export interface Result {
  readonly value?: string;
  readonly done?: boolean;
  /** Part E. Of a write: its time. */
  readonly at?: Timestamp;
  /** Part E. Of a read: the values of the keys, in their order. */
  readonly values?: readonly string[];
  /** Part E. Of a read: the time of a version that may have been written before the read was asked for, or after. */
  readonly uncertain?: Timestamp;
  /** Part F. Of a read: the time of each version that was read, 0 for a key that was never written. */
  readonly versions?: readonly Timestamp[];
}

// ── Part E: times ───────────────────────────────────────────────────────────────────────────────

/**
 * A time of a hybrid logical clock (Kulkarni and others, 2014): milliseconds since 1970 × TICKS, plus a
 * counter below that. So times compare as numbers.
 */
export type Timestamp = number;
export const TICKS = 4096;

/**
 * The wall clocks of any two nodes differ by at most this; a node whose clock is further off is refused.
 * The grader leaves room for late messages: clocks are within four fifths of this bound, or at least four
 * times the bound apart. They may jump at any time, even while somebody waits by them.
 */
export const MAX_OFFSET_MS = 500;

/** What was overwritten this long ago may be gone, and a read at such a time refused. */
export const HISTORY_MS = 10_000;

// ── Part F: transactions ────────────────────────────────────────────────────────────────────────

/** A step of a transaction: what it reads, or what it appends to what a key holds. */
export type Step =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'append'; readonly key: string; readonly value: string };

/** What a transaction does in one shard. */
export interface TransactionPart {
  /** Keys that it has read, and the times of the versions that it saw. */
  readonly reads: readonly (readonly [key: string, version: Timestamp])[];
  /** Keys and their new values. */
  readonly writes: readonly (readonly [key: string, value: string])[];
}

/** One attempt at a transaction; `anchor` is the shard that holds its record. */
export interface Attempt {
  readonly id: string;
  readonly anchor: Shard;
}

/** Our proposal for two-phase commit between shards; the grader does not look at it. */
export type TransactionOperation =
  /**
   * To the anchor: keep a record of it, and see it through. Result: `done`, and the time `at`; `{}` while
   * it is open.
   */
  | {
      readonly kind: 'begin';
      readonly attempt: Attempt;
      readonly parts: readonly TransactionPart[];
    }
  /** To each part: lock, and promise. Result: the earliest time `at`, or `done: false`. */
  | { readonly kind: 'prepare'; readonly attempt: Attempt; readonly part: TransactionPart }
  /** To each part, by its keys: it is committed at this time; null: aborted. */
  | {
      readonly kind: 'decide';
      readonly attempt: Attempt;
      readonly keys: readonly string[];
      readonly at: Timestamp | null;
    }
  /** To the anchor, from a part that has waited for long. Result: `done`; `{}` while it is open. */
  | { readonly kind: 'inquire'; readonly attempt: Attempt };

// ── Messages ────────────────────────────────────────────────────────────────────────────────────

/** Who asks, and a number that grows with each operation of that client: the same in each attempt. */
export interface Numbered {
  readonly client: NodeId;
  readonly seq: number;
}

export interface ControlArgs extends Numbered {
  readonly operation: Change | Query;
}

export interface RequestArgs extends Numbered {
  readonly operation: Operation;
  /** Part E. The wall clock of the client when it sent this attempt, in milliseconds since 1970. */
  readonly nowMs?: number;
  /** Part E. A time that the client has seen: what is written now comes after it. */
  readonly after?: Timestamp;
}

/** A shard on its way, and the configuration that gives it to another group. */
export interface MoveArgs {
  readonly num: number;
  readonly shard: Shard;
}

/**
 * `not-leader`: ask another replica. `wrong-group`: ask the owner. `not-ready`: ask again later.
 * Part E: `clock-skew`: the clocks of the two are too far apart; `too-old`: the versions are gone.
 * Part F: `locked`: an undecided transaction holds the key.
 */
export type Refusal = {
  readonly ok: false;
  readonly error: 'not-leader' | 'wrong-group' | 'not-ready' | 'clock-skew' | 'too-old' | 'locked';
};

export interface ShardRpcs {
  /** To a controller. A change: the configuration it made; an impossible one: the latest. */
  control(args: ControlArgs): { readonly ok: true; readonly config: Config } | Refusal;
  /** To a replica. `ok` only when the operation has taken effect, once, in the group that owns the key. */
  request(args: RequestArgs): { readonly ok: true; readonly result: Result } | Refusal;
  /** From the new owner's group to the old one's: the shard, which the old one has stopped serving. */
  fetchShard(args: MoveArgs): { readonly ok: true; readonly state: string } | Refusal;
  /** From the new owner's group, which holds the shard for good: the old one can forget it. */
  deleteShard(args: MoveArgs): { readonly ok: true } | Refusal;
}

/** What `main.ts` reports after each entry that a node applies, in the order of the log. */
export interface ShardOutputs {
  /** Of a replica: its configuration, the shards it serves, and a digest of all that `dump` returns. */
  applied: {
    readonly index: number;
    readonly num: number;
    readonly serving: readonly Shard[];
    readonly digest: number;
  };
  /** Of a controller: its latest configuration; `owners` by shard, such as `pppppqqqqq`. */
  configured: {
    readonly index: number;
    readonly num: number;
    readonly owners: string;
    readonly groups: string;
    readonly splits: readonly Split[];
  };
}

export type ShardContext = NodeContext<ShardRpcs, ShardOutputs>;

// ── What is given, and what you write ───────────────────────────────────────────────────────────

/**
 * A replicated state machine under your class: your Raft, and on it what the previous lab was about.
 * Entries are applied in one order on all nodes of the group, a snapshot is taken every
 * SNAPSHOT_EVERY entries by `save`, and whoever submitted a command learns its result.
 */
export interface Replicated {
  /** Whether this node believes that it leads its group. */
  readonly isLeader: boolean;
  /**
   * Puts a command (plain data) into the log. Resolves to what `apply` returned for it on this node;
   * to null if this node does not lead, or has lost the lead meanwhile: the command may still be
   * applied later, or may have been. A node that is cut off finds that out only when it hears others
   * again: nothing that has to go on should wait for it.
   */
  submit(command: unknown): Promise<unknown>;
  /**
   * Resolves to true when this node leads and has applied all that was committed before the call
   * (ReadIndex); to false if it cannot know, which may take as long. Writes nothing to the log.
   */
  sync(): Promise<boolean>;
}

/** A snapshot is taken after this many entries. */
export const SNAPSHOT_EVERY = 50;

/** What controllers and replicas have in common. From one log, all must come to one state. */
export interface StateMachine {
  /** Executes a command of the log. Takes no time, and depends on nothing but state and command. */
  apply(command: unknown): unknown;
  /** All state, as a string; `restore` brings it back, on another node or after a crash. */
  save(): string;
  restore(state: string): void;
}

/** Part A. Your controller: `new Controller(node, log)` on each boot, with nothing in memory. */
export interface ShardController extends StateMachine {
  /** The latest configuration, as applied. */
  latest(): Config;
}

/** Parts B, C, D. Your replica: `new Server(node, log, { group, controllers })` on each boot. */
export interface ShardServer extends StateMachine {
  /** As applied: the number of the configuration, and the shards that are served in it, ascending. */
  status(): { readonly num: number; readonly serving: readonly Shard[] };
  /** Every key that is held and not empty, even in shards that are not served. */
  dump(): Readonly<Record<string, string>>;
}

export interface Surroundings {
  /** The group that this replica belongs to. */
  readonly group: GroupId;
  readonly controllers: readonly NodeId[];
}

/**
 * Your client: `new Client(node, controllers)`. One method at a time; each resolves once the nodes that
 * it needs can be reached, however long that takes, and never rejects; in part E it also waits while
 * clocks are too far apart.
 */
export interface Kv {
  get(key: string): Promise<string>;
  put(key: string, value: string): Promise<void>;
  append(key: string, value: string): Promise<void>;
  /** True if the key held `from` and now holds `to`. */
  cas(key: string, from: string, to: string): Promise<boolean>;
}

/** Parts A and G: what an operator does, by the same client. Resolves to what `control` returns. */
export interface Operator {
  join(groups: Config['groups']): Promise<Config>;
  leave(groups: readonly GroupId[]): Promise<Config>;
  move(shard: Shard, group: GroupId): Promise<Config>;
  /** Part G. */
  split(shard: Shard, at: string): Promise<Config>;
  query(num: number): Promise<Config>;
}

/** What was read at one time: `values` in the order of the keys; a key that was never written is empty. */
export interface Snapshot {
  readonly at: Timestamp;
  readonly values: readonly string[];
}

/**
 * Part E, by the same client. These, and only these, reject with an Error when clocks are further apart
 * than MAX_OFFSET_MS, or the time that is asked for is too old. A write that was rejected may have
 * taken effect.
 */
export interface TimedKv {
  /** Resolves to the time of the write: after every time that this client has seen. */
  putAt(key: string, value: string): Promise<Timestamp>;
  /** All keys at one time, with every write that was acknowledged, to anybody, before the call. */
  snapshot(keys: readonly string[]): Promise<Snapshot>;
  /** All keys as they were at a time that `putAt` or `snapshot` gave, to this client or another. */
  snapshotAt(at: Timestamp, keys: readonly string[]): Promise<readonly string[]>;
}

/** Of a transaction that took effect: the time of all its writes, and what each step read. */
export interface Committed {
  readonly at: Timestamp;
  readonly values: readonly (string | null)[];
}

/** Part F, by the same client. */
export interface TransactionalKv {
  /**
   * All steps, in their order, as one: serializable. A get sees the appends before it. Keeps asking,
   * anew when it was aborted, until it has taken effect, once; rejects as {@link TimedKv} does.
   */
  transact(steps: readonly Step[]): Promise<Committed>;
}
