/**
 * Triggers that resemble this outage and are not it, and repairs that look right and are not. Most of them
 * keep the leader while three links are dead, and fail at something that elections are there for.
 */
import { defineMutants, plantIn } from 'faultlab';

const TIMES = 'atMs: 10_000, forMs: 40_000 }';
const [FIRST, SECOND, THIRD] = ['1, b: 2', '2, b: 3', '4, b: 5'].map(
  (link) => `{ do: 'cut', a: ${link}, ${TIMES},`,
) as [string, string, string];
const plantTrigger = plantIn('trigger.ts');

const plant = plantIn('election.ts');
const CAMPAIGN = 'const { term, majority, logEnd, peers } = this.#self;';
const CONSIDERS = 'return true;\n  }\n\n  onHeartbeat';
const RESIGN = 'if (answering.length + 1 < majority) this.#self.resign();';
const WOULD_VOTE = 'return !this.#hearsLeader() && this.#self.isUpToDate(question as LogEnd);';
const TIMEOUT = '= [1000, 2000];';
const AT_ONCE = `this.#self.campaign();\n    if (this.#self.term > 0) return;\n    ${CAMPAIGN}`;

/** As it was: whoever hears nobody campaigns. */
const asItWas = { file: 'election.ts', find: CAMPAIGN, replace: AT_ONCE };
const noCheckQuorum = { file: 'election.ts', find: RESIGN, replace: 'void [answering, majority];' };
/** Whoever hears a leader leaves requests for votes unread. */
const sticky = {
  file: 'election.ts',
  find: CONSIDERS,
  replace: CONSIDERS.replace('true', '!this.#hearsLeader()'),
};
const timeouts = (range: string) => ({
  file: 'election.ts',
  find: TIMEOUT,
  replace: `= ${range};`,
});

export default defineMutants([
  plantTrigger('one-link', {
    bug: 'One link is dead: somebody else is elected, whom all hear.',
    by: 'R1',
    find: `  ${FIRST}\n  ${SECOND}\n`,
    put: '',
  }),
  plantTrigger('somebody-hears-all', {
    bug: 'Three links are dead, and one member still hears all others.',
    by: 'R1',
    find: THIRD,
    put: THIRD.replace('4, b: 5', '2, b: 4'),
  }),
  plantTrigger('too-short', {
    bug: 'The switch recovers after ten seconds.',
    by: 'R1',
    find: THIRD,
    put: THIRD.replace('40_000', '10_000'),
  }),
  {
    name: 'three-isolated',
    bug: 'Three members speak to nobody: there is no majority, so of course nothing is written.',
    killedBy: 'R1',
    edit: [
      [FIRST, '1'],
      [SECOND, '2'],
      [THIRD, '3'],
    ].map(([find = '', a]) => ({
      file: 'trigger.ts',
      find,
      replace: `{ do: 'isolate', a: ${a}, ${TIMES},`,
    })),
  },
  {
    name: 'two-isolated',
    bug: 'Two members speak to nobody: the other three are a majority and do not notice.',
    killedBy: 'R1',
    edit: [
      { file: 'trigger.ts', find: `  ${FIRST}\n`, replace: '' },
      { file: 'trigger.ts', find: SECOND, replace: `{ do: 'isolate', a: 1, ${TIMES},` },
      { file: 'trigger.ts', find: THIRD, replace: `{ do: 'isolate', a: 2, ${TIMES},` },
    ],
  },
  {
    name: 'all-slow',
    bug: 'Every message between members is late: elections without end, and no link is dead.',
    killedBy: 'R1',
    edit: [
      { file: 'trigger.ts', find: `  ${FIRST}\n  ${SECOND}\n`, replace: '' },
      { file: 'trigger.ts', find: THIRD, replace: `{ do: 'slow', byMs: 1200, ${TIMES},` },
    ],
  },
  plantTrigger('four-links', {
    bug: 'Four links are dead, and one of them need not be.',
    by: 'R2',
    find: THIRD,
    put: `${THIRD}\n  ${THIRD.replace('4, b: 5', '1, b: 4')}`,
  }),

  {
    name: 'longer-timeouts',
    bug: 'Nothing but five times the election timeout: leaders change less often, and it takes longer each time.',
    killedBy: 'F1',
    common: true,
    edit: [asItWas, timeouts('[5000, 10_000]')],
  },
  {
    name: 'more-chance',
    bug: 'Nothing but election timeouts from a wider range.',
    killedBy: 'F1',
    edit: [asItWas, timeouts('[1000, 8000]')],
  },
  {
    name: 'check-quorum-alone',
    bug: 'A leader without a majority resigns; whoever hears nobody still campaigns at once.',
    killedBy: 'F1',
    common: true,
    shown: true,
    edit: [asItWas],
  },
  plant('everybody-says-yes', {
    bug: 'A member that is asked whether it would vote says yes, though it hears the leader and its log is newer.',
    by: 'F1',
    find: WOULD_VOTE,
    put: 'return question !== undefined;',
  }),
  {
    name: 'pre-vote-alone',
    bug: 'Members ask before they campaign; a leader without a majority never resigns.',
    killedBy: 'F3',
    common: true,
    edit: [noCheckQuorum],
  },
  {
    name: 'sticky-alone',
    bug: 'Whoever hears a leader reads no request for a vote; a leader without a majority never resigns.',
    killedBy: 'F4',
    common: true,
    edit: [asItWas, sticky, noCheckQuorum],
  },
  plant('resigns-late', {
    bug: 'A leader resigns only when it has not heard a majority for a minute.',
    by: 'F4',
    find: 'const QUORUM_MS = 1500;',
    put: 'const QUORUM_MS = 60_000;',
  }),
  plant('needs-everybody', {
    bug: 'A member campaigns only when all others agree.',
    by: 'F5',
    find: 'if (votes === majority &&',
    put: 'if (votes === peers.length + 1 &&',
    common: true,
  }),
  plant('one-successor', {
    bug: 'Only two of the members ever campaign.',
    by: 'F5',
    find: CAMPAIGN,
    put: `if (this.#self.id > 'n2') return;\n    ${CAMPAIGN}`,
    common: true,
  }),
  plant('slow-to-try', {
    bug: 'Pre-vote and check-quorum are right, and the election timeout is ten times as long, to be sure.',
    by: 'F5',
    find: TIMEOUT,
    put: '= [10_000, 20_000];',
    common: true,
  }),
  plant('hair-trigger', {
    bug: 'A leader resigns when a majority has not answered for two heartbeats.',
    by: 'F6',
    find: 'const QUORUM_MS = 1500;',
    put: 'const QUORUM_MS = 190;',
    common: true,
  }),
  plant('compares-logs-alone', {
    bug: 'A member that is asked only compares the logs, and does not mind that it hears the leader.',
    by: 'F7',
    find: WOULD_VOTE,
    put: 'return this.#self.isUpToDate(question as LogEnd);',
    common: true,
  }),
]);
