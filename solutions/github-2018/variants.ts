/** Other correct repairs. */
import type { Variant } from 'faultlab';

const edit = (find: string, replace: string) => ({ file: 'failover.ts', find, replace });

const LEASE = 'readonly leaseMs: number | undefined = 60_000;';
const ACROSS = 'const GONE_ACROSS_MS = 120_000;';
const LOOK = 'async look({ primary, replicas }: View): Promise<void> {';
const MEMBER = 'readonly #fleet: Fleet;';

const variants: readonly Variant[] = [
  {
    name: 'longer',
    what: 'Another region takes over after 170 s, and a primary stops after 100.',
    edit: [
      edit(ACROSS, 'const GONE_ACROSS_MS = 170_000;'),
      edit(LEASE, LEASE.replace('60', '100')),
    ],
  },
  {
    name: 'counts-rounds',
    what: 'No time is measured: the rounds in which nobody heard the primary are counted.',
    edit: [
      edit(MEMBER, `${MEMBER}\n  #rounds = 0;`),
      edit(
        'const goneMs = goneForMs(primary, answering);',
        'this.#rounds = goneForMs(primary, answering) > 3000 ? this.#rounds + 1 : 0;\n    const goneMs = 1000 * this.#rounds;',
      ),
    ],
  },
  {
    name: 'fails-back',
    what: 'Once the databases in the East follow again, one of them is made the primary.',
    edit: [
      edit(
        LOOK,
        `${LOOK}\n    const back = replicas.find(\n      ({ region, epoch, isDiverged, silentMs, sourceSilentMs, position }) =>\n        region === 'east' && epoch === primary.epoch && !isDiverged && silentMs < ANSWERS_MS && sourceSilentMs < ANSWERS_MS && position > primary.position - 100,\n    );\n    if (primary.region === 'west' && back !== undefined) {\n      await this.#fleet.promote(back.name);\n      return;\n    }`,
      ),
    ],
  },
  {
    name: 'asks-a-majority',
    what: 'Within a region, a replica that is the only one left waits twice as long before it is promoted.',
    edit: [
      edit(
        'const candidates = near.length > 0 ? near : answering;',
        'const candidates = near.length > 0 ? near : answering;\n    if (near.length === 1 && goneMs < 2 * GONE_IN_REGION_MS) return;',
      ),
    ],
  },
];

export default variants;
