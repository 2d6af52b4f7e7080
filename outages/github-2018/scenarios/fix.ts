/**
 * Part F: the same cut, longer cuts, and everything that a failover is there for. A failover that never
 * happens loses nothing; so primaries die here, too, and a whole region.
 */
import type { Cluster } from 'faultlab';
import { Sites } from '../sites.ts';

const WARM_UP_MS = 30_000;
const CUT_MS = 43_000;
/** This long after a fault, all is as it should be. */
const SETTLED_MS = 30_000;
const NEAR_MS = 20;
/** What a primary that dies has acknowledged in its last second may be gone with it. */
const LAST_MS = 1000;
const IN_REGION_MS = 30_000;
const ACROSS_MS = 240_000;
const LONG_CUT_GAP_MS = 150_000;
const REJOINED_MS = 60_000;
const BEHIND_WRITES = 100;
const IN_A_SECOND = 20;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** A cut of the East that is over soon: nothing comes of it. */
export function survivesCut(forMs: number) {
  return (cluster: Cluster): void => {
    const sites = new Sites(cluster);
    watch(cluster, sites, WARM_UP_MS);
    expectNear(cluster, sites);
    harmlessCut(cluster, sites, forMs);
    if (forMs > CUT_MS) harmlessCut(cluster, sites, CUT_MS);
  };
}

/** The cut of 2018. Every scenario begins or ends with it. */
function harmlessCut(cluster: Cluster, sites: Sites, forMs = CUT_MS): void {
  const before = sites.written.length;
  const fromMs = cluster.nowMs;
  sites.cutEast(forMs);
  watch(cluster, sites, forMs);
  const inEast = sites.written.slice(before).filter(({ app }) => app === 'a1').length;
  const share = inEast / ((CUT_MS / 1000) * 18);
  cluster.expect(share >= 0.95, {
    kind: 'liveness',
    ruleId: 'east-stops',
    rule: `For ${at(CUT_MS)} without the network, the East goes on writing (handout, The bars)`,
    evidence: `from ${at(fromMs)} on, ${inEast} writes of the East were taken in ${at(forMs)}; without a cut it is 18 a second`,
    lookAt: 'who tells the primary to stop, and how soon?',
  });
  watch(cluster, sites, SETTLED_MS);
  expectNothingLost(cluster, sites);
  expectNear(cluster, sites);
  expectAllFollow(cluster, sites);
}

/** The primary dies: another one in the East takes over. */
export function primaryDies(cluster: Cluster): void {
  const sites = new Sites(cluster);
  watch(cluster, sites, WARM_UP_MS);
  harmlessCut(cluster, sites);
  die(cluster, sites, ['e1']);
}

/** The same when one of the others is far behind. */
export function primaryDiesLateReplica(cluster: Cluster): void {
  const sites = new Sites(cluster);
  watch(cluster, sites, WARM_UP_MS);
  harmlessCut(cluster, sites);
  sites.cutReplica(cluster.seed % 2 === 1 ? 'e2' : 'e3');
  watch(cluster, sites, 20_000);
  die(cluster, sites, ['e1']);
}

function die(cluster: Cluster, sites: Sites, names: readonly string[]): void {
  const diedAtMs = cluster.nowMs;
  sites.crash(names);
  watch(cluster, sites, IN_REGION_MS + SETTLED_MS);
  expectGap(cluster, sites, diedAtMs, IN_REGION_MS, 'Half a minute after the primary has died');
  expectNothingLost(cluster, sites, diedAtMs);
  cluster.expect(sites.setAside <= IN_A_SECOND, {
    kind: 'safety',
    ruleId: 'needless-set-aside',
    rule: `When a primary dies, at most ${IN_A_SECOND} writes, a second's worth, have to be set aside: a neighbour has the others (handout, The bars)`,
    evidence: `${sites.setAside} writes were set aside when ${sites.primary} was promoted`,
    lookAt: 'which of the replicas has the most, and who says so?',
  });
  expectNear(cluster, sites);
  expectAllFollow(cluster, sites);
}

/** The whole East dies: the West takes over, and not at once. */
export function eastDies(cluster: Cluster): void {
  const sites = new Sites(cluster);
  watch(cluster, sites, WARM_UP_MS);
  harmlessCut(cluster, sites);
  const diedAtMs = cluster.nowMs;
  sites.crash([...sites.east, 'a1']);
  watch(cluster, sites, ACROSS_MS + SETTLED_MS);
  expectGap(cluster, sites, diedAtMs, ACROSS_MS, 'Four minutes after the East has died');
  expectNothingLost(cluster, sites, diedAtMs);
}

/** A cut that is longer than anybody can wait: even then nothing is forgotten, and the East follows again. */
export function longCut(cluster: Cluster): void {
  const sites = new Sites(cluster);
  watch(cluster, sites, WARM_UP_MS);
  const fromMs = cluster.nowMs;
  sites.cutEast(300_000);
  watch(cluster, sites, 300_000);
  expectGap(cluster, sites, fromMs, LONG_CUT_GAP_MS, 'In a cut of five minutes');
  const inWest = sites.written.filter(({ by }) => sites.west.includes(by)).length;
  cluster.expect(inWest > 0, {
    kind: 'liveness',
    ruleId: 'west-waits',
    rule: 'In a cut of five minutes the West takes over (handout, The bars)',
    evidence: `the West has taken no write from ${at(fromMs)} to ${at(cluster.nowMs)}`,
    lookAt: 'when is the East gone for good?',
  });
  watch(cluster, sites, REJOINED_MS);
  expectNothingLost(cluster, sites);
  expectAllFollow(cluster, sites);
  cluster.tell(`${sites.setAside} writes set aside, ${sites.discarded.length} taken away`);
}

