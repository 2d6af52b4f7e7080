/**
 * Triggers that resemble this outage and are not it, and repairs that look right and are not. Most of them
 * mend the 43 seconds of that day, and not those of the next.
 */
import { defineMutants, plantIn } from 'faultlab';

const plantTrigger = plantIn('trigger.ts');
const CUT = "{ do: 'cut-east', atMs: 60_000, forMs: 43_000 }";

const plant = plantIn('failover.ts');
const LEASE = 'readonly leaseMs: number | undefined = 60_000;';
const ACROSS = 'const GONE_ACROSS_MS = 120_000;';
const IN_REGION = 'const GONE_IN_REGION_MS = 10_000;';

export default defineMutants([
  plantTrigger('too-short', {
    bug: 'The cut is over before anybody is promoted.',
    by: 'R1',
    find: CUT,
    put: CUT.replace('43_000', '9000'),
  }),
  plantTrigger('east-hangs', {
    bug: 'Everything in the East hangs: the failover is as it should be, and hardly a write is only there.',
    by: 'R1',
    find: CUT,
    put: CUT.replace('cut-east', 'hang-east'),
  }),
  plantTrigger('primary-hangs', {
    bug: 'Only the primary hangs: another one in the East takes over.',
    by: 'R1',
    find: CUT,
    put: CUT.replace('cut-east', 'hang-primary'),
  }),
  plantTrigger('controller-cut-off', {
    bug: 'Only the controller cannot be reached: nobody is promoted, and nobody minds.',
    by: 'R1',
    find: CUT,
    put: CUT.replace('cut-east', 'cut-controller'),
  }),

  {
    name: 'lease-alone',
    bug: 'The West still takes over after 10 s, but the primary stops after 8: never two, and yet writes are lost.',
    killedBy: 'F1',
    common: true,
    shown: true,
    edit: [
      { file: 'failover.ts', find: LEASE, replace: LEASE.replace('60_000', '8000') },
      { file: 'failover.ts', find: ACROSS, replace: 'const GONE_ACROSS_MS = 10_000;' },
    ],
  },
  {
    name: 'a-minute',
    bug: 'The West waits for a minute: long enough for the cut of that day.',
    killedBy: 'F2',
    common: true,
    edit: [
      { file: 'failover.ts', find: ACROSS, replace: 'const GONE_ACROSS_MS = 60_000;' },
      { file: 'failover.ts', find: LEASE, replace: LEASE.replace('60_000', '50_000') },
    ],
  },
  plant('two-minutes-everywhere', {
    bug: 'Every failover waits for two minutes, even one within a region.',
    by: 'F3',
    find: IN_REGION,
    put: 'const GONE_IN_REGION_MS = 120_000;',
    common: true,
  }),
  plant('most-writes-anywhere', {
    bug: 'A database of the West becomes the primary, even when the neighbours of the old one answer.',
    by: 'F3',
    find: 'const candidates = near.length > 0 ? near : answering;',
    put: "const candidates = [...answering].sort((a) => (a.region === 'west' ? -1 : 1)).slice(0, 1);",
  }),
  plant('first-of-the-list', {
    bug: 'The first neighbour that answers becomes the primary, whatever it has.',
    by: 'F4',
    find: '.sort((a, b) => b.position - a.position);',
    put: '.sort((a, b) => (a.name < b.name ? -1 : 1));',
    common: true,
  }),
  plant('never-across', {
    bug: 'No database of another region is ever promoted.',
    by: 'F5',
    find: 'const candidates = near.length > 0 ? near : answering;',
    put: 'const candidates = near;',
    common: true,
  }),
  plant('waits-without-a-lease', {
    bug: 'The West waits for two minutes, and a primary that is cut off never stops.',
    by: 'F6',
    find: LEASE,
    put: 'readonly leaseMs: number | undefined = undefined;',
    common: true,
  }),
  plant('lease-too-long', {
    bug: 'A primary that is cut off stops after 150 s, and the West takes over after 120.',
    by: 'F6',
    find: LEASE,
    put: LEASE.replace('60_000', '150_000'),
  }),
  plant('forgets', {
    bug: 'The East joins again at once, and its writes of the first minute are gone.',
    by: 'F6',
    find: 'const kept = await this.#fleet.setAside(name);',
    put: 'const kept: number | undefined = 0;',
    common: true,
  }),
  plant('leaves-it-to-people', {
    bug: 'Databases that have diverged are left as they are.',
    by: 'F6',
    find: 'if (kept !== undefined) await this.#fleet.rejoin(name);',
    put: 'void kept;',
  }),
  {
    name: 'adds-up',
    bug: 'The seconds without the primary are added up, and never forgotten.',
    killedBy: 'F7',
    edit: [
      {
        file: 'failover.ts',
        find: 'readonly #fleet: Fleet;',
        replace: 'readonly #fleet: Fleet;\n  #silentS = 0;',
      },
      {
        file: 'failover.ts',
        find: 'const goneMs = goneForMs(primary, answering);',
        replace:
          'if (goneForMs(primary, answering) > 1500) this.#silentS++;\n    const goneMs = 1000 * this.#silentS;',
      },
    ],
  },
  plant('believes-itself', {
    bug: 'The controller asks nobody else whether the primary is gone.',
    by: 'F8',
    find: 'return Math.min(primary.silentMs, ...answering.map(({ sourceSilentMs }) => sourceSilentMs));',
    put: 'return answering.length > 0 ? primary.silentMs : 0;',
    common: true,
  }),
]);
