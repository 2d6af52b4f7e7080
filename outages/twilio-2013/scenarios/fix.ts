/**
 * Part F: the same restart, then every other way in which a card, a balance or a worker can fail between
 * two steps. Nobody pays too early, everybody is recharged in time, and in the end the store is right.
 */
import type { Cluster, WireMessage } from 'faultlab';
import { Books, LEFT_MAX } from '../books.ts';

const WARM_UP_MS = 60_000;
const FAULT_MS = 120_000;
/** This long after a fault, everybody who needs it has been recharged. */
const BACK_WITHIN_MS = 60_000;
const AFTER_MS = 60_000;
const SETTLE_MS = 30_000;
const CALM_MS = 240_000;
/** Shares of one kind of message, in the scenarios that are about it. */
const LOST = 0.3;
const SLOW = 0.2;
const LATE_MS = 30_000;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** A fault of two minutes, and all that must hold during it and afterwards. */
export function survives(fault: (cluster: Cluster, books: Books) => void) {
  return (cluster: Cluster): void => {
    const books = new Books(cluster);
    watch(cluster, books, WARM_UP_MS);
    suffer(cluster, books, fault);
    settle(cluster, books);
  };
}

/** The documented fault: the store comes back empty, and cannot be written. */
export function restartsEmpty(_cluster: Cluster, books: Books): void {
  books.misconfigureStore('nothing', false, FAULT_MS);
}

/** The same with balances from a minute and a half ago: none of them is 0. */
export function restartsOld(cluster: Cluster): void {
  const books = new Books(cluster);
  watch(cluster, books, WARM_UP_MS);
  books.dumpStore();
  watch(cluster, books, 90_000);
  suffer(cluster, books, () => books.misconfigureStore('dump', false, FAULT_MS));
  settle(cluster, books);
}

/** Some answers of the gateway are lost: the worker does not know whether a card was charged. */
export function answersLost(cluster: Cluster): void {
  cluster.mark(`${LOST * 100} % of the answers to requests to charge are lost`);
  const isMeant = (message: WireMessage) =>
    message.kind === 'reply' && message.method === 'charge' && cluster.draw.chance(LOST);
  cluster.filter((message) => (isMeant(message) ? 'drop' : undefined));
  cluster.after(FAULT_MS, () => cluster.filter(undefined));
}

/** The store is slow: it adds everything it is asked to, but some of it when nobody is waiting any more. */
export function storeIsSlow(cluster: Cluster): void {
  cluster.mark(`${SLOW * 100} % of the requests to add are up to ${at(LATE_MS)} late`);
  const isMeant = (message: WireMessage) =>
    message.kind === 'request' && message.method === 'add' && cluster.draw.chance(SLOW);
  cluster.filter((message) => (isMeant(message) ? cluster.draw.real(1000, LATE_MS) : undefined));
  cluster.after(FAULT_MS - LATE_MS, () => cluster.filter(undefined));
}

/** Some requests to charge reach the gateway long after the worker has stopped waiting. */
export function chargesLate(cluster: Cluster): void {
  cluster.mark(`${LOST * 100} % of the requests to charge a card are up to ${at(LATE_MS)} late`);
  const isMeant = (message: WireMessage) =>
    message.kind === 'request' && message.method === 'charge' && cluster.draw.chance(LOST);
  cluster.filter((message) => (isMeant(message) ? cluster.draw.real(2000, LATE_MS) : undefined));
  cluster.after(FAULT_MS - LATE_MS, () => cluster.filter(undefined));
}

/** Workers are killed while an answer is on its way to them. */
export function workersCrash(cluster: Cluster): void {
  cluster.mark('workers are killed when an answer is on its way to them');
  const chances: Readonly<Record<string, number>> = { charge: LOST, charges: 0.1, add: 0.01 };
  cluster.filter(({ kind, method, to }) => {
    if (kind === 'reply' && cluster.draw.chance(chances[method] ?? 0)) {
      cluster.after(0, () => cluster.crash(to));
      cluster.after(2000, () => cluster.restart(to));
    }
    return undefined;
  });
  cluster.after(FAULT_MS - 2000, () => cluster.filter(undefined));
}

/** The store cannot be reached at all, as in any network failure; then the restart. */
export function storeUnreachable(cluster: Cluster): void {
  const books = new Books(cluster);
  watch(cluster, books, WARM_UP_MS);
  suffer(cluster, books, () => books.cutStore(FAULT_MS));
  suffer(cluster, books, restartsEmpty);
  settle(cluster, books);
}

