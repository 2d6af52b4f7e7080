/** Other correct repairs. */
import type { Variant } from 'faultlab';

const variants: readonly Variant[] = [
  {
    name: 'five-places',
    what: 'Five tasks start at the same time, one for each CPU of the datastore.',
    edit: [{ file: 'admit.ts', find: 'const PLACES = 8;', replace: 'const PLACES = 5;' }],
  },
  {
    name: 'waits-at-the-door',
    what: 'First come, first served: refused tasks keep their place in a line.',
    edit: [
      {
        file: 'admit.ts',
        find: 'readonly #sinceMs = new Map<string, number>();',
        replace:
          'readonly #sinceMs = new Map<string, number>();\n  readonly #line = new Map<string, number>();',
      },
      {
        file: 'admit.ts',
        find: 'if (this.#sinceMs.size >= PLACES && !this.#sinceMs.has(task)) return false;',
        replace:
          'this.#line.set(task, nowMs);\n    for (const [other, askedMs] of this.#line) if (nowMs - askedMs > 10_000) this.#line.delete(other);\n    const free = PLACES - this.#sinceMs.size;\n    const isFirst = [...this.#line.keys()].slice(0, free).includes(task);\n    if (!isFirst && !this.#sinceMs.has(task)) return false;\n    this.#line.delete(task);',
      },
    ],
  },
  {
    name: 'lets-through-the-unknown',
    what: 'A blank policy replaces the one before: its requests pass until it is mended.',
    edit: [
      {
        file: 'check.ts',
        find: 'if (Number.isFinite(quota?.perMinute)) this.#perMinute.set(name, quota?.perMinute as number);',
        replace:
          'if (Number.isFinite(quota?.perMinute)) this.#perMinute.set(name, quota?.perMinute as number);\n    else this.#perMinute.delete(name);',
      },
    ],
  },
  {
    name: 'asks-more-often',
    what: 'Tasks ask twice as often.',
    edit: [
      {
        file: 'start.ts',
        find: 'const ASK_EVERY_MS = 4000;',
        replace: 'const ASK_EVERY_MS = 2000;',
      },
    ],
  },
];

export default variants;