/** Short cuts, one after the other: none of them is a reason for anything. */
export function flaps(cluster: Cluster): void {
  const sites = new Sites(cluster);
  watch(cluster, sites, WARM_UP_MS);
  for (let i = 0; i < 20; i++) {
    sites.cutEast(cluster.draw.real(5000, 9000));
    watch(cluster, sites, 12_000);
  }
  expectNobodyPromoted(cluster, sites, 'Twenty cuts of a few seconds are');
  harmlessCut(cluster, sites);
}

/** Only the controller cannot reach the primary: everybody else can. */
export function controllerAlone(cluster: Cluster): void {
  const sites = new Sites(cluster);
  watch(cluster, sites, WARM_UP_MS);
  sites.cutFromController('e1', 40_000);
  watch(cluster, sites, 40_000 + SETTLED_MS);
  expectNobodyPromoted(cluster, sites, 'A controller that is alone in not reaching the primary is');
  harmlessCut(cluster, sites);
}

/** Lets time pass; at no time do two primaries take writes. */
function watch(cluster: Cluster, sites: Sites, ms: number): void {
  const untilMs = cluster.nowMs + ms;
  while (cluster.nowMs < untilMs) {
    cluster.run(Math.min(1000, untilMs - cluster.nowMs));
    const [split] = sites.splits;
    if (split === undefined) continue;
    const { old, new: newest } = split;
    cluster.fail({
      kind: 'safety',
      ruleId: 'two-primaries',
      rule: 'Two primaries never take writes at the same time (handout, The bars)',
      evidence: `${newest.by} has taken writes under epoch ${newest.epoch} since ${at(newest.atMs)}, and ${old.by} takes ${old.write} under epoch ${old.epoch} at ${at(old.atMs)}`,
      lookAt: 'how does a primary that nobody reaches learn that it no longer is one?',
    });
  }
}

function expectNothingLost(cluster: Cluster, sites: Sites, diedAtMs?: number): void {
  const { lost, primary, setAside } = sites;
  const isExcused = (atMs: number) =>
    diedAtMs !== undefined && atMs > diedAtMs - LAST_MS && atMs <= diedAtMs + LAST_MS;
  const bad = lost.filter(({ atMs }) => !isExcused(atMs));
  const [first] = bad;
  cluster.expect(first === undefined, {
    kind: 'safety',
    ruleId: 'lost-writes',
    rule: 'What was acknowledged is on the primary, or was set aside for people (handout, The bars)',
    evidence: `${bad.length} writes are neither on ${primary} nor set aside (${setAside} are); the first, ${first?.write}, was taken by ${first?.by} at ${at(first?.atMs ?? 0)}`,
    lookAt: 'who took them, and had they reached the database that was promoted?',
  });
}

function expectNear(cluster: Cluster, sites: Sites): void {
  const waitsMs = sites.eastWaitsMs(10_000);
  cluster.expect(waitsMs > 0 && waitsMs <= NEAR_MS, {
    kind: 'liveness',
    ruleId: 'far-primary',
    rule: `While a database in the East can be the primary, half of the writes there take ${NEAR_MS} ms or less (handout, The bars)`,
    evidence:
      waitsMs === 0
        ? `at ${at(cluster.nowMs)} the East has written nothing for 10 s; the primary is ${sites.primary}`
        : `at ${at(cluster.nowMs)} half of them take ${waitsMs} ms or less; the primary is ${sites.primary}`,
    lookAt: 'which applications does your choice of a primary suit?',
  });
}

function expectAllFollow(cluster: Cluster, sites: Sites): void {
  const behind = sites.behind(BEHIND_WRITES);
  // A replica that gets nothing from a primary that is dead now follows the next one.
  cluster.expect(behind.length === 0, {
    kind: 'liveness',
    ruleId: 'does-not-follow',
    rule: 'Half a minute after a fault, and a minute after a long one, all databases that run follow the primary (handout, The bars)',
    evidence: `at ${at(cluster.nowMs)} ${behind.join(', ')} ${behind.length === 1 ? 'is' : 'are'} behind ${sites.primary}`,
    lookAt: 'what does a database with writes that the primary lacks need?',
  });
}

function expectGap(
  cluster: Cluster,
  sites: Sites,
  fromMs: number,
  maxMs: number,
  words: string,
): void {
  const gapMs = sites.gapMs(fromMs);
  cluster.expect(gapMs <= maxMs, {
    kind: 'liveness',
    ruleId: 'no-primary',
    rule: `${words}, there is a primary: no ${at(maxMs)} pass without a write (handout, The bars)`,
    evidence: `from ${at(fromMs)} on, ${at(gapMs)} passed without one; ${sites.promotions.length === 0 ? 'nobody was promoted' : `${sites.primary} was promoted last`}`,
    lookAt: 'what does your failover wait for?',
  });
}

function expectNobodyPromoted(cluster: Cluster, sites: Sites, words: string): void {
  const [first] = sites.promotions;
  cluster.expect(first === undefined, {
    kind: 'liveness',
    ruleId: 'needless-failover',
    rule: `${words} no reason to promote anybody (handout, The bars)`,
    evidence: `${first?.name} was promoted at ${at(first?.atMs ?? 0)}`,
    lookAt: 'who heard the primary all along?',
  });
}
