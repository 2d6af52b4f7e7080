/**
 * A key-value server on a replicated log, yours to build. Every server applies the same commands in
 * the same order, so all come to the same state: that is the whole idea (Raft §2).
 */
import type {
  Entry,
  KvContext,
  LogIndex,
  Raft,
  Reply,
  RequestArgs,
  StateMachine,
} from './contract.ts';

export default class Server implements StateMachine {
  readonly #node: KvContext;
  readonly #raft: Raft;
  // TODO(A): the keys and their values; and who waits for which entry.
  // TODO(B): what each client was answered last.

  constructor(node: KvContext, raft: Raft) {
    this.#node = node;
    this.#raft = raft;
    // A handler is called once for each request that arrives; what its promise resolves to is the reply.
    node.serve('request', (args) => this.#onRequest(args));
  }

  async #onRequest(args: RequestArgs): Promise<Reply> {
    // TODO(A): propose it, and answer when that very entry has been applied.
    // TODO(B): a request may come twice, on this server or on two.
    // TODO(D): a get needs no entry of its own.
    void [this.#raft, args];
    return { ok: false, error: 'not-leader' };
  }

  /** @see StateMachine.apply */
  apply(entry: Entry): void {
    // TODO(A): the same on every server: no clocks, no chance, nothing that only this server knows.
    // TODO(C): a snapshot at least every SNAPSHOT_EVERY entries.
    this.#node.log(`applied ${entry.index}`); // shown by: lab replay
  }

  /** @see StateMachine.restore */
  restore(snapshot: { readonly index: LogIndex; readonly data: string }): void {
    // TODO(C): all that the server that made it knew, keys and clients.
    void snapshot;
  }

  /** @see StateMachine.dump */
  dump(): Readonly<Record<string, string>> {
    // TODO(A): the keys that are not empty.
    return {};
  }
}
