/**
 * The contract of the key-value server lab: what passes over the network, and what your classes
 * offer. Given; the grader runs its own copy. These are types only: you may use more RPCs, and more
 * fields in messages, and add them to your copy.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

/** How many times a key has been written; 0 for one that never was. */
export type Version = number;

/** A definite answer to a put that changed nothing. */
export type PutError =
  /** The key was never written, and the request named a version above 0. */
  | 'no-key'
  /** The key is at a different version from the one that the request named. */
  | 'version';

export type GetResult =
  | { readonly ok: true; readonly value: string; readonly version: Version }
  | { readonly ok: false; readonly error: 'no-key' };

/** The server's answer to a put; `version` is the one that the key has now. */
export type PutReply =
  | { readonly ok: true; readonly version: Version }
  | { readonly ok: false; readonly error: PutError };

/**
 * What a client's `put` resolves to. `maybe` is the honest third answer: the put has happened, or it
 * has not, and this client has no way to know.
 */
export type PutResult = PutReply | { readonly ok: false; readonly error: 'maybe' };

export interface GetArgs {
  readonly key: string;
}

export interface PutArgs {
  readonly key: string;
  readonly value: string;
  /** The put happens only if the key is at this version; 0: only if it was never written. */
  readonly version: Version;
}

/** Part D: a write to the storage service. */
export interface WriteArgs {
  /** The fencing token of the lease that the writer believes it holds. */
  readonly token: number;
  readonly value: string;
}

export interface WriteReply {
  /** False: a higher token was seen before, so the writer's lease is over. */
  readonly ok: boolean;
}

/** What clients call on the server `n1` and on the storage service `s1`. */
export interface KvRpcs {
  get(args: GetArgs): GetResult;
  put(args: PutArgs): PutReply;
  /** Part D, served by the storage service. */
  write(args: WriteArgs): WriteReply;
}

/** What the storage service reports: each write that it takes, in order. */
export interface KvOutputs {
  written: WriteArgs;
}

export type KvContext = NodeContext<KvRpcs, KvOutputs>;

/** The key-value server. */
export const SERVER: NodeId = 'n1';
/** The storage service of part D. */
export const STORAGE: NodeId = 's1';

/**
 * Parts A and B: the server as a client sees it. Calls of one client may overlap. Every call ends
 * once the network lets requests and replies through again, however long that takes.
 */
export interface Kv {
  /** The value and version of a key as of some moment between the call and its end. */
  get(key: string): Promise<GetResult>;

  /**
   * Writes `value` if the key is at `version`; the key is then at `version + 1`.
   *
   * `{ ok: true }` and the errors `no-key` and `version` are definite: the write has happened
   * exactly once, or it has not happened and never will. `maybe` is allowed only when the answer
   * really cannot be known.
   */
  put(key: string, value: string, version: Version): Promise<PutResult>;
}

/**
 * Part C: a lock, kept under one key of the server. Each client has an instance of its own; those with
 * the same name are one lock.
 */
export interface LockLike {
  /** Resolves when this client holds the lock. Never called by a client that already holds it. */
  acquire(): Promise<void>;
  /** Resolves when this client no longer holds the lock. Called only by its holder. */
  release(): Promise<void>;
}

/** Part D: a lock that is only lent. A holder that is silent for `leaseMs` loses it. */
export interface LeaseLike {
  /**
   * Resolves to the fencing token once this client holds the lock. A token is given out only once, and
   * is higher than every one that was given out under this name before the call.
   */
  acquire(): Promise<number>;
  /** Shows that the holder is alive. Resolves to false if it no longer holds the lock. */
  renew(): Promise<boolean>;
  /** Gives the lock back; it is no error if it was lost meanwhile. */
  release(): Promise<void>;
}

/** Part D: the service that the lock protects. */
export interface StorageLike {
  /** Takes the write and emits `written`, or refuses a token that is older than one it has seen. */
  write(args: WriteArgs): WriteReply;
}
