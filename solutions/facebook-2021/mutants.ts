/**
 * Triggers that resemble this outage and are not it, and repairs that look right and are not: most of them
 * are right for one number of sites, or for one order of events.
 */
import { defineMutants, plantIn } from 'faultlab';

const plantTrigger = plantIn('trigger.ts');
const COMMAND = "{ do: 'run-command', share: 1, atMs: 60_000 }";

const plant = plantIn('advertise.ts');
const DECIDES = `if (await this.#isOneOfFew()) this.#site.withdraw();
      else this.#site.advertise();`;
const FEW = 'return cutOff.length < TOO_MANY * views.length;';

export default defineMutants([
  plantTrigger('some-are-spared', {
    bug: 'Three sites of thirty keep their backbone: whoever looks for a DNS server finds one.',
    by: 'R1',
    find: COMMAND,
    put: "{ do: 'run-command', share: 0.9, atMs: 60_000 }",
  }),
  plantTrigger('one-data-centre', {
    bug: 'One of three data centres is without power: the others answer.',
    by: 'R1',
    find: COMMAND,
    put: "{ do: 'stop-data-centres', count: 1, atMs: 60_000, forMs: 3_600_000 }",
  }),
  plantTrigger('all-data-centres', {
    bug: 'All data centres are without power: sites withdraw, and no backbone was ever cut.',
    by: 'R1',
    find: COMMAND,
    put: "{ do: 'stop-data-centres', count: 3, atMs: 60_000, forMs: 3_600_000 }",
  }),
  plantTrigger('dns-servers-down', {
    bug: 'The DNS servers of all sites are down: nobody finds them, and nobody has withdrawn.',
    by: 'R1',
    find: COMMAND,
    put: "{ do: 'stop-dns-servers', share: 1, atMs: 60_000, forMs: 3_600_000 }",
  }),
  plantTrigger('without-internet', {
    bug: 'No site has a way to the internet: they are not found, and do not know it.',
    by: 'R1',
    find: COMMAND,
    put: "{ do: 'cut-internet', share: 1, atMs: 60_000, forMs: 3_600_000 }",
  }),

  plant('never-withdraws', {
    bug: 'A site stays, whatever happens: visitors come to sites that can do nothing for them.',
    by: 'F3',
    find: DECIDES,
    put: 'void this.#isOneOfFew;',
    common: true,
  }),
  plant('waits-five-minutes', {
    bug: 'A site withdraws only after five minutes without a data centre.',
    by: 'F3',
    find: `const FAILED_MAX = 3;`,
    put: 'const FAILED_MAX = 60;',
    common: true,
  }),
  plant('waits-a-minute', {
    bug: 'Nobody is asked; a site that reaches no data centre waits for a minute before it withdraws.',
    by: 'F1',
    find: DECIDES,
    put: 'if (this.#failed >= 9) this.#site.withdraw();\n      void this.#isOneOfFew;',
    common: true,
    shown: true,
  }),
  plant('decides-once', {
    bug: 'A site that has withdrawn asks nobody any more, until it reaches a data centre again.',
    by: 'F2',
    find: DECIDES,
    put: 'if (this.#site.isAdvertised && (await this.#isOneOfFew())) this.#site.withdraw();',
    common: true,
  }),
  plant('one-tells-for-all', {
    bug: 'It is enough that one other site is cut off, too: then neither withdraws.',
    by: 'F4',
    find: FEW,
    put: 'return cutOff.length === 0;',
  }),
  plant('all-must-agree', {
    bug: 'A site stays only when every other site is cut off: one that does not answer is enough, and all go.',
    by: 'F5',
    find: FEW,
    put: 'return cutOff.length < this.#site.others.length;',
    common: true,
  }),
  plant('silence-is-trouble', {
    bug: 'A site that does not answer is taken to be cut off.',
    by: 'F6',
    find: FEW,
    put: 'const silent = this.#site.others.length - views.length;\n    return cutOff.length + silent < TOO_MANY * this.#site.others.length;',
    common: true,
  }),
  plant('silence-is-health', {
    bug: 'A site that does not answer is taken to be well.',
    by: 'F5',
    find: FEW,
    put: 'return cutOff.length < TOO_MANY * this.#site.others.length;',
    common: true,
  }),
  plant('one-round-is-enough', {
    bug: 'A site concludes that it is cut off from one round of lost probes.',
    by: 'F7',
    find: `const FAILED_MAX = 3;`,
    put: 'const FAILED_MAX = 1;',
  }),
  plant('asks-all-the-time', {
    bug: 'Every site asks every other one in every round, even when all is well.',
    by: 'F7',
    find: 'if (this.#site.reached > 0) {',
    put: 'const isOneOfFew = await this.#isOneOfFew();\n    if (this.#site.reached > 0 || isOneOfFew === undefined) {',
  }),
]);
