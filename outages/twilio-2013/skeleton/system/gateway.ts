/** The payment gateway of a bank: charges cards, and remembers what it has charged. */
import { sleep } from 'faultlab/node';
import type { Charge, GatewayContext } from '../contract.ts';

/** Between the charge and the answer. */
const ANSWER_AFTER_MS = 200;

export class Gateway {
  readonly #node: GatewayContext;
  readonly #charges = new Map<string, Charge[]>();
  #last = 0;

  constructor(node: GatewayContext) {
    this.#node = node;
    node.serve('charge', async ({ account, key }, from) => {
      const { id } = this.#charge(account, key, from);
      await sleep(ANSWER_AFTER_MS);
      return id;
    });
    node.serve('charges', ({ account }) => this.#of(account));
  }

  #charge(account: string, key: string | null, by: string): Charge {
    const charges = this.#of(account);
    const same = charges.find((charge) => key !== null && charge.key === key);
    if (same !== undefined) return same;
    const charge = { id: `charge-${++this.#last}`, key };
    charges.push(charge);
    this.#node.emit('charged', { account, by, charge: charge.id });
    return charge;
  }

  #of(account: string): Charge[] {
    const charges = this.#charges.get(account) ?? [];
    this.#charges.set(account, charges);
    return charges;
  }
}
