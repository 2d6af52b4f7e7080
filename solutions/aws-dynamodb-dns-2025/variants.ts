/** Other correct repairs. */
import type { Variant } from 'faultlab';

const edit = (find: string, replace: string) => ({ file: 'enact.ts', find, replace });

const PLANS = 'const plans = await this.#dns.plans();';
const CHANGE = 'const change = { endpoint, plan: newest, ifPlan: current };';
const BRINGS =
  'for (const endpoint of this.#dns.endpoints) {\n      inUse.add(await this.#bring(endpoint, newest));\n    }';

const variants: readonly Variant[] = [
  {
    name: 'fencing-token',
    what: 'A lease of 8 s, and its token with every change and removal: whoever has lost it is refused.',
    edit: [
      edit(
        PLANS,
        `const token = await this.#dns.lease(8000);\n    if (token === undefined) return;\n    ${PLANS}`,
      ),
      edit('await this.#bring(endpoint, newest)', 'await this.#bring(endpoint, newest, token)'),
      edit(
        'async #bring(endpoint: string, newest: Plan)',
        'async #bring(endpoint: string, newest: Plan, token: number)',
      ),
      edit(CHANGE, 'const change = { endpoint, plan: newest, token };'),
      edit('await this.#dns.remove(plan);', 'await this.#dns.remove(plan, token);'),
    ],
  },
  {
    name: 'all-at-once',
    what: 'All endpoints of a round are changed at the same time, each on its own condition.',
    edit: [
      edit(
        BRINGS,
        'const had = await Promise.all(\n      this.#dns.endpoints.map((endpoint) => this.#bring(endpoint, newest)),\n    );\n    for (const plan of had) inUse.add(plan);',
      ),
    ],
  },
  {
    name: 'keeps-twenty',
    what: 'Twice as many generations are kept.',
    edit: [edit('const KEPT = 10;', 'const KEPT = 20;')],
  },
  {
    name: 'condition-alone',
    what: 'Clean-up does not look at what is in use: with conditions, no endpoint goes back anyway.',
    edit: [edit(' && !inUse.has(plan)', '')],
  },
];

export default variants;
