/**
 * Deducts what was used, and recharges: as it was on 18 July 2013. Yours to repair in part F; part R always
 * runs on this version.
 */
import { type Billing, RECHARGE, THRESHOLD, type Usage } from './contract.ts';

export class Charger {
  readonly #billing: Billing;

  constructor(billing: Billing) {
    this.#billing = billing;
  }

  /**
   * Called for one usage of an account at a time, in the order in which they came. When this throws an
   * `RpcError` or a `ReadOnlyError`, or the worker is restarted meanwhile, the same usage comes again.
   */
  async used({ id, account, amount }: Usage): Promise<void> {
    const balance = await this.#billing.balance(account);
    if (balance - amount < THRESHOLD) {
      await this.#billing.charge(account);
      await this.#billing.add(account, RECHARGE);
    }
    await this.#billing.add(account, -amount, id);
  }
}
