/**
 * Triggers that resemble this outage and are not it, and repairs that look right and are not: most of them
 * cope when something was done, but not when nobody knows whether it was.
 */
import { defineMutants, type Mutant, plantIn } from 'faultlab';

const plantTrigger = plantIn('trigger.ts');
const RESTART = "{ do: 'restart-store', loads: 0, writable: 0, atMs: 60_000, forMs: 90_000 },";

const plant = plantIn('recharge.ts');
const DEDUCT = 'const balance = await this.#billing.add(account, -amount, id);';
const ENOUGH = 'if (balance >= THRESHOLD) return;';
const CHARGE = 'await this.#billing.charge(account, id);';
const CREDIT = 'await this.#billing.add(account, RECHARGE, `recharge-${id}`);';

/** The order of steps as it was shipped, on the store's word, with `charge` in place of the shipped one. */
const inShippedOrder = (charge: string, enough = 'if (balance < THRESHOLD) {'): Mutant['edit'] => [
  {
    file: 'recharge.ts',
    find: DEDUCT,
    replace: 'const balance = (await this.#billing.balance(account)) - amount;',
  },
  { file: 'recharge.ts', find: ENOUGH, replace: enough },
  { file: 'recharge.ts', find: CHARGE, replace: charge },
  {
    file: 'recharge.ts',
    find: CREDIT,
    replace: `${CREDIT}\n    }\n    await this.#billing.add(account, -amount, id);`,
  },
];
const MEMBER = 'readonly #billing: Billing;';

