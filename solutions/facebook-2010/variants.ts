/** Other correct repairs. */
import type { Variant } from 'faultlab';

const edit = (find: string, replace: string) => ({ file: 'config.ts', find, replace });

const CLAIMS = 'else if (await this.#cache.claim(key, CLAIM_MS)) await this.#repair(key);';

const variants: readonly Variant[] = [
  {
    name: 'in-the-background',
    what: 'No page waits for the database: it is made with the last valid value at once.',
    edit: [
      edit(
        CLAIMS,
        'else {\n      void this.#cache.claim(key, CLAIM_MS).then((isMine) => (isMine ? this.#repair(key) : undefined));\n    }',
      ),
    ],
  },
  {
    name: 'a-rate-for-the-site',
    what: 'One claim for all keys, and a short one: the whole site asks three times a second at most.',
    edit: [
      edit('claim(key,', "claim('any',"),
      edit('const CLAIM_MS = 5000;', 'const CLAIM_MS = 333;'),
    ],
  },
  {
    name: 'asks-regularly',
    what: 'Somebody asks the database for each key every fifteen seconds, whatever the cache has.',
    edit: [
      edit(CLAIMS, 'if (await this.#cache.claim(key, CLAIM_MS)) await this.#repair(key);'),
      edit('const CLAIM_MS = 5000;', 'const CLAIM_MS = 15_000;'),
    ],
  },
  {
    name: 'removes-what-is-invalid',
    what: 'What the database has and nobody can use is still removed from the cache; errors remove nothing.',
    edit: [
      edit(
        'if (!isValid(value)) return;',
        'if (!isValid(value)) {\n        await this.#cache.remove(key);\n        return;\n      }',
      ),
    ],
  },
  {
    name: 'waits-longer',
    what: 'Twice the patience with the database, and a claim that lasts twice as long.',
    edit: [
      edit('const WAIT_MS = 3000;', 'const WAIT_MS = 6000;'),
      edit('const CLAIM_MS = 5000;', 'const CLAIM_MS = 10_000;'),
    ],
  },
];

export default variants;