/** Calm: cards are charged in time, and nobody asks too often; then the restart. */
export function calmIsCheap(cluster: Cluster): void {
  const books = new Books(cluster);
  watch(cluster, books, CALM_MS);
  const toGateway = cluster.count('requests', 'charge') + cluster.count('requests', 'charges');
  const perCharge = toGateway / Math.max(1, books.charges);
  const toStore = cluster.count('requests', 'balance') + cluster.count('requests', 'add');
  const perUsage = toStore / books.used;
  cluster.tell(
    `${perUsage.toFixed(1)} requests to the store per usage, ${perCharge.toFixed(1)} to the gateway per charge`,
  );
  cluster.expect(perCharge <= 3 && perUsage <= 5, {
    ruleId: 'too-many-requests',
    rule: 'In calm times there are at most 5 requests to the store per usage, and 3 to the gateway per charge (handout, The bars)',
    evidence: `${perUsage.toFixed(1)} requests to the store per usage, ${perCharge.toFixed(1)} to the gateway per charge (${toGateway} for ${books.charges})`,
    lookAt: 'what does your repair ask for when nothing is wrong?',
  });
  suffer(cluster, books, restartsEmpty);
  settle(cluster, books);
}

function suffer(
  cluster: Cluster,
  books: Books,
  fault: (cluster: Cluster, books: Books) => void,
): void {
  fault(cluster, books);
  watch(cluster, books, FAULT_MS + BACK_WITHIN_MS, 'only charges');
  watch(cluster, books, AFTER_MS);
}

/** Lets time pass; checks every second that nobody pays too early and everybody is recharged in time. */
function watch(cluster: Cluster, books: Books, ms: number, what?: 'only charges'): void {
  const untilMs = cluster.nowMs + ms;
  while (cluster.nowMs < untilMs) {
    cluster.run(1000);
    expectNotOvercharged(cluster, books);
    if (what === 'only charges') continue;
    const [first, ...more] = books.overdrawn;
    cluster.expect(first === undefined, {
      kind: 'liveness',
      ruleId: 'not-recharged',
      rule: `Nobody has less than 0 left in calm times, nor from ${at(BACK_WITHIN_MS)} after a fault onwards (handout, The bars)`,
      evidence: `at ${at(cluster.nowMs)} ${first?.name} has ${first?.left} left, and has been charged ${first?.charges} times so far; ${more.length} others are below 0, ${books.waiting} usages wait`,
      lookAt: 'which worker should charge this account, and what is it waiting for?',
    });
  }
}

function expectNotOvercharged(cluster: Cluster, books: Books): void {
  const [first] = books.overcharges;
  if (first === undefined) return;
  const { account, left, by, charge, atMs, beforeMs } = first;
  const before =
    beforeMs === undefined ? 'its first charge' : `the one before was at ${at(beforeMs)}`;
  cluster.fail({
    kind: 'safety',
    ruleId: 'overcharge',
    rule: `A card is charged only when its account has ${LEFT_MAX} or less left (handout, The bars)`,
    evidence: `${by} has ${account} charged at ${at(atMs)} (${charge}), though by what was used and paid it had ${left} left; ${before}`,
    lookAt:
      atMs - (beforeMs ?? Number.NEGATIVE_INFINITY) < FAULT_MS
        ? 'how does the gateway know that this charge and the one before are the same?'
        : 'who says that this account is low, and how far can it be trusted?',
  });
}

/** In the end the store says what everybody has. */
function settle(cluster: Cluster, books: Books): void {
  books.close();
  cluster.run(SETTLE_MS);
  expectNotOvercharged(cluster, books);
  cluster.expect(books.waiting === 0, {
    kind: 'liveness',
    ruleId: 'not-priced',
    rule: `All usage has been priced ${at(SETTLE_MS)} after the last of it (handout, The bars)`,
    evidence: `${books.waiting} usages still wait at ${at(cluster.nowMs)}, ${at(SETTLE_MS)} after the last one`,
    lookAt: 'how does a usage that is handed out again end?',
  });
  const [first, ...more] = books.wrong;
  cluster.expect(first === undefined, {
    kind: 'safety',
    ruleId: 'wrong-balance',
    rule: 'In the end the store says what each account has paid and not used (handout, The bars)',
    evidence: `${first?.name} has ${first?.left} left by what was used and paid, and the store says ${first?.said}; ${more.length} other balances are wrong`,
    lookAt: 'what was added or deducted twice, or not at all?',
  });
  cluster.sometimes('cards were charged', books.charges > books.accounts.length);
}
