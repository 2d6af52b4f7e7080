/**
 * Triggers that resemble this outage and are not it, and repairs that look right and are not: most of them
 * move the herd to another time, or thin it out for one size of region only.
 */
import { defineMutants, type Mutant, plantIn } from 'faultlab';

const plantTrigger = plantIn('trigger.ts');
const BLANK = "{ do: 'blank-policy', atMs: 60_000, forMs: 120_000 }";

const plantCheck = plantIn('check.ts');
const plantAdmission = plantIn('admit.ts');

const ASKS = 'if (await this.#region.mayStart()) return;';
const PAUSE = 'await sleep(Math.random() * ASK_EVERY_MS);';

/** Nobody is asked; the pause alone has to do it. */
const alone = (pause: string): Mutant['edit'] => [
  { file: 'start.ts', find: ASKS, replace: 'return;' },
  { file: 'start.ts', find: PAUSE, replace: pause },
  { file: 'start.ts', find: '_attempt: Attempt', replace: '{ failures }: Attempt' },
];

export default defineMutants([
  plantTrigger('few-restarted', {
    bug: 'A tenth of the tasks are restarted: the datastore has time for them.',
    by: 'R1',
    find: BLANK,
    put: "{ do: 'restart-tasks', share: 0.1, atMs: 60_000 }",
  }),
  plantTrigger('restarted-by-hand', {
    bug: 'All tasks are restarted at once: the same herd, but no bad data.',
    by: 'R1',
    find: BLANK,
    put: "{ do: 'restart-tasks', share: 1, atMs: 60_000 }",
  }),
  plantTrigger('datastore-stopped', {
    bug: 'The datastore stops for two minutes: tasks that run do not need it.',
    by: 'R1',
    find: BLANK,
    put: "{ do: 'stop-datastore', atMs: 60_000, forMs: 120_000 }",
  }),
  plantTrigger('blank-for-good', {
    bug: 'The policy stays blank for an hour: an outage that does not outlive its cause.',
    by: 'R1',
    find: BLANK,
    put: "{ do: 'blank-policy', atMs: 60_000, forMs: 3_600_000 }",
  }),

  plantCheck('gives-up-on-all', {
    bug: 'When one policy makes no sense, all are dropped, and everything is let through.',
    by: 'F1',
    find: 'if (Number.isFinite(quota?.perMinute))',
    put: 'if (!Number.isFinite(quota?.perMinute)) this.#perMinute.clear();\n    else',
    common: true,
  }),
  plantCheck('believes-the-start', {
    bug: 'What was read at the start is used for good: no change can do harm, or help.',
    by: 'F1',
    find: 'if (Number.isFinite(quota?.perMinute))',
    put: 'if (Number.isFinite(quota?.perMinute) && !this.#perMinute.has(name))',
  }),
  {
    name: 'pause-of-30s',
    bug: 'Tasks wait 30 s before they start again: all of them, together.',
    killedBy: 'F2',
    edit: alone('await sleep(30_000 + 0 * failures);'),
    common: true,
    shown: true,
  },
  {
    name: 'exponential-without-jitter',
    bug: 'Pauses double up to a minute, but are the same in each task.',
    killedBy: 'F2',
    edit: alone('await sleep(Math.min(60_000, 1000 * 2 ** failures));'),
    common: true,
  },
  {
    name: 'jitter-up-to-a-minute',
    bug: 'Pauses are random, up to a minute: less than the region needs to start.',
    killedBy: 'F2',
    edit: alone('await sleep(Math.random() * Math.min(60_000, 1000 * 2 ** failures));'),
    common: true,
  },
  {
    name: 'spread-over-two-minutes',
    bug: 'Each task starts at a random moment within two minutes: right for a hundred tasks.',
    killedBy: 'F3',
    edit: alone('await sleep(Math.random() * (failures > 0 ? 120_000 : 110_000));'),
  },
  plantAdmission('too-many-places', {
    bug: 'Sixty tasks may start at the same time: still too many for 30 s.',
    by: 'F2',
    find: 'const PLACES = 8;',
    put: 'const PLACES = 60;',
  }),
  plantAdmission('thirty-places', {
    bug: 'Thirty tasks may start at the same time, which is right for one speed of the datastore.',
    by: 'F4',
    find: 'const PLACES = 8;',
    put: 'const PLACES = 30;',
  }),
  plantAdmission('places-are-kept', {
    bug: 'A task that is lost while it starts never gives its place back.',
    by: 'F5',
    find: 'if (nowMs - sinceMs > PLACE_MS) this.#sinceMs.delete(holder);',
    put: 'void [holder, sinceMs, PLACE_MS, nowMs];',
    common: true,
  }),
  {
    name: 'patient-even-alone',
    bug: 'Every start waits for 40 s first, even that of a task that crashes alone.',
    killedBy: 'F6',
    edit: [
      {
        file: 'start.ts',
        find: 'for (;;) {',
        replace: 'await sleep(40_000);\n    for (;;) {',
      },
    ],
  },
]);
