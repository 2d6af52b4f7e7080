/**
 * The contract of the replicated store lab: what your classes offer, what passes over the network,
 * and what nodes report. Given; the grader uses its own copy. Messages may carry more fields than are
 * listed here; those listed must mean what is said here, because the grader reads the wire.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

// ── Part A: one disk ────────────────────────────────────────────────────────────────────────────
/** Why a store did not do what it was asked. */
export type StoreError =
  /** The disk refused. The put may be found later, or not: nobody was told that it is safe. */
  | 'disk'
  /** What is on the disk is not what was written there. The store no longer serves anything. */
  | 'corrupt';

export type StorePut = { readonly ok: true } | { readonly ok: false; readonly error: StoreError };

export type StoreGet =
  /** `null`: the key was never put. */
  | { readonly ok: true; readonly value: string | null }
  | { readonly ok: false; readonly error: 'corrupt' };

/** Part A: a store on one disk. Runs on `s1`; the grader calls it directly, without a network. */
export interface StoreLike {
  /**
   * Called once per boot, after the constructor. Calls of `put` and `get` may come before its
   * promise resolves; they wait.
   */
  start(): Promise<void>;

  /**
   * Resolves to `{ ok: true }` only once no crash can lose the value any more. Puts may overlap,
   * even on one key. Never rejects.
   */
  put(key: string, value: string): Promise<StorePut>;

  /**
   * The last value that was put. What was read once is not lost by a crash either: a value must not
   * be shown before it is safe. Never rejects.
   */
  get(key: string): Promise<StoreGet>;
}

// ── Part B: replicas ────────────────────────────────────────────────────────────────────────────

/** Counts views: each has one primary. The first is 1. */
export type Epoch = number;

/** The position of an entry in the log; the first is 1, and 0 stands for "before the log". */
export type LogIndex = number;

/**
 * How many copies an entry needs before its put is acknowledged; each copy is durable, and the
 * primary's is always one of them. The copy of a follower counts once it has said so: by an
 * `AppendReply` of the same epoch, with `ok: true`, to a request that reaches up to the entry.
 */
export type Mode =
  /** The primary's own. If it is lost, so may be the end of what was acknowledged, and only the end. */
  | 'async'
  /** More than half of all replicas. Any loss of fewer than half loses nothing. */
  | 'quorum'
  /** All replicas. Any single survivor has everything; without one of them, no put is acknowledged. */
  | 'sync';

/** Who is primary, as the view service decides. */
export interface View {
  readonly epoch: Epoch;
  readonly primary: NodeId;
  /** All of them, including those that are away; the same in each view. */
  readonly replicas: readonly NodeId[];
  readonly mode: Mode;
}

/** An entry of the log: a put. With `key: null` it changes nothing; a primary may add such entries. */
export interface Entry {
  readonly index: LogIndex;
  /** Of the primary that made it. Two entries with the same index and epoch are the same. */
  readonly epoch: Epoch;
  readonly key: string | null;
  readonly value: string;
}

/** A place in a log: an index, and the epoch of the entry there. */
export interface Place {
  readonly index: LogIndex;
  readonly epoch: Epoch;
}

/** All values after the entry at `index`, in place of the log up to there. */
export interface Snapshot extends Place {
  readonly values: Readonly<Record<string, string>>;
}

export interface AppendArgs {
  readonly epoch: Epoch;
  /** The entry just before `entries`; the receiver must have the same there. */
  readonly prev: Place;
  /** Consecutive. Empty: the primary is alive. */
  readonly entries: readonly Entry[];
  /** Everything up to here is acknowledged, or could be. */
  readonly commit: LogIndex;
}

export interface InstallArgs {
  readonly epoch: Epoch;
  readonly snapshot: Snapshot;
}

/** The answer to an append or install. */
export interface AppendReply {
  /** True: the log of the receiver is now the sender's, up to the last entry sent; and durable. */
  readonly ok: boolean;
  /** The highest epoch that the receiver has promised itself to. */
  readonly epoch: Epoch;
  /**
   * With `ok: false`: the last entry that the receiver knows to be in every primary's log, such as
   * the last committed one; the sender goes on from there. (In mode `async` it can be wrong.)
   */
  readonly agreed: Place;
}

