/**
 * Part F: dead links of many shapes, and everything that elections are there for. A store that never elects
 * anybody is never disturbed; so leaders die here, and some lead nobody.
 */
import type { Cluster } from 'faultlab';
import { OwnRaft } from '../own-raft.ts';
import { type Link, Store } from '../store.ts';

const FIRST_LEADER_MS = 30_000;
const WARM_UP_MS = 4000;
const CUT_MS = 20_000;
const AFTER_MS = 8000;
/** Within this time, somebody who can lead does. */
const FOUND_MS = 15_000;
const STAYS_MS = 12_000;
/** The student's Raft, with shorter timeouts, has half as long. */
const RAFT_MS = 14_000;
const FAILOVER_MS = 5000;
const WELL_PERCENT = 95;
/** After the links are back, one election does no harm. */
const AFTER_PERCENT = 60;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const percent = (value: number) => `${value.toFixed(0)} %`;

/** The members by number: the leader first, the others in an order drawn by the seed. */
function cast(cluster: Cluster, store: Store): readonly [number, number, number, number, number] {
  const leader = Number(store.leader.slice(1));
  const others = cluster.draw.shuffle([1, 2, 3, 4, 5]).filter((n) => n !== leader);
  return [leader, ...others] as unknown as readonly [number, number, number, number, number];
}

/** Three links, of which one or two are at each member. */
function threeLinks(cluster: Cluster): readonly Link[] {
  const [a = 1, b = 2, c = 3, d = 4, e = 5] = cluster.draw.shuffle([1, 2, 3, 4, 5]);
  return [
    [a, b],
    [b, c],
    [d, e],
  ];
}

/** A store with a leader. F5 says how soon there has to be one. */
function begin(cluster: Cluster, options?: { reports: boolean }): Store {
  const store = new Store(cluster, options);
  const isLed = cluster.runUntil(() => store.elected.length > 0, FIRST_LEADER_MS);
  cluster.expect(isLed, {
    kind: 'liveness',
    ruleId: 'no-leader',
    rule: `${at(FIRST_LEADER_MS)} after the start somebody leads (handout, The bars)`,
    evidence: `nobody does, and the highest term is ${store.term}`,
    lookAt: 'who may campaign, after how long, and whose consent does it wait for?',
  });
  cluster.run(WARM_UP_MS);
  return store;
}

/** Whoever leads can lead on. Every scenario begins or ends like this, for it is what happened. */
function goesOn(cluster: Cluster, store: Store, links: readonly Link[], forMs = CUT_MS): void {
  const fromMs = cluster.nowMs;
  store.cut(links, forMs);
  cluster.run(forMs);
  expectWritten(cluster, store, fromMs, 'dead-links', 'While a majority hears the leader');
  expectNoElection(cluster, store, fromMs);
  cluster.run(AFTER_MS);
  const after = store.writtenPercent(cluster.nowMs - AFTER_MS);
  cluster.expect(after >= AFTER_PERCENT, {
    kind: 'liveness',
    ruleId: 'bad-return',
    rule: `In the ${at(AFTER_MS)} after the switch has recovered, ${percent(AFTER_PERCENT)} of the reports or more are written (handout, The bars)`,
    evidence: `from ${at(cluster.nowMs - AFTER_MS)} to ${at(cluster.nowMs)} it was ${percent(after)}; ${leadersSince(store, fromMs)}`,
    lookAt:
      'what did the members that were cut off do meanwhile, and what do the others make of it now?',
  });
}

/** F1: the trigger of part R, with members that you have not seen. */
export function threeDeadLinks(cluster: Cluster): void {
  const store = begin(cluster);
  goesOn(cluster, store, threeLinks(cluster));
  cluster.expect(store.promoted.length === 0, {
    kind: 'safety',
    ruleId: 'promoted',
    rule: 'No database gets another primary while its own is well (handout, The bars)',
    evidence: `the replica of ${store.promoted[0]?.name} was promoted at ${at(store.promoted[0]?.atMs ?? 0)}`,
    lookAt: 'how much of what it reported was written?',
  });
}

/** F2: three members hear each other; each of the two others hears one of them, and one of these leads. */
export function twoHangOn(cluster: Cluster): void {
  const store = begin(cluster);
  const [leader, a, b, c, d] = cast(cluster, store);
  goesOn(cluster, store, [
    [c, leader],
    [c, b],
    [d, a],
    [d, b],
    [c, d],
  ]);
}

/** F3: one member hears all; nobody else hears anybody but it, and it does not lead. */
export function oneHearsAll(cluster: Cluster): void {
  const store = begin(cluster);
  const [, hub] = cast(cluster, store);
  const spokes = [1, 2, 3, 4, 5].filter((n) => n !== hub);
  const links = spokes.flatMap((a) => spokes.filter((b) => a < b).map((b): Link => [a, b]));
  store.cut(links, FOUND_MS + STAYS_MS);
  findsAnother(cluster, store, `only n${hub} reaches a majority`);
  cluster.run(AFTER_MS);
  goesOn(cluster, store, threeLinks(cluster), CUT_MS / 2);
}

