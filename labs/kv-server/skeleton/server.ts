/**
 * The key-value server, yours to build. `contract.ts` says exactly what it answers. It keeps
 * everything in memory; in this lab it is at times slow and hard to reach, but it never crashes.
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

  /** Called for each request that arrives, including those that a client sends again. */
  #put(args: PutArgs): PutReply {
    // TODO(A): the key is written if it is at the version that the request names.
    void args;
    return { ok: false, error: 'version' };
  }
}