export default defineMutants([
  plantTrigger('read-only-but-full', {
    bug: 'The store cannot be written, but has its balances: only accounts that happen to be low are charged.',
    by: 'R1',
    find: RESTART,
    put: RESTART.replace('loads: 0', 'loads: 1'),
  }),
  plantTrigger('empty-but-writable', {
    bug: 'The store is empty, but can be written: everybody is charged once, and that is all.',
    by: 'R1',
    find: RESTART,
    put: RESTART.replace('writable: 0', 'writable: 1'),
  }),
  plantTrigger('too-short', {
    bug: 'The configuration is corrected after ten seconds: everybody is charged twice or so.',
    by: 'R1',
    find: RESTART,
    put: RESTART.replace('90_000', '10_000'),
  }),
  plantTrigger('store-unreachable', {
    bug: 'The store cannot be reached: no balance, no charge.',
    by: 'R1',
    find: RESTART,
    put: "{ do: 'cut-store', atMs: 60_000, forMs: 120_000 },",
  }),
  plantTrigger('answers-lost', {
    bug: 'The gateway charges, and its answers are lost: the same on the statements, but another cause.',
    by: 'R1',
    find: RESTART,
    put: "{ do: 'lose-answers', share: 1, atMs: 60_000, forMs: 120_000 },",
  }),

  {
    name: 'once-a-minute',
    bug: 'An account is charged at most once a minute.',
    killedBy: 'F1',
    common: true,
    edit: [
      {
        file: 'recharge.ts',
        find: MEMBER,
        replace: `${MEMBER}\n  readonly #chargedAtMs = new Map<string, number>();`,
      },
      ...inShippedOrder(
        'if (Date.now() - (this.#chargedAtMs.get(account) ?? -60_000) < 60_000) return;\n      this.#chargedAtMs.set(account, Date.now());\n      await this.#billing.charge(account);',
      ),
    ],
  },
  {
    name: 'key-alone',
    bug: 'Each usage has a key, but the store is believed when it says 0.',
    killedBy: 'F1',
    common: true,
    shown: true,
    edit: inShippedOrder(CHARGE),
  },
  plant('swallows-the-refusal', {
    bug: 'A usage that cannot be deducted is forgotten, so that nothing is tried again.',
    by: 'F1',
    find: DEDUCT,
    put: 'let balance = THRESHOLD;\n    try {\n      balance = await this.#billing.add(account, -amount, id);\n    } catch {}',
  }),
  {
    name: 'breaker-for-ten-minutes',
    bug: 'After a refusal the worker charges nobody for ten minutes.',
    killedBy: 'F1',
    edit: [
      { file: 'recharge.ts', find: MEMBER, replace: `${MEMBER}\n  #quietUntilMs = 0;` },
      {
        file: 'recharge.ts',
        find: DEDUCT,
        replace:
          'if (Date.now() < this.#quietUntilMs) return void (await this.#billing.add(account, -amount, id));\n    const balance = await this.#billing.add(account, -amount, id).catch((error) => {\n      this.#quietUntilMs = Date.now() + 600_000;\n      throw error;\n    });',
      },
    ],
  },
  {
    name: 'zero-is-unknown',
    bug: 'A balance of 0 is not believed; any other is.',
    killedBy: 'F2',
    common: true,
    edit: inShippedOrder(CHARGE, 'if (balance + amount !== 0 && balance < THRESHOLD) {'),
  },
  plant('no-key', {
    bug: 'The deduction comes first, but a charge without an answer is made again.',
    by: 'F3',
    find: CHARGE,
    put: 'await this.#billing.charge(account);',
    common: true,
  }),
  plant('key-of-the-attempt', {
    bug: 'A new key is drawn each time: no two charges have the same.',
    by: 'F3',
    find: CHARGE,
    put: 'await this.#billing.charge(account, String(Math.random()));',
  }),
  plant('adds-without-id', {
    bug: 'What was charged is added without an id.',
    by: 'F4',
    find: CREDIT,
    put: 'await this.#billing.add(account, RECHARGE);',
    common: true,
  }),
  {
    name: 'pending-in-memory',
    bug: 'What was charged but not yet added is kept in a variable.',
    killedBy: 'F5',
    common: true,
    edit: [
      {
        file: 'recharge.ts',
        find: MEMBER,
        replace: `${MEMBER}\n  readonly #pending = new Map<string, string>();`,
      },
      {
        file: 'recharge.ts',
        find: CHARGE,
        replace:
          'const key = this.#pending.get(account) ?? String(Math.random());\n    this.#pending.set(account, key);\n    await this.#billing.charge(account, key);',
      },
      {
        file: 'recharge.ts',
        find: CREDIT,
        replace:
          'await this.#billing.add(account, RECHARGE, `recharge-${key}`);\n    this.#pending.delete(account);',
      },
    ],
  },
  {
    name: 'adds-first',
    bug: 'The money is added before the card is charged: a worker that crashes in between gives it away.',
    killedBy: 'F5',
    edit: [
      { file: 'recharge.ts', find: CHARGE, replace: CREDIT.replace('recharge-', 'added-') },
      { file: 'recharge.ts', find: CREDIT, replace: CHARGE },
    ],
  },
  {
    name: 'asks-what-was-charged',
    bug: 'Before a charge, the last one is added if it has not been yet; there is no key.',
    killedBy: 'F6',
    common: true,
    edit: [
      {
        file: 'recharge.ts',
        find: ENOUGH,
        replace: `${ENOUGH}\n    const known = (await this.#billing.charges(account)).at(-1);\n    if (known !== undefined && (await this.#billing.add(account, RECHARGE, known.id)) >= THRESHOLD) return;`,
      },
      {
        file: 'recharge.ts',
        find: CHARGE,
        replace: 'const charge = await this.#billing.charge(account);',
      },
      {
        file: 'recharge.ts',
        find: CREDIT,
        replace: 'await this.#billing.add(account, RECHARGE, charge);',
      },
    ],
  },
  {
    name: 'gives-up-on-a-bad-day',
    bug: 'A worker that has failed to reach the store more than ten times leaves recharging to people.',
    killedBy: 'F7',
    edit: [
      { file: 'recharge.ts', find: MEMBER, replace: `${MEMBER}\n  #failures = 0;` },
      {
        file: 'recharge.ts',
        find: DEDUCT,
        replace:
          'const balance = await this.#billing.add(account, -amount, id).catch((error) => {\n      if (error.name === "RpcError") this.#failures++;\n      throw error;\n    });\n    if (this.#failures > 10) return;',
      },
    ],
  },
  plant('key-of-the-account', {
    bug: 'The key is the account: it is charged once in its life.',
    by: 'F8',
    find: CHARGE,
    put: 'await this.#billing.charge(account, account);',
    common: true,
  }),
  plant('asks-each-time', {
    bug: 'The list of charges is read for every usage.',
    by: 'F8',
    find: DEDUCT,
    put: `await this.#billing.charges(account);\n    ${DEDUCT}`,
  }),
  plant('never-recharges', {
    bug: 'Recharging is switched off.',
    by: 'F8',
    find: CHARGE,
    put: 'if (balance < THRESHOLD) return;\n    await this.#billing.charge(account, id);',
  }),
]);
