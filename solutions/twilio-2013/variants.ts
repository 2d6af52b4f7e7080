/** Other correct repairs. */
import type { Variant } from 'faultlab';

const edit = (find: string, replace: string) => ({ file: 'recharge.ts', find, replace });

const DEDUCT = 'const balance = await this.#billing.add(account, -amount, id);';
const ENOUGH = 'if (balance >= THRESHOLD) return;';
const CHARGE = 'await this.#billing.charge(account, id);';
const CREDIT = 'await this.#billing.add(account, RECHARGE, `recharge-${id}`);';

const variants: readonly Variant[] = [
  {
    name: 'gateway-knows',
    what: 'The list of charges is the truth: each is added once, and the next one has the next number as its key.',
    edit: [
      edit(
        ENOUGH,
        `${ENOUGH}\n    const charges = await this.#billing.charges(account);\n    let now = balance;\n    for (const known of charges.slice(-2)) now = await this.#billing.add(account, RECHARGE, known.id);\n    if (now >= THRESHOLD) return;`,
      ),
      edit(
        CHARGE,
        'const charge = await this.#billing.charge(account, `${account}-${charges.length}`);',
      ),
      edit(CREDIT, 'await this.#billing.add(account, RECHARGE, charge);'),
    ],
  },
  {
    name: 'charges-first',
    what: 'As shipped, the card is charged before the usage is deducted; but the balance comes from a write of nothing.',
    edit: [
      edit(DEDUCT, 'const balance = (await this.#billing.add(account, 0)) - amount;'),
      edit(ENOUGH, 'if (balance < THRESHOLD) {'),
      edit(CREDIT, `${CREDIT}\n    }\n    await this.#billing.add(account, -amount, id);`),
    ],
  },
  {
    name: 'tries-again-at-once',
    what: 'A charge without an answer is tried three times under the same key before the usage is given back.',
    edit: [
      edit(
        CHARGE,
        'for (let tries = 1; ; tries++) {\n      try {\n        await this.#billing.charge(account, id);\n        break;\n      } catch (error) {\n        if (tries === 3) throw error;\n      }\n    }',
      ),
    ],
  },
  {
    name: 'charge-is-the-id',
    what: 'What is added carries the id of the charge, not that of the usage.',
    edit: [
      edit(CHARGE, `const charge = ${CHARGE}`),
      edit(CREDIT, 'await this.#billing.add(account, RECHARGE, charge);'),
    ],
  },
];

export default variants;
