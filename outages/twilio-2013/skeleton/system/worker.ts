/**
 * A worker of the billing system. `Charger` says what is to be done for a usage; the worker sees to it that
 * an account has only one at a time, and tells the journal whether it is done.
 */
import { RpcError } from 'faultlab/node';
import { type Billing, ReadOnlyError, type Usage, type WorkerContext } from '../contract.ts';
import { Charger } from '../recharge.ts';

const STORE = 's1';
const GATEWAY = 'g1';
const STORE_TIMEOUT = { timeoutMs: 1000 };
const GATEWAY_TIMEOUT = { timeoutMs: 2000 };

export class Worker implements Billing {
  readonly #node: WorkerContext;
  readonly #charger: Charger = new Charger(this);
  /** By account, the end of what is under way. */
  readonly #underWay = new Map<string, Promise<boolean>>();

  constructor(node: WorkerContext) {
    this.#node = node;
    node.serve('usage', async (usage) => ({ done: await this.#inTurn(usage) }));
  }

  balance(account: string): Promise<number> {
    return this.#node.call(STORE, 'balance', { account }, STORE_TIMEOUT);
  }

  async add(account: string, amount: number, id?: string): Promise<number> {
    const args = { account, amount, id: id ?? null };
    const outcome = await this.#node.call(STORE, 'add', args, STORE_TIMEOUT);
    if ('refused' in outcome) throw new ReadOnlyError(`${STORE} does not write`);
    return outcome.balance;
  }

  charge(account: string, key?: string): Promise<string> {
    return this.#node.call(GATEWAY, 'charge', { account, key: key ?? null }, GATEWAY_TIMEOUT);
  }

  charges(account: string) {
    return this.#node.call(GATEWAY, 'charges', { account }, GATEWAY_TIMEOUT);
  }

  #inTurn(usage: Usage): Promise<boolean> {
    const before = this.#underWay.get(usage.account) ?? Promise.resolve(true);
    const turn = before.then(() => this.#isDone(usage));
    this.#underWay.set(usage.account, turn);
    return turn;
  }

  async #isDone(usage: Usage): Promise<boolean> {
    try {
      await this.#charger.used(usage);
      return true;
    } catch (error) {
      if (error instanceof RpcError || error instanceof ReadOnlyError) return false;
      throw error;
    }
  }
}
