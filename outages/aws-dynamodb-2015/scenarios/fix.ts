/**
 * Part F: the same cut, then one dimension at a time. A repair that is tuned to the first region breaks
 * in one of the others; and what the membership was for must still work.
 */
import type { Cluster } from 'faultlab';
import type { Settings } from '../contract.ts';
import { Region, SHIPPED } from '../region.ts';

const CUT_AT_MS = 60_000;
/** This long after the network is back, the region must be well. */
const BACK_WITHIN_MS = 60_000;
/** And stay so until every membership from before the cut would be too old. */
const WATCHED_MS = 65_000;
const WELL = 0.99;

const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

interface Case {
  readonly settings?: Partial<Settings>;
  /** How long the cut is. */
  readonly forMs?: number;
}

/** The claim of most of part F: whatever is cut off together is back in service within a minute. */
export function comesBack({ settings = {}, forMs = 5000 }: Case = {}) {
  return (cluster: Cluster): void => {
    const region = new Region(cluster, { ...SHIPPED, ...settings });
    runChecked(cluster, region, CUT_AT_MS);
    const { asked } = region;
    const wellAfterMs = survivesCut(cluster, region, forMs);
    const perServer = (region.asked - asked) / region.servers.length;
    cluster.tell(
      `well ${at(wellAfterMs)} after the cut; ${perServer.toFixed(1)} questions per server since it began`,
    );
  };
}

/** All servers are cut off together. Returns how long after that the region was well. */
function survivesCut(cluster: Cluster, region: Region, forMs: number): number {
  region.disturb({ do: 'cut-network', share: 1, atMs: cluster.nowMs, forMs });
  runChecked(cluster, region, forMs);
  const overAtMs = cluster.nowMs;
  let wellAfterMs: number | undefined;
  while (cluster.nowMs < overAtMs + BACK_WITHIN_MS + WATCHED_MS) {
    runChecked(cluster, region, 1000);
    if (region.inService < WELL) wellAfterMs = undefined;
    else wellAfterMs ??= cluster.nowMs - overAtMs;
    if (cluster.nowMs >= overAtMs + BACK_WITHIN_MS) expectWell(cluster, region, overAtMs);
  }
  return wellAfterMs ?? BACK_WITHIN_MS;
}

function expectWell(cluster: Cluster, region: Region, overAtMs: number): void {
  if (region.inService >= WELL) return;
  const share = percent(region.inService);
  const atMs = cluster.nowMs - overAtMs;
  // What keeps them out shows in the seconds from here on.
  const { asked, answered, confirmed } = region;
  cluster.run(10_000);
  const perS = (now: number, before: number) => ((now - before) / 10).toFixed(1);
  const isWasted = region.confirmed - confirmed < 0.5 * (region.answered - answered);
  cluster.fail({
    kind: 'liveness',
    ruleId: 'recovery',
    rule: `From ${at(BACK_WITHIN_MS)} after the cut onwards, ${percent(WELL)} of the servers are in service (handout, The bars)`,
    evidence: `${at(atMs)} after the network is back ${share} are in service; per second: ${perS(region.asked, asked)} questions, ${perS(region.answered, answered)} answers, ${perS(region.confirmed, confirmed)} of them in time`,
    lookAt: isWasted
      ? 'which of the answers being worked on is somebody still waiting for?'
      : 'the answers come in time: which servers do not ask?',
  });
}

/** Lets time pass in steps of a second, and looks for servers that serve what they may have lost. */
function runChecked(cluster: Cluster, region: Region, ms: number): void {
  const untilMs = cluster.nowMs + ms;
  const ageMaxMs = 2 * region.renewEveryMs;
  while (cluster.nowMs < untilMs) {
    cluster.run(Math.min(1000, untilMs - cluster.nowMs));
    const [stale] = region.stale(ageMaxMs);
    if (stale === undefined) continue;
    cluster.fail({
      kind: 'safety',
      ruleId: 'stale-membership',
      rule: `A server whose membership is older than two periods is not in service: its partitions may be another's (handout, The bars)`,
      evidence: `${stale.server} is in service at ${at(cluster.nowMs)}; its membership is ${at(stale.ageMs)} old, at most ${at(ageMaxMs)} is allowed`,
      lookAt: 'when must a server that hears nothing stop serving?',
    });
  }
}

/** Calm: nobody waits, and nobody asks more often than it must. */
export function calmIsCheap(cluster: Cluster): void {
  const region = new Region(cluster);
  runChecked(cluster, region, 240_000);
  const sorted = [...region.tookMs].sort((a, b) => a - b);
  const p99Ms = sorted[Math.floor(sorted.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  const perPeriod = region.asked / region.servers.length / (240_000 / region.renewEveryMs);
  cluster.tell(`99 % of the answers within ${p99Ms.toFixed(0)} ms`);
  cluster.expect(region.inService === 1 && p99Ms <= 1000, {
    ruleId: 'calm-latency',
    rule: 'In calm times all servers are in service, and 99 % of the answers come within 1 s (handout, The bars)',
    evidence: `${percent(region.inService)} in service; 99 % of ${sorted.length} answers came within ${p99Ms.toFixed(0)} ms`,
    lookAt: 'which servers does the metadata service keep waiting while it could work?',
  });
  cluster.expect(perPeriod >= 0.8 && perPeriod <= 1.2, {
    ruleId: 'calm-cost',
    rule: 'In calm times a server asks once a period, give or take a fifth (handout, The bars)',
    evidence: `${perPeriod.toFixed(2)} questions per server and period`,
    lookAt: 'how many questions does one confirmation take when nothing is wrong?',
  });
  // A region that has not been repaired is calm, too.
  survivesCut(cluster, region, 5000);
}

/** The mechanism: a server that cannot confirm its membership must leave, and comes back when it can. */
export function oneAlone(cluster: Cluster): void {
  const region = new Region(cluster);
  const [alone = '', ...others] = region.servers;
  runChecked(cluster, region, CUT_AT_MS);
  cluster.mark(`${alone} loses the network for 150 s`);
  region.cutOff([alone], 150_000);
  runChecked(cluster, region, 150_000);
  cluster.expect(region.inService >= others.length / region.servers.length, {
    ruleId: 'others-suffer',
    rule: 'A server that is cut off alone takes nobody else out of service (handout, The bars)',
    evidence: `${percent(region.inService)} are in service while only ${alone} is cut off`,
    lookAt: 'what does one server that asks in vain cost the others?',
  });
  runChecked(cluster, region, BACK_WITHIN_MS);
  expectWell(cluster, region, cluster.nowMs - BACK_WITHIN_MS);
  cluster.expect(region.inService === 1, {
    ruleId: 'gives-up',
    rule: 'A server that was cut off comes back (handout, The bars)',
    evidence: `${alone} is out of service ${at(BACK_WITHIN_MS)} after its network is back`,
    lookAt: 'what makes a server that has given up ask again?',
  });
  survivesCut(cluster, region, 5000);
}
