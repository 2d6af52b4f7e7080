/**
 * Triggers that resemble this outage and are not it, and repairs that look right and are not: most of them
 * take one cause out of the loop and leave another in it.
 */
import { defineMutants, plantIn } from 'faultlab';

const plantTrigger = plantIn('trigger.ts');
const INVALID = "{ do: 'publish-invalid', atMs: 60_000, forMs: 20_000 }";

const plant = plantIn('config.ts');
const REMEMBERS = 'this.#lastValid.set(key, cached);';
const CLAIMS = 'else if (await this.#cache.claim(key, CLAIM_MS)) await this.#repair(key);';
const LOOKS = 'const cached = await this.#cache.get(key);';
const FIELD = 'readonly #lastValid = new Map<string, Value>();';
const CLAIM_MS = 'const CLAIM_MS = 5000;';

const edit = (find: string, replace: string) => ({ file: 'config.ts', find, replace });

/** Nobody asks whether somebody else is repairing already. */
const unclaimed = (repairs: string) => edit(CLAIMS, repairs);

export default defineMutants([
  plantTrigger('too-short', {
    bug: 'The value is corrected so soon that the line of queries is short.',
    by: 'R1',
    find: INVALID,
    put: "{ do: 'publish-invalid', atMs: 60_000, forMs: 200 }",
  }),
  plantTrigger('damaged-in-the-cache', {
    bug: 'Only the cache has a wrong value: the repair does what it was made for.',
    by: 'R1',
    find: INVALID,
    put: "{ do: 'damage-cache', atMs: 60_000 }",
  }),
  plantTrigger('cache-stopped', {
    bug: 'The cache is off for half a minute: the same loop, but no value was ever wrong.',
    by: 'R1',
    find: INVALID,
    put: "{ do: 'stop-cache', atMs: 60_000, forMs: 30_000 }",
  }),
  plantTrigger('database-stopped', {
    bug: 'The database stops for a minute: nobody needs it while the cache is right.',
    by: 'R1',
    find: INVALID,
    put: "{ do: 'stop-database', atMs: 60_000, forMs: 60_000 }",
  }),
  plantTrigger('many-visitors', {
    bug: 'Four times the visitors for a minute: the cache serves them.',
    by: 'R1',
    find: INVALID,
    put: "{ do: 'more-pages', times: 4, atMs: 60_000, forMs: 60_000 }",
  }),

  {
    name: 'keeps-the-key',
    bug: 'An error does not remove the key any more; all else is as it was.',
    killedBy: 'F1',
    edit: [unclaimed('await this.#repair(key);'), edit(REMEMBERS, 'return cached;')],
    common: true,
    shown: true,
  },
  plant('accepts-anything', {
    bug: 'What is in the cache is used, valid or not.',
    by: 'F1',
    find: 'if (cached !== undefined && isValid(cached))',
    put: 'if (cached !== undefined)',
    common: true,
  }),
  plant('last-valid-alone', {
    bug: 'Pages are made with the last valid value, but every one of them asks the database.',
    by: 'F1',
    find: CLAIMS,
    put: 'else await this.#repair(key);',
    common: true,
  }),
  {
    name: 'one-query-a-server',
    bug: 'Each web server has one query at a time under way, and there are a hundred of them.',
    killedBy: 'F1',
    edit: [
      unclaimed(
        'else if (!this.#isRepairing) {\n      this.#isRepairing = true;\n      await this.#repair(key);\n      this.#isRepairing = false;\n    }',
      ),
      edit(FIELD, `${FIELD}\n  #isRepairing = false;`),
    ],
    common: true,
  },
  {
    name: 'pauses-a-second',
    bug: 'Each web server lets a second pass between two queries for a key.',
    killedBy: 'F1',
    edit: [
      unclaimed(
        'else if (performance.now() > (this.#nextMs.get(key) ?? 0)) {\n      this.#nextMs.set(key, performance.now() + 1000);\n      await this.#repair(key);\n    }',
      ),
      edit(FIELD, `${FIELD}\n  readonly #nextMs = new Map<string, number>();`),
    ],
  },
  {
    name: 'waits-half-a-minute-at-random',
    bug: 'Each web server asks for each key after up to half a minute: right for one key.',
    killedBy: 'F3',
    edit: [
      unclaimed(
        'else if (!this.#waiting.has(key)) {\n      this.#waiting.add(key);\n      setTimeout(() => {\n        this.#waiting.delete(key);\n        void this.#repair(key);\n      }, 30_000 * Math.random());\n    }',
      ),
      edit(FIELD, `${FIELD}\n  readonly #waiting = new Set<string>();`),
    ],
  },
  plant('remembers-nothing', {
    bug: 'One server at a time asks the database, but without a valid value no page is made.',
    by: 'F1',
    find: 'return this.#lastValid.get(key);',
    put: 'const value = this.#lastValid.get(key);\n    this.#lastValid.delete(key);\n    return value;',
  }),
  plant('never-repairs', {
    bug: 'The last valid value is used until the cache has another; nobody asks the database.',
    by: 'F2',
    find: CLAIMS,
    put: 'else void CLAIM_MS;',
    common: true,
  }),
  plant('claims-for-a-moment', {
    bug: 'A claim lasts a tenth of a second: the database gets as many queries as it can do.',
    by: 'F1',
    find: CLAIM_MS,
    put: 'const CLAIM_MS = 100;',
  }),
  plant('claims-for-a-fast-database', {
    bug: 'A claim lasts 150 ms, which means few enough queries for one speed of the database.',
    by: 'F5',
    find: CLAIM_MS,
    put: 'const CLAIM_MS = 150;',
  }),
  plant('claims-for-over-a-minute', {
    bug: 'A claim lasts 70 s: when its holder goes down, nobody repairs for that long.',
    by: 'F6',
    find: CLAIM_MS,
    put: 'const CLAIM_MS = 70_000;',
    common: true,
  }),
  plant('an-empty-cache-is-fine', {
    bug: 'Only what is invalid is repaired: a cache that has lost a key never gets it back.',
    by: 'F7',
    find: CLAIMS,
    put: `else if (cached === undefined && this.#lastValid.has(key)) void key;\n    ${CLAIMS}`,
  }),
  {
    name: 'remembers-for-minutes',
    bug: 'A web server uses what it has seen for two minutes before it looks again.',
    killedBy: 'F8',
    edit: [
      edit(
        LOOKS,
        `if (performance.now() < (this.#untilMs.get(key) ?? 0)) return this.#lastValid.get(key);\n    ${LOOKS}`,
      ),
      edit(
        REMEMBERS,
        `{\n      this.#lastValid.set(key, cached);\n      this.#untilMs.set(key, performance.now() + 120_000);\n    }`,
      ),
      edit(FIELD, `${FIELD}\n  readonly #untilMs = new Map<string, number>();`),
    ],
  },
  plant('makes-sure', {
    bug: 'Now and then the database is asked whether what the cache has is still right.',
    by: 'F8',
    find: LOOKS,
    put: `${LOOKS}\n    if (Math.random() < 0.02) void this.#repair(key);`,
  }),
]);
