/**
 * Part R: the trigger. Cards can be charged twice in many ways; in this one a store that answers is
 * believed, and everybody pays for one and the same usage again and again.
 */
import { type Budget, type Cluster, readTrigger } from 'faultlab';
import { Books } from '../books.ts';
import type { Disturbance, Trigger } from '../contract.ts';

const TIMES = { atMs: [60_000, 90_000], forMs: [0, 120_000] } as const;

export const BUDGET: Budget = {
  eventsMax: 1,
  kinds: {
    'restart-store': { loads: [0, 1], writable: [0, 1], ...TIMES },
    'cut-store': TIMES,
    'lose-answers': { share: [0, 1], ...TIMES },
    'crash-workers': TIMES,
  },
};

const MANY = 0.9;
const TOO_OFTEN = 5;
const WATCHED_MS = 110_000;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;

/** The billing system right after the trigger. */
function trigger(cluster: Cluster): { books: Books; before: Counts } {
  const books = new Books(cluster);
  const events = readTrigger(cluster, BUDGET) as unknown as Trigger;
  const [first] = events as readonly [Disturbance];
  for (const event of events) cluster.after(event.atMs, () => books.disturb(event));
  cluster.run(first.atMs - 1);
  cluster.sometimes('all is well before the trigger', books.overcharges.length === 0);
  cluster.sometimes('cards were charged before the trigger', books.charges >= 10);
  const before = { ...countsOf(books), atMs: cluster.nowMs };
  cluster.run(Math.max(...events.map((event) => event.atMs + event.forMs)) - cluster.nowMs);
  const ahead = books.paidAhead(TOO_OFTEN);
  const share = ahead.length / books.accounts.length;
  const worst = [...books.accounts].sort((a, b) => b.left - a.left)[0];
  cluster.expect(share >= MANY, {
    ruleId: 'not-everybody',
    rule: `${percent(MANY)} of the accounts have been charged at least ${TOO_OFTEN} times too many (handout, Part R)`,
    evidence: `at ${at(cluster.nowMs)} that is true of ${ahead.length} of ${books.accounts.length} accounts; ${worst?.name} has paid furthest ahead, and has ${worst?.left} left; since the trigger there were ${books.charges - before.charges} charges and ${books.refused - before.refused} refused writes`,
    lookAt: 'who is charged, and after whose answer? What would make it every account?',
  });
  return { books, before };
}

interface Counts {
  readonly atMs: number;
  readonly charges: number;
  readonly refused: number;
  readonly waiting: number;
}

const countsOf = ({ charges, refused, waiting }: Books) => ({ charges, refused, waiting });

export function chargesAgain(cluster: Cluster): void {
  const { books, before } = trigger(cluster);
  const charges = books.charges - before.charges;
  const refused = books.refused - before.refused;
  cluster.tell(
    `${charges} charges in ${at(cluster.nowMs - before.atMs)}, ${refused} writes refused; ${books.waiting} usages wait`,
  );
  cluster.expect(books.otherCause === undefined, {
    ruleId: 'other-cause',
    rule: 'The store was there, and nothing failed but its configuration (handout, Part R)',
    evidence: `accounts were charged too often, but ${books.otherCause}`,
    lookAt: 'what was wrong with the store although it answered?',
  });
  cluster.expect(refused >= 0.9 * charges, {
    ruleId: 'not-refused',
    rule: 'Each charge is followed by a write that the store refuses (handout, Part R)',
    evidence: `${charges} charges, and ${refused} refused writes`,
    lookAt: 'why does the worker get no further after a charge?',
  });
  cluster.expect(books.waiting >= books.accounts.length, {
    ruleId: 'gets-on',
    rule: 'Meanwhile no usage is priced: each account is charged for its first one, again and again (handout, Part R)',
    evidence: `${books.waiting} usages wait, and there are ${books.accounts.length} accounts`,
    lookAt: 'which usages does the journal hand out again?',
  });
}

/** What ends it, and what it does not mend. */
export function staysCharged(cluster: Cluster): void {
  const { books, before } = trigger(cluster);
  // What was asked for earlier may still be charged.
  cluster.run(10_000);
  const known = books.charges;
  cluster.run(WATCHED_MS);
  const perMinute = (charges: number, ms: number) => (60_000 * charges) / ms;
  const usual = perMinute(before.charges, before.atMs);
  const since = perMinute(books.charges - known, WATCHED_MS);
  cluster.expect(since <= 2 * usual, {
    ruleId: 'goes-on',
    rule: 'With the right configuration cards are charged about as often as before (handout, Part R)',
    evidence: `${since.toFixed(1)} charges a minute since ${at(cluster.nowMs - WATCHED_MS)}, and ${usual.toFixed(1)} before the trigger`,
    lookAt: 'what is still broken then?',
  });
  books.close();
  cluster.run(30_000);
  cluster.expect(books.waiting === 0, {
    ruleId: 'not-priced',
    rule: 'All usage is priced in the end: calls and messages went on (handout, Part R)',
    evidence: `${books.waiting} usages wait at ${at(cluster.nowMs)}`,
    lookAt: 'does your trigger end?',
  });
  const { wrong } = books;
  cluster.tell(`${wrong.length} balances are wrong in the end, though nothing is broken`);
  cluster.expect(wrong.length >= MANY * books.accounts.length, {
    ruleId: 'balances-right',
    rule: `What was charged does not show in the balances of ${percent(MANY)} of the accounts (handout, Part R)`,
    evidence: `the store is wrong about ${wrong.length} of ${books.accounts.length} accounts`,
    lookAt: 'where is the money that was charged?',
  });
}
