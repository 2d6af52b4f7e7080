/** The client, yours to build: what a program uses instead of RPCs. It asks until it is answered. */
import type { Kv, KvContext, Operation, Result } from './contract.ts';

export default class Client implements Kv {
  readonly #node: KvContext;

  constructor(node: KvContext) {
    this.#node = node;
  }

  /** @see Kv.get */
  async get(key: string): Promise<string> {
    return (await this.#do({ kind: 'get', key })).value ?? '';
  }

  /** @see Kv.put */
  async put(key: string, value: string): Promise<void> {
    await this.#do({ kind: 'put', key, value });
  }

  /** @see Kv.append */
  async append(key: string, value: string): Promise<void> {
    await this.#do({ kind: 'append', key, value });
  }

  /** @see Kv.cas */
  async cas(key: string, from: string, to: string): Promise<boolean> {
    return (await this.#do({ kind: 'cas', key, from, to })).done ?? false;
  }

  async #do(operation: Operation): Promise<Result> {
    // A worked example of one attempt. A timeout says nothing: the server may have done it.
    const [server = ''] = this.#node.peers;
    const args = { client: this.#node.id, seq: 1, operation };
    try {
      const reply = await this.#node.call(server, 'request', args, { timeoutMs: 300 });
      if (reply.ok) return reply.result;
    } catch {
      this.#node.log(`no reply from ${server}`); // shown by: lab replay
    }
    // TODO(A): who leads? Keep asking, without a flood, until there is an answer.
    // TODO(B): how does a server know that this is the same request again?
    return {};
  }
}
