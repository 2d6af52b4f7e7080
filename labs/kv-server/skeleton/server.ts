/**
 * The key-value server, yours to build. What it answers, exactly, is in `contract.ts`. It keeps
 * everything in memory; in this lab it is slow and hard to reach at times, but it never crashes.
 */
import type { GetArgs, GetResult, KvContext, PutArgs, PutReply } from './contract.ts';

export default class Server {
  // TODO(A): the keys, each with its value and its version.

  constructor(node: KvContext) {
    // A handler is called once for each request that arrives; what it returns is the reply.
    node.serve('get', (args) => this.#get(args));
    node.serve('put', (args) => this.#put(args));
  }

  #get(args: GetArgs): GetResult {
    // TODO(A): the key as it stands.
    void args;
    return { ok: false, error: 'no-key' };
  }

  /** Called for each request that arrives, also for one that a client sends again. */
  #put(args: PutArgs): PutReply {
    // TODO(A): the key is written if it stands at the version that the request names.
    void args;
    return { ok: false, error: 'version' };
  }
}
