/**
 * The contract of the key-value server lab: what passes over the network, and what your classes
 * offer. Given; the grader runs its own copy. These are types only: you may send more RPCs, and more
 * fields in messages, and add them to yours.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

/** How often a key was written; 0 for a key that was never written. */
export type Version = number;

/** A definite answer to a put that changed nothing. */
export type PutError =
  /** The key was never written, and the request named a version above 0. */
  | 'no-key'
  /** The key stands at another version than the request named. */
  | 'version';

export type GetResult =
  | { readonly ok: true; readonly value: string; readonly version: Version }
  | { readonly ok: false; readonly error: 'no-key' };

/** What the server says to a put; `version` is the one at which the key stands now. */
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
  /** The put happens only if the key stands at this version; 0: only if it was never written. */
  readonly version: Version;
}

/** Part D: a write to the storage service. */
export interface WriteArgs {
  /** The fencing token of the lease that the writer believes it holds. */
  readonly token: number;
  readonly value: string;
}

export interface WriteReply {
  /** False: a higher token was seen before, so the lease of the writer is over. */
  readonly ok: boolean;
}

/** What clients call on the server `n1` and on the storage service `s1`. */
export interface KvRpcs {
  get(args: GetArgs): GetResult;
  put(args: PutArgs): PutReply;
  /** Part D, served by the storage service. */
  write(args: WriteArgs): WriteReply;
}

/** What the storage service reports: each write that it takes, in the order in which it does. */
export interface KvOutputs {
  written: WriteArgs;
}

export type KvContext = NodeContext<KvRpcs, KvOutputs>;

/** The key-value server. */
export const SERVER: NodeId = 'n1';
/** The storage service of part D. */
export const STORAGE: NodeId = 's1';

/**
 * Part A and B: the server as a client sees it. Calls of one client may overlap. Every call comes to
 * an end once the network lets requests and replies through again, however long that takes.
 */
export interface Kv {
  /** The value and version of a key as of some moment between the call and its end. */
  get(key: string): Promise<GetResult>;

  /**
   * Writes `value` if the key stands at `version`; the key then stands at `version + 1`.
   *
   * `{ ok: true }` and the errors `no-key` and `version` are definite: the write has happened
   * exactly once, or it has not happened and never will. `maybe` is allowed only when the answer
   * can really not be known.
   */
  put(key: string, value: string, version: Version): Promise<PutResult>;
}

/**
 * Part C: a lock, kept under one key of the server. One instance in one client; several clients make
 * one each with the same name.
 */
export interface LockLike {
  /** Resolves when this client holds the lock. Never called by a client that holds it. */
  acquire(): Promise<void>;
  /** Resolves when this client does not hold the lock any more. Called only by its holder. */
  release(): Promise<void>;
}

/** Part D: a lock that is lent. Whoever holds it and is silent for `leaseMs` loses it. */
export interface LeaseLike {
  /**
   * Resolves when this client holds the lock, to its fencing token: given out only once, and higher
   * than every token that was given out under this name before the call.
   */
  acquire(): Promise<number>;
  /** Tells that the holder lives. Resolves to false if the lock is not held any more. */
  renew(): Promise<boolean>;
  /** Gives the lock back; no error when it was lost meanwhile. */
  release(): Promise<void>;
}

/** Part D: the service that the lock protects. */
export interface StorageLike {
  /** Takes the write and emits `written`, or refuses a token that is older than one it has seen. */
  write(args: WriteArgs): WriteReply;
}
