/**
 * The journal: remembers what customers have used until a worker says that it is done, and keeps handing
 * it out until then. The usages of an account stay in their order, and always go to the same worker.
 */
import { RpcError, sleep } from 'faultlab/node';
import type { JournalContext, Usage } from '../contract.ts';

const TIMEOUT = { timeoutMs: 10_000 };
const AGAIN_AFTER_MS = 5000;

export class Journal {
  readonly #node: JournalContext;
  readonly #waiting = new Map<string, Usage[]>();

  constructor(node: JournalContext) {
    this.#node = node;
  }

  /** Called by the grader: a customer has used something. */
  record(usage: Usage): void {
    const waiting = this.#waiting.get(usage.account);
    if (waiting !== undefined) waiting.push(usage);
    else {
      this.#waiting.set(usage.account, [usage]);
      this.#handOut(usage.account);
    }
  }

  async #handOut(account: string): Promise<void> {
    const waiting = this.#waiting.get(account) ?? [];
    for (;;) {
      const [usage] = waiting;
      if (usage === undefined) break;
      if (await this.#isDone(usage)) {
        waiting.shift();
        this.#node.emit('priced', { account, usage: usage.id });
      } else await sleep(AGAIN_AFTER_MS);
    }
    this.#waiting.delete(account);
  }

  async #isDone(usage: Usage): Promise<boolean> {
    const workers = this.#node.peers;
    const worker = workers[Number(usage.account.slice(1)) % workers.length] as string;
    try {
      return (await this.#node.call(worker, 'usage', usage, TIMEOUT)).done;
    } catch (error) {
      if (error instanceof RpcError) return false;
      throw error;
    }
  }
}