export interface FenceArgs {
  readonly epoch: Epoch;
}

/** `ok: true` promises, durably, that nothing from an earlier epoch will be taken any more. */
export interface FenceReply {
  readonly ok: boolean;
  /** The end of the log, committed or not. */
  readonly last: Place;
}

export interface PutArgs {
  readonly key: string;
  readonly value: string;
}

export type PutReply =
  /** Acknowledged. `version` is the index of its entry. */
  | { readonly ok: true; readonly version: LogIndex }
  /** `not-primary`: certainly not done. `maybe`: nobody can know yet. */
  | { readonly ok: false; readonly error: 'not-primary' | 'maybe' };

export interface GetArgs {
  readonly key: string;
}

export type GetReply =
  | { readonly ok: true; readonly value: string | null; readonly version: LogIndex }
  | { readonly ok: false; readonly error: 'not-primary' | 'unavailable' };

export interface ReadArgs {
  readonly key: string;
  /** Part D: the answer must know of everything up to this index. */
  readonly version: LogIndex;
}

export type ReadReply =
  /** `version`: the index up to which the answer knows everything. */
  | { readonly ok: true; readonly value: string | null; readonly version: LogIndex }
  | { readonly ok: false; readonly error: 'behind' };

/** What passes over the network. */
export interface ReplicaRpcs {
  /** Served by `v1`. A replica says which epoch it serves in: 0 if in none since it booted. */
  view(args: { readonly epoch: Epoch }): View;
  append(args: AppendArgs): AppendReply;
  install(args: InstallArgs): AppendReply;
  /** Part C, called by `v1`. */
  fence(args: FenceArgs): FenceReply;
  put(args: PutArgs): PutReply;
  /** The last acknowledged value, from the primary. In mode `async` it may be outdated. */
  get(args: GetArgs): GetReply;
  /** Part D, on any replica. */
  read(args: ReadArgs): ReadReply;
}

/** What nodes report. */
export interface ReplicaOutputs {
  /** This entry is committed, and now in the values: each index in order, once per life, no gaps. */
  apply: Entry;
  /**
   * The values were replaced by those of a snapshot; applying goes on from `index`. Also on a boot
   * that begins with a snapshot. Without one, a replica begins with no values, at index 0.
   */
  restore: { readonly index: LogIndex };
  /** By `v1`: from now on this view holds. */
  view: View;
}

export type ReplicaContext = NodeContext<ReplicaRpcs, ReplicaOutputs>;

/** Where the view service runs. */
export const VIEW_SERVICE: NodeId = 'v1';

/** What `inspect` returns, for messages and traces. */
export interface ReplicaState {
  readonly role: 'primary' | 'follower';
  readonly epoch: Epoch;
  readonly lastIndex: LogIndex;
  readonly commit: LogIndex;
}

export interface ReplicaLike {
  /** Called once per boot. Requests may come before its promise resolves; they wait. */
  start(): Promise<void>;
  /** All keys and values as if the whole log were applied, committed or not. For the grader. */
  contents(): Promise<Readonly<Record<string, string>>>;
  inspect(): ReplicaState;
}

// ── Part C: failover ────────────────────────────────────────────────────────────────────────────

/** What a replica said when it promised itself to the next epoch. */
export interface Report {
  readonly replica: NodeId;
  readonly last: Place;
}

// ── Part D: clients ─────────────────────────────────────────────────────────────────────────────

export type PutResult =
  | { readonly ok: true; readonly version: LogIndex }
  /** `unavailable`: certainly not done. */
  | { readonly ok: false; readonly error: 'maybe' | 'unavailable' };

export type ReadResult =
  | { readonly ok: true; readonly value: string | null; readonly version: LogIndex }
  | { readonly ok: false; readonly error: 'behind' | 'unavailable' };

/** One client, which is one session. */
export interface ClientLike {
  put(key: string, value: string): Promise<PutResult>;
  /** From the primary: linearizable in the modes `quorum` and `sync`. */
  get(key: string): Promise<ReadResult>;
  /**
   * Part D: from this replica, and not older than what this client has put (read your writes) or
   * seen (monotonic reads), by any of its calls.
   */
  read(key: string, replica: NodeId): Promise<ReadResult>;
}
