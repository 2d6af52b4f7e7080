/**
 * Part R: the trigger. A store can be read-only for many reasons; in this one nothing is down, a majority could
 * agree at any moment, and does, again and again, on somebody else.
 */
import { type Budget, type Cluster, readTrigger } from 'faultlab';
import type { Disturbance, Trigger } from '../contract.ts';
import { Store } from '../store.ts';

const TIMES = { atMs: [10_000, 20_000], forMs: [0, 60_000] } as const;
const MEMBER = [1, 5] as const;

export const BUDGET: Budget = {
  eventsMax: 4,
  kinds: {
    cut: { a: MEMBER, b: MEMBER, ...TIMES },
    isolate: { a: MEMBER, ...TIMES },
    hang: { a: MEMBER, ...TIMES },
    slow: { byMs: [0, 3000], ...TIMES },
  },
};

const LONG_MS = 30_000;
const REFUSED_PERCENT = 30;
const LEADERS = 5;
const WELL_PERCENT = 95;
const RECOVERED_MS = 8000;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const percent = (value: number) => `${value.toFixed(0)} %`;

interface Churn {
  readonly store: Store;
  readonly events: Trigger;
  /** While all of the trigger holds. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly leaders: number;
}

/** The store until the trigger begins to end; it must have been of little use. */
function trigger(cluster: Cluster): Churn {
  const store = new Store(cluster);
  const events = readTrigger(cluster, BUDGET) as unknown as Trigger;
  expectWholeNumbers(cluster, events);
  for (const event of events) cluster.after(event.atMs, () => store.disturb(event));
  const fromMs = Math.max(...events.map(({ atMs }) => atMs));
  const untilMs = Math.min(...events.map(({ atMs, forMs }) => atMs + forMs));
  cluster.run(Math.min(...events.map(({ atMs }) => atMs)) - 1);
  cluster.sometimes('all is written before', store.writtenPercent(5000) >= WELL_PERCENT);
  cluster.run(Math.max(fromMs, untilMs) - cluster.nowMs);
  const refused = 100 - store.writtenPercent(fromMs);
  const leaders = store.electedSince(fromMs).length;
  const isLong = untilMs - fromMs >= LONG_MS;
  cluster.expect(isLong && refused >= REFUSED_PERCENT, {
    ruleId: 'not-read-only',
    rule: `For ${at(LONG_MS)} or longer, while all of the trigger holds, ${percent(REFUSED_PERCENT)} of the reports or more are not written (handout, Part R)`,
    evidence: isLong
      ? `from ${at(fromMs)} to ${at(untilMs)} it was ${percent(refused)}; ${elections(store, fromMs)}`
      : `all of it holds for ${at(Math.max(0, untilMs - fromMs))} only`,
    lookAt: 'who does not hear the leader, and is the next one any better off?',
  });
  return { store, events, fromMs, untilMs, leaders };
}

function elections(store: Store, fromMs: number): string {
  const elected = store.electedSince(fromMs);
  if (elected.length === 0) return `${store.leader} led all the time`;
  const { length } = elected;
  return `${length} leader${length === 1 ? ' was' : 's were'} elected, the last one ${store.leader} at ${at(elected.at(-1)?.atMs ?? 0)}`;
}

/** The budget gives the ranges; it cannot say that members are whole numbers. */
function expectWholeNumbers(cluster: Cluster, events: Trigger): void {
  const isMember = (event: Disturbance) =>
    event.do === 'slow' || (Number.isInteger(event.a) && (event.do !== 'cut' || isLink(event)));
  const bad = events.find((event) => !isMember(event));
  cluster.expect(bad === undefined, {
    kind: 'contract',
    ruleId: 'trigger-budget',
    rule: 'A trigger keeps to its budget (handout, Part R)',
    evidence: `${JSON.stringify(bad)}: a and b are the numbers of members, 1 … 5, and a link has two ends`,
    lookAt: 'between which two members is the link?',
  });
}

const touches = (event: Disturbance, member: number) =>
  event.do === 'cut' && (event.a === member || event.b === member);

const isLink = ({ a, b }: { readonly a: number; readonly b: number }) =>
  Number.isInteger(b) && a !== b;

/** R1: leaders come and go, and what depends on the store does damage. */
export function nobodyLeadsForLong(cluster: Cluster): void {
  const { store, events, fromMs, untilMs, leaders } = trigger(cluster);
  const refused = 100 - store.writtenPercent(fromMs);
  const lastLeaders = store.electedSince(untilMs - LONG_MS).length;
  cluster.tell(
    `${percent(refused)} of the reports not written; ${leaders} leaders in ${at(untilMs - fromMs)}; term ${store.term}`,
  );
  cluster.expect(store.otherCause === undefined, {
    ruleId: 'other-cause',
    rule: 'Some links carry nothing; every member runs, and each can still speak to another (handout, Part R)',
    evidence: `reports are not written, but ${store.otherCause}`,
    lookAt: 'what did the switch do, and what did it not do?',
  });
  const hub = [1, 2, 3, 4, 5].find((n) => events.every((event) => !touches(event, n)));
  cluster.expect(hub === undefined, {
    ruleId: 'somebody-reaches-all',
    rule: 'Each member fails to reach at least one other (handout, Part R)',
    evidence: `n${hub} reaches all of them: chance has not elected it for ${at(untilMs - fromMs)}, and once it does, it leads for good`,
    lookAt: 'whom would everybody hear?',
  });
  cluster.expect(lastLeaders >= LEADERS, {
    ruleId: 'leaders-stay',
    rule: `In ${at(LONG_MS)} ${LEADERS} leaders or more are elected (handout, Part R)`,
    evidence: `in the last ${at(LONG_MS)} before ${at(untilMs)} there were ${lastLeaders}`,
    lookAt: 'whom does the leader not reach, and what does that member do?',
  });
  cluster.expect(store.promoted.length === 2, {
    ruleId: 'nobody-promoted',
    rule: 'Both databases get another primary, though theirs were well (handout, Part R)',
    evidence: `${store.promoted.length === 0 ? 'none did' : `only ${store.promoted[0]?.name} did`}`,
    lookAt: 'how long must the store be of little use for that?',
  });
  const overAtMs = Math.max(...events.map(({ atMs, forMs }) => atMs + forMs));
  cluster.run(overAtMs + RECOVERED_MS - cluster.nowMs);
  const written = store.writtenPercent(cluster.nowMs - RECOVERED_MS / 2);
  cluster.expect(written >= WELL_PERCENT, {
    ruleId: 'not-over',
    rule: `${at(RECOVERED_MS)} after the switch has recovered, all reports are written again (handout, Part R)`,
    evidence: `at ${at(cluster.nowMs)} it is ${percent(written)}`,
    lookAt: 'what is still dead?',
  });
}

/** How long somebody must lead, and how long it may take to get there: chance may elect others first. */
const STAYS_MS = 15_000;
const SETTLED_MS = 180_000;
const PAUSE_MS = 5000;

/** R2: with any one of the links left whole, somebody leads whom all hear. */
export function everyLinkCounts(cluster: Cluster): void {
  const { store, events } = trigger(cluster);
  const overAtMs = Math.max(...events.map(({ atMs, forMs }) => atMs + forMs));
  cluster.run(overAtMs + PAUSE_MS - cluster.nowMs);
  for (const spared of events) {
    const fromMs = cluster.nowMs;
    const others = events.filter((event) => event !== spared);
    for (const event of others) store.disturb({ ...event, forMs: SETTLED_MS });
    const settles = settlesWithin(cluster, store, SETTLED_MS);
    cluster.expect(settles, {
      ruleId: 'superfluous',
      rule: `With any one of its events left out, the trigger does no lasting harm: soon somebody leads whom all hear, and stays for ${at(STAYS_MS)} (handout, Part R)`,
      evidence: `without ${told(spared)}, ${elections(store, fromMs)}, and none has led for ${at(STAYS_MS)} by ${at(cluster.nowMs)}`,
      lookAt: 'which of your dead links does nobody miss?',
    });
    for (const event of others) store.end(event);
    cluster.run(PAUSE_MS);
  }
}

function settlesWithin(cluster: Cluster, store: Store, ms: number): boolean {
  const untilMs = cluster.nowMs + ms;
  cluster.run(STAYS_MS);
  for (;;) {
    const sinceMs = cluster.nowMs - STAYS_MS;
    const stays = store.electedSince(sinceMs).length === 0;
    if (stays && store.writtenPercent(sinceMs) >= WELL_PERCENT) return true;
    if (cluster.nowMs >= untilMs) return false;
    cluster.run(1000);
  }
}

function told(event: Disturbance): string {
  if (event.do === 'cut') return `the cut between n${event.a} and n${event.b}`;
  return event.do === 'slow' ? 'the slow messages' : `what happens to n${event.a}`;
}
