/**
 * Triggers that resemble this outage and are not it, and repairs that look right and are not. Each
 * repair was somebody's first idea; each is exposed by one dimension of the region.
 */
import { defineMutants, type Mutant, plantIn } from 'faultlab';

const plantTrigger = plantIn('trigger.ts');
const CUT = "{ do: 'cut-network', share: 0.5, atMs: 60_000, forMs: 5000 }";

const plantRenewal = plantIn('renew.ts');
const plantAdmission = plantIn('admit.ts');

/** The pause after the n-th failure in a row, in place of the reference's. */
const LOOP = 'for (let limitMs = PAUSE_MIN_MS; ; limitMs = Math.min(2 * limitMs, PAUSE_MAX_MS)) {';
const PAUSE = 'await sleep(Math.random() * limitMs);';
const CHECK = 'if (waitedMs + ANSWER_MS <= question.waitMs) return question;';

const pause = (replace: string) => ({ file: 'renew.ts', find: PAUSE, replace });
const pauseMax = (ms: number) => ({
  file: 'renew.ts',
  find: 'const PAUSE_MAX_MS = 20_000;',
  replace: `const PAUSE_MAX_MS = ${ms};`,
});
const wait = (ms: number) => ({
  file: 'renew.ts',
  find: 'const WAIT_MS = 1000;',
  replace: `const WAIT_MS = ${ms};`,
});
/** As shipped: every question is answered, however old. */
const answersAll = {
  file: 'admit.ts',
  find: CHECK,
  replace: 'if (waitedMs >= 0) return question;',
};
const line = (max: number) => ({
  file: 'admit.ts',
  find: 'this.#line.push(question);',
  replace: `if (this.#line.length < ${max}) this.#line.push(question);`,
});
const AS_SHIPPED = [answersAll, line(1000)];

function repair(
  name: string,
  killedBy: string,
  bug: string,
  edit: Mutant['edit'],
  more: Partial<Mutant> = {},
): Mutant {
  return { name, killedBy, bug, edit, ...more };
}

export default defineMutants([
  plantTrigger('few-servers', {
    bug: 'A tenth of the servers lose the network: the line is short, and they all come back.',
    by: 'R1',
    find: CUT,
    put: "{ do: 'cut-network', share: 0.1, atMs: 60_000, forMs: 5000 }",
  }),
  plantTrigger('for-good', {
    bug: 'The network is down for an hour: an outage, but not one that outlives its cause.',
    by: 'R1',
    find: CUT,
    put: "{ do: 'cut-network', share: 0.5, atMs: 60_000, forMs: 3_600_000 }",
  }),
  plantTrigger('again-and-again', {
    bug: 'Ten cuts in a row: each alone would be harmless.',
    by: 'R1',
    find: CUT,
    put: "...Array.from({ length: 10 }, (_, i) => ({ do: 'cut-network' as const, share: 0.1, atMs: 60_000 + 3000 * i, forMs: 2000 }))",
  }),
  plantTrigger('metadata-stopped', {
    bug: 'The metadata service is switched off and on: the same storm, but another cause.',
    by: 'R1',
    find: CUT,
    put: "{ do: 'stop-metadata', atMs: 60_000, forMs: 60_000 }",
  }),
  plantTrigger('larger-memberships', {
    bug: 'Memberships are six times as large for a minute: the same storm, but another cause.',
    by: 'R1',
    find: CUT,
    put: "{ do: 'grow-memberships', times: 6, atMs: 60_000, forMs: 60_000 }",
  }),

  repair(
    'longer-timeout',
    'F4',
    'Servers wait 10 s instead of 1 s, and nothing else.',
    [wait(10_000), pause('await sleep(100);'), ...AS_SHIPPED],
    { common: true, shown: true },
  ),
  repair('pause-of-5s', 'F2', 'Servers wait 5 s before they ask again: all of them, together.', [
    pause('await sleep(5000);'),
    ...AS_SHIPPED,
  ]),
  repair(
    'exponential-without-jitter',
    'F1',
    'Pauses double up to a minute, but are the same on each server.',
    [pause('await sleep(limitMs);'), pauseMax(60_000), ...AS_SHIPPED],
    { common: true },
  ),
  repair(
    'jitter-alone',
    'F3',
    'Pauses double and are random, but late questions are still answered.',
    [pauseMax(60_000), ...AS_SHIPPED],
    { common: true },
  ),
  repair(
    'drops-late-too-late',
    'F4',
    'Late questions are dropped, but not those that will be late by the time they are answered.',
    [
      pause('await sleep(100);'),
      {
        file: 'admit.ts',
        find: CHECK,
        replace: 'if (waitedMs <= question.waitMs) return question;',
      },
    ],
  ),
  repair('short-line', 'F3', 'The line holds 12 questions, however long an answer takes.', [
    answersAll,
    line(12),
  ]),
  repair('too-patient', 'F5', 'Pauses quadruple with each failure, up to ten minutes.', [
    { file: 'renew.ts', find: 'Math.min(2 * limitMs', replace: 'Math.min(4 * limitMs' },
    pauseMax(600_000),
  ]),
  plantRenewal('never-leaves', {
    bug: 'A server without a confirmed membership goes on serving.',
    by: 'F6',
    find: 'this.#server.leave();',
    put: '',
    common: true,
  }),
  plantRenewal('gives-up', {
    bug: 'After three failures a server waits for somebody else to wake it up.',
    by: 'F6',
    find: LOOP,
    put: 'for (let limitMs = PAUSE_MIN_MS; ; limitMs *= 2) {\n      if (limitMs > 8000) await new Promise(() => {});',
  }),
  plantRenewal('asks-twice', {
    bug: 'Each question is asked twice, in case one is lost.',
    by: 'F7',
    find: 'await this.#server.ask(WAIT_MS);',
    put: 'await Promise.any([this.#server.ask(WAIT_MS), this.#server.ask(WAIT_MS)]);',
  }),
  plantAdmission('newest-waits', {
    bug: 'A question is answered only when six more have come: nobody is served at once.',
    by: 'F7',
    find: 'const question = this.#line.shift();',
    put: 'const question = this.#line.length > 6 ? this.#line.shift() : undefined;',
  }),
]);