/** F4: the leader is heard, and hears nothing. */
export function deafLeader(cluster: Cluster): void {
  const store = begin(cluster);
  store.deafen(store.leader);
  findsAnother(cluster, store, `${store.leader} hears nobody, and is heard`);
}

/** Soon somebody leads who can, and stays. */
function findsAnother(cluster: Cluster, store: Store, words: string): void {
  const before = store.leader;
  cluster.run(FOUND_MS);
  const fromMs = cluster.nowMs;
  cluster.run(STAYS_MS);
  const written = store.writtenPercent(fromMs);
  cluster.expect(written >= WELL_PERCENT, {
    kind: 'liveness',
    ruleId: 'idle-leader',
    rule: `${at(FOUND_MS)} after the leader has lost its majority, somebody who has one leads (handout, The bars)`,
    evidence: `${words}; ${before} led before. From ${at(fromMs)} to ${at(cluster.nowMs)} ${percent(written)} of the reports were written; ${leadersSince(store, fromMs - FOUND_MS)}`,
    lookAt: 'who could win an election now, and what keeps it from trying?',
  });
  expectNoElection(cluster, store, fromMs);
}

/** F5: leaders die, two of them. */
export function leadersDie(cluster: Cluster): void {
  const store = begin(cluster);
  goesOn(cluster, store, threeLinks(cluster), CUT_MS / 2);
  for (let death = 1; death <= 2; death++) {
    const fromMs = cluster.nowMs;
    store.crash(store.leader);
    cluster.run(2 * FAILOVER_MS);
    const gapMs = store.gapMs(fromMs);
    cluster.expect(gapMs <= FAILOVER_MS, {
      kind: 'liveness',
      ruleId: 'slow-failover',
      rule: `${at(FAILOVER_MS)} after a leader has died, another one leads, as long as a majority is left (handout, The bars)`,
      evidence: `after ${at(fromMs)} no report was written for ${at(gapMs)}; ${5 - death} of 5 members are left; ${leadersSince(store, fromMs)}`,
      lookAt: 'who may campaign, after how long, and whose consent does it wait for?',
    });
  }
}

/** F6: messages between members are late, and some are lost. */
export function badNetwork(cluster: Cluster): void {
  const store = begin(cluster);
  goesOn(cluster, store, threeLinks(cluster), CUT_MS / 2);
  cluster.mark('one in five messages between members is lost');
  for (const from of store.members) {
    for (const to of store.members) {
      if (from !== to) cluster.network({ typicalMs: 20, dropChance: 0.2 }, { from, to });
    }
  }
  const fromMs = cluster.nowMs;
  cluster.run(CUT_MS);
  expectNoElection(cluster, store, fromMs);
}

/** F7: dead links when nobody has anything to write. */
export function atNight(cluster: Cluster): void {
  const store = begin(cluster, { reports: false });
  const fromMs = cluster.nowMs;
  store.cut(threeLinks(cluster), CUT_MS);
  cluster.run(CUT_MS);
  expectNoElection(cluster, store, fromMs);
}

/** F8: the members and, beside them, the student's own Raft. */
export function ownRaft(cluster: Cluster): void {
  const raft = new OwnRaft(cluster);
  const store = begin(cluster);
  const links = threeLinks(cluster);
  raft.cut(links, CUT_MS / 2 + AFTER_MS);
  goesOn(cluster, store, links, CUT_MS / 2);
  raft.expectCommits(CUT_MS / 2 + AFTER_MS, 'with three dead links');
  raft.oneHearsAll(RAFT_MS);
  cluster.run(RAFT_MS);
  raft.expectCommits(RAFT_MS / 2, 'when only one of its members hears all');
}

function expectWritten(
  cluster: Cluster,
  store: Store,
  fromMs: number,
  ruleId: string,
  words: string,
): void {
  const written = store.writtenPercent(fromMs);
  cluster.expect(written >= WELL_PERCENT, {
    kind: 'liveness',
    ruleId,
    rule: `${words}, ${percent(WELL_PERCENT)} of the reports are written (handout, The bars)`,
    evidence: `from ${at(fromMs)} to ${at(cluster.nowMs)} it was ${percent(written)}; ${leadersSince(store, fromMs)}`,
    lookAt: 'who deposed the leader, and what did that member know of it?',
  });
}

function expectNoElection(cluster: Cluster, store: Store, fromMs: number): void {
  const [first] = store.electedSince(fromMs);
  cluster.expect(first === undefined, {
    kind: 'liveness',
    ruleId: 'needless-election',
    rule: 'While a majority hears the leader, it leads (handout, The bars)',
    evidence: `from ${at(fromMs)} to ${at(cluster.nowMs)} ${leadersSince(store, fromMs)}; the first of them was ${first?.name} at ${at(first?.atMs ?? 0)}, in term ${first?.term}`,
    lookAt: 'who wanted to lead instead, and who allowed that?',
  });
}

function leadersSince(store: Store, fromMs: number): string {
  const { length } = store.electedSince(fromMs);
  if (length === 0) return 'nobody was elected';
  return `${length} leader${length === 1 ? ' was' : 's were'} elected`;
}
