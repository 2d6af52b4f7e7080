/** The client: asks one server after the other until one has done it, and remembers which one did. */
import { sleep } from 'faultlab/node';
import type { Kv, KvContext, Operation, Result } from './contract.ts';

/** Longer than a commit takes, shorter than an election. */
const REPLY_MS = 300;
/** Between two rounds in which nobody led. */
const PAUSE_MS = 50;

export default class Client implements Kv {
  readonly #node: KvContext;
  /** Which of the peers led when it was asked last. */
  #leader = 0;
  #seq = 0;

  constructor(node: KvContext) {
    this.#node = node;
  }

  async get(key: string): Promise<string> {
    return (await this.#do({ kind: 'get', key })).value ?? '';
  }

  async put(key: string, value: string): Promise<void> {
    await this.#do({ kind: 'put', key, value });
  }

  async append(key: string, value: string): Promise<void> {
    await this.#do({ kind: 'append', key, value });
  }

  async cas(key: string, from: string, to: string): Promise<boolean> {
    return (await this.#do({ kind: 'cas', key, from, to })).done ?? false;
  }

  /** All attempts carry one number, by which servers know that they are one request. */
  async #do(operation: Operation): Promise<Result> {
    const { id, peers } = this.#node;
    const args = { client: id, seq: ++this.#seq, operation };
    for (let attempt = 1; ; attempt++) {
      const server = peers[this.#leader] as string;
      try {
        const reply = await this.#node.call(server, 'request', args, { timeoutMs: REPLY_MS });
        if (reply.ok) return reply.result;
      } catch {
        // It may have been done: the number sees to it that it is not done again.
      }
      this.#leader = (this.#leader + 1) % peers.length;
      if (attempt % peers.length === 0) await sleep(PAUSE_MS);
    }
  }
}
