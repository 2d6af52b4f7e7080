/**
 * Deducts what was used, and recharges. The deduction comes first: a store that refuses it has nothing to
 * say about balances either. Every step carries the usage's id, so that all of them can be repeated, in
 * this life or the next, as often as it takes.
 */
import { type Billing, RECHARGE, THRESHOLD, type Usage } from './contract.ts';

export class Charger {
  readonly #billing: Billing;

  constructor(billing: Billing) {
    this.#billing = billing;
  }

  async used({ id, account, amount }: Usage): Promise<void> {
    const balance = await this.#billing.add(account, -amount, id);
    if (balance >= THRESHOLD) return;
    await this.#billing.charge(account, id);
    await this.#billing.add(account, RECHARGE, `recharge-${id}`);
  }
}
