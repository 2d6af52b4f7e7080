/**
 * Triggers that resemble this outage and are not it, and repairs that look right and are not: most of them
 * make the window smaller, which is of no use to a process that may stop for any length of time.
 */
import { defineMutants, plantIn } from 'faultlab';

const plantTrigger = plantIn('trigger.ts');
const STALL =
  "{ do: 'stall-enactor', enactor: 1, afterChanges: 2, generations: 11, atMs: 60_000 },";

const plant = plantIn('enact.ts');
const CHANGE = 'const change = { endpoint, plan: newest, ifPlan: current };';
const UNCONDITIONAL = 'const change = { endpoint, plan: newest };';
const CHECK = 'if (current >= newest) return current;';
const PLANS = 'const plans = await this.#dns.plans();';
const KEPT = 'const KEPT = 10;';

export default defineMutants([
  plantTrigger('too-early', {
    bug: 'The enactor goes on one generation earlier: its plan is old, but not yet due for removal.',
    by: 'R1',
    find: STALL,
    put: STALL.replace('11', '10'),
  }),
  plantTrigger('too-late', {
    bug: 'The enactor goes on two generations later: its plan is gone, and its changes are refused.',
    by: 'R1',
    find: STALL,
    put: STALL.replace('11', '13'),
  }),
  plantTrigger('killed', {
    bug: 'The enactor is killed and started again: it has forgotten its plan.',
    by: 'R1',
    find: STALL,
    put: "{ do: 'crash-enactor', enactor: 1, atMs: 60_000, forMs: 60_000 },",
  }),
  plantTrigger('planner-stopped', {
    bug: 'There are no new plans for two minutes: records grow old, but stay.',
    by: 'R1',
    find: STALL,
    put: "{ do: 'stop-planner', atMs: 60_000, forMs: 120_000 },",
  }),
  plantTrigger('deleted-by-hand', {
    bug: 'Somebody deletes the plan in use: the records are empty, but no race has emptied them.',
    by: 'R1',
    find: STALL,
    put: "{ do: 'delete-plan', atMs: 60_000 },",
  }),

  plant('looks-before-it-writes', {
    bug: 'An enactor checks before each change that its plan is newer, and then changes unconditionally.',
    by: 'F1',
    find: CHANGE,
    put: UNCONDITIONAL,
    common: true,
    shown: true,
  }),
  {
    name: 'spares-plans-in-use',
    bug: 'Clean-up spares plans that an endpoint has, but old plans are still put in place.',
    killedBy: 'F2',
    edit: [
      { file: 'enact.ts', find: CHANGE, replace: UNCONDITIONAL },
      { file: 'enact.ts', find: CHECK, replace: '' },
    ],
    common: true,
  },
  {
    name: 'lease-without-fence',
    bug: 'Only the holder of a lease of 10 s changes anything, but nobody checks that it still holds it.',
    killedBy: 'F2',
    edit: [
      { file: 'enact.ts', find: CHANGE, replace: UNCONDITIONAL },
      { file: 'enact.ts', find: CHECK, replace: '' },
      {
        file: 'enact.ts',
        find: PLANS,
        replace: `if ((await this.#dns.lease(10_000)) === undefined) return;\n    ${PLANS}`,
      },
    ],
    common: true,
  },
  plant('lock-for-good', {
    bug: 'The first enactor takes a lease that never ends: the others are of no use.',
    by: 'F5',
    find: PLANS,
    put: `if ((await this.#dns.lease(1e9)) === undefined) return;\n    ${PLANS}`,
  }),
  {
    name: 'keeps-a-hundred',
    bug: 'A hundred generations are kept, so that no stall is long enough; old plans pile up.',
    killedBy: 'F7',
    edit: [
      { file: 'enact.ts', find: KEPT, replace: 'const KEPT = 100;' },
      { file: 'enact.ts', find: CHANGE, replace: UNCONDITIONAL },
    ],
  },
  plant('no-clean-up', {
    bug: 'No plan is ever removed.',
    by: 'F7',
    find: 'await this.#dns.remove(plan);',
    put: 'continue;',
  }),
  plant('no-repair', {
    bug: 'A change that is refused as inconsistent is tried again as it is, again and again.',
    by: 'F6',
    find: "if (outcome === 'inconsistent') await this.#dns.change({ ...change, repair: true });",
    put: 'void outcome;',
    common: true,
  }),
  plant('asks-without-end', {
    bug: 'Before each change the list of plans is read once more for every endpoint.',
    by: 'F7',
    find: 'const { plan: current } = await this.#dns.record(endpoint);',
    put: 'await Promise.all(this.#dns.endpoints.map(() => this.#dns.plans()));\n    const { plan: current } = await this.#dns.record(endpoint);',
  }),
]);
