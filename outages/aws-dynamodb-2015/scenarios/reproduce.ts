/**
 * Part R: the trigger. What makes this outage what it was is not that servers left – any failure does
 * that – but that the region stays down with nothing broken, busy with work for nobody.
 */
import { type Budget, type Cluster, readTrigger } from 'faultlab';
import type { Disturbance, Trigger } from '../contract.ts';
import { Region } from '../region.ts';

export const BUDGET: Budget = {
  eventsMax: 1,
  kinds: {
    'cut-network': { share: [0, 0.6], atMs: [60_000, 90_000], forMs: [0, 10_000] },
    'stop-metadata': { atMs: [60_000, 90_000], forMs: [0, 60_000] },
    'grow-memberships': { times: [1, 6], atMs: [60_000, 90_000], forMs: [0, 60_000] },
  },
};

/** Down means that at most this share of the servers is in service. */
const DOWN = 0.05;
const CAPACITY = 4;
const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** The region a minute after the trigger is over. */
function trigger(cluster: Cluster): { region: Region; askedPerS: number } {
  const region = new Region(cluster);
  const events = readTrigger(cluster, BUDGET) as unknown as Trigger;
  for (const event of events) cluster.after(event.atMs, () => region.disturb(event));
  const [first] = events as readonly [Disturbance];
  cluster.run(first.atMs - 1);
  const askedPerS = region.asked / (cluster.nowMs / 1000);
  cluster.sometimes('the region is well before the trigger', region.inService >= 0.99);
  const overAtMs = Math.max(...events.map((event) => event.atMs + event.forMs));
  // Servers that had only just confirmed must notice, too: that takes a period, and the wait for an answer.
  cluster.run(overAtMs + 60_000 - cluster.nowMs);
  expectDown(cluster, region, 'collapse', 'The trigger takes the region down');
  return { region, askedPerS };
}

function expectDown(
  cluster: Cluster,
  region: Region,
  ruleId: keyof typeof LOOK_AT,
  rule: string,
): void {
  const inService = Math.round(region.inService * region.servers.length);
  cluster.expect(region.inService <= DOWN, {
    ruleId,
    rule: `${rule}: at most ${percent(DOWN)} of the servers in service (handout, Part R)`,
    evidence: `at ${at(cluster.nowMs)} ${inService} of ${region.servers.length} servers are in service`,
    lookAt: LOOK_AT[ruleId],
  });
}

const LOOK_AT = {
  collapse: 'how many servers must ask at the same moment before the answers come too late?',
  persistence:
    'the servers came back: from how many more questions would the line not have recovered?',
  'capacity-cures':
    'how many questions a second do all servers together ask when none is answered?',
};

export function staysDown(cluster: Cluster): void {
  const { region, askedPerS } = trigger(cluster);
  const before = { atMs: cluster.nowMs, ...measured(region) };
  for (let second = 0; second < 180; second++) {
    cluster.run(1000);
    const rule = 'With nothing broken any more, the region stays down for three minutes';
    expectDown(cluster, region, 'persistence', rule);
  }
  const seconds = (cluster.nowMs - before.atMs) / 1000;
  const now = measured(region);
  const utilisation = (now.workedMs - before.workedMs) / (region.cpus * seconds * 1000);
  const answered = now.answered - before.answered;
  const useful = (now.confirmed - before.confirmed) / Math.max(1, answered);
  const times = (now.asked - before.asked) / seconds / askedPerS;
  cluster.tell(
    `from ${at(before.atMs)} on: CPUs ${percent(utilisation)} busy, ${percent(useful)} of the answers in time, ${times.toFixed(0)} × the questions`,
  );
  cluster.expect(region.otherCause === undefined, {
    ruleId: 'other-cause',
    rule: 'What failed in 2015 was the network, and nothing else (handout, Part R)',
    evidence: `the region stays down, but ${region.otherCause}`,
    lookAt: 'who asks for its membership after a failure of the network, and when?',
  });
  cluster.expect(utilisation >= 0.95 && useful <= 0.05, {
    ruleId: 'work-for-nobody',
    rule: 'The metadata service is busy, and nearly all of its answers are late (handout, Part R)',
    evidence: `its CPUs were ${percent(utilisation)} busy, and ${percent(useful)} of ${answered} answers came in time`,
    lookAt: 'what does an answer cost, and what is it worth after a second?',
  });
  cluster.expect(times >= 10, {
    ruleId: 'amplification',
    rule: 'Questions are asked at ten times the usual rate or more (handout, Part R)',
    evidence: `${((now.asked - before.asked) / seconds).toFixed(1)} questions a second, usually ${askedPerS.toFixed(1)}`,
    lookAt: 'how often does one server ask while nobody answers?',
  });
}

const measured = ({ asked, answered, confirmed, workedMs }: Region) => {
  return { asked, answered, confirmed, workedMs };
};

export function capacityAlone(cluster: Cluster): void {
  const { region } = trigger(cluster);
  region.multiplyCapacity(CAPACITY);
  cluster.run(120_000);
  const rule = `${CAPACITY} × the capacity alone does not bring the region back`;
  expectDown(cluster, region, 'capacity-cures', rule);
}

export function pauseAndCapacity(cluster: Cluster): void {
  const { region } = trigger(cluster);
  region.pauseQuestions(60_000);
  cluster.run(10_000);
  region.multiplyCapacity(CAPACITY);
  cluster.run(50_000 + 30_000);
  cluster.expect(region.inService >= 0.99, {
    ruleId: 'no-way-back',
    rule: 'A pause in which capacity is added ends the outage, as it did in 2015 (handout, Part R)',
    evidence: `30 s after the pause ${percent(region.inService)} of the servers are in service`,
    lookAt: 'what is still broken when the questions are let in again?',
  });
}
