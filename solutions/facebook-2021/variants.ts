/** Other correct repairs. */
import type { Variant } from 'faultlab';

const edit = (find: string, replace: string) => ({ file: 'advertise.ts', find, replace });

const FEW = 'return cutOff.length < TOO_MANY * views.length;';
const DECIDES = `if (await this.#isOneOfFew()) this.#site.withdraw();
      else this.#site.advertise();`;

const variants: readonly Variant[] = [
  {
    name: 'more-patience',
    what: 'Five rounds of probes may fail before a site asks the others.',
    edit: [edit('const FAILED_MAX = 3;', 'const FAILED_MAX = 5;')],
  },
  {
    name: 'a-site-that-is-well',
    what: 'A site withdraws only while at least half of the sites that answer could take its visitors over.',
    edit: [
      edit(
        FEW,
        'const well = views.filter(({ reached, isAdvertised }) => reached > 0 && isAdvertised);\n    return well.length > 0 && well.length >= cutOff.length;',
      ),
    ],
  },
  {
    name: 'asks-one-after-another',
    what: 'The others are asked in turn, and only until the answer is certain.',
    edit: [
      edit(
        'const answers = await Promise.all(this.#site.others.map((other) => this.#site.ask(other)));\n    const views = answers.filter((view) => view !== undefined);\n    const cutOff = views.filter(({ reached }) => reached === 0);\n    return cutOff.length < TOO_MANY * views.length;',
        'let [well, cutOff] = [0, 0];\n    for (const other of this.#site.others) {\n      const view = await this.#site.ask(other);\n      if (view !== undefined && view.reached > 0) well++;\n      else if (view !== undefined) cutOff++;\n      if (Math.max(well, cutOff) * 2 > this.#site.others.length) break;\n    }\n    return cutOff < TOO_MANY * (well + cutOff);',
      ),
    ],
  },
  {
    name: 'stays-at-first',
    what: 'A site that has withdrawn comes back as soon as most others are cut off; but it waits longer before it goes.',
    edit: [
      edit(
        DECIDES,
        'const isOneOfFew = await this.#isOneOfFew();\n      if (!isOneOfFew) this.#site.advertise();\n      else if (this.#failed >= FAILED_MAX + 2) this.#site.withdraw();',
      ),
    ],
  },
];

export default variants;
