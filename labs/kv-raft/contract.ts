/**
 * The contract of the KV on Raft lab: what passes between clients and servers, and what your classes
 * offer. Given; the grader runs its own copy. These are only types: you may send more RPCs, and more
 * fields in messages, and add them to your copy.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

/** What a client wants done to a key. A key that was never written holds the empty string. */
export type Operation =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'append'; readonly key: string; readonly value: string }
  /** Compare and set: writes `to` if the key holds `from`. */
  | { readonly kind: 'cas'; readonly key: string; readonly from: string; readonly to: string };

/** What an operation gives: the value of a get, whether a cas was done, otherwise nothing. */
export interface Result {
  readonly value?: string;
  readonly done?: boolean;
}

export interface RequestArgs {
  /** Who asks: the name of the client's node. */
  readonly client: NodeId;
  /** Grows with each operation of this client; the same in each attempt at it. */
  readonly seq: number;
  readonly operation: Operation;
}

/** `ok` only when the operation has taken effect, once. Otherwise the client asks again, somewhere. */
export type Reply =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: 'not-leader' };

/** What clients call on servers. The RPCs of Raft travel beside these. */
export interface KvRpcs {
  request(args: RequestArgs): Reply;
}

/** How far a server has come, how many keys its `dump` has there, and a digest of it. */
export interface Reached {
  readonly index: LogIndex;
  readonly keys: number;
  readonly digest: number;
}

/** What `main.ts` reports: after each entry, and after each snapshot that was restored. */
export interface KvOutputs {
  applied: Reached;
  restored: Reached;
}

export type KvContext = NodeContext<KvRpcs, KvOutputs>;

/** Position in the replicated log, from 1. */
export type LogIndex = number;

/** Your Raft, as the server sees it. The comments in the Raft lab's contract apply. */
export interface Raft {
  /** Returns at once: where the command will stand, and in which term, if it is ever committed. */
  propose(command: string): {
    readonly isLeader: boolean;
    readonly term: number;
    readonly index: LogIndex;
  };
  /** Everything up to and including `index`, all applied, is in `data`; the log up to there can go. */
  snapshot(index: LogIndex, data: string): void;
  /** The index to have applied before a read; null when this node cannot know. Writes nothing to the log. */
  readIndex(): Promise<LogIndex | null>;
}

/** A committed entry. `command` is null for an entry of Raft's own. */
export interface Entry {
  readonly index: LogIndex;
  readonly term: number;
  readonly command: string | null;
}

/** A snapshot is due after at most this many applied entries (part C). */
export const SNAPSHOT_EVERY = 50;

/** Your server: `new Server(node, raft)` on each boot, with nothing in memory. */
export interface StateMachine {
  /**
   * The next entry of the log, in order, each index once per life. Takes no time; but it may be called
   * a while after Raft has committed the entry.
   */
  apply(entry: Entry): void;
  /** Part C. All state is replaced by that in `data`, which some server gave to `snapshot`. */
  restore(snapshot: { readonly index: LogIndex; readonly data: string }): void;
  /** The keys that are not empty, as applied. For the grader, which compares servers by it. */
  dump(): Readonly<Record<string, string>>;
}

/**
 * Your client: `new Client(node)`. A program calls one method at a time, and the next only when the
 * one before has resolved. Each resolves once a majority of the servers can be reached, however long
 * that takes, and never rejects. `node.peers` are the servers.
 */
export interface Kv {
  get(key: string): Promise<string>;
  put(key: string, value: string): Promise<void>;
  append(key: string, value: string): Promise<void>;
  /** True if the key held `from` and now holds `to`. */
  cas(key: string, from: string, to: string): Promise<boolean>;
}
