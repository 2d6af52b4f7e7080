/**
 * Part R: the trigger. Bad data crashes everybody, which is half of this outage. The other half begins
 * when the data is good again.
 */
import { type Budget, type Cluster, readTrigger } from 'faultlab';
import type { Trigger } from '../contract.ts';
import { Region } from '../region.ts';

const AT = { atMs: [60_000, 90_000] } as const;

export const BUDGET: Budget = {
  eventsMax: 1,
  kinds: {
    'blank-policy': { ...AT, forMs: [0, 300_000] },
    'restart-tasks': { share: [0, 1], ...AT },
    'stop-datastore': { ...AT, forMs: [0, 300_000] },
  },
};

const DOWN = 0.05;
const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** The region a minute after the trigger is over. */
function trigger(cluster: Cluster): Region {
  const region = new Region(cluster);
  const events = readTrigger(cluster, BUDGET) as unknown as Trigger;
  for (const event of events) cluster.after(event.atMs, () => region.disturb(event));
  cluster.run(60_000 - 1);
  cluster.sometimes('all tasks serve before the trigger', region.up === 1);
  const overAtMs = Math.max(...events.map((e) => e.atMs + ('forMs' in e ? e.forMs : 0)));
  cluster.run(overAtMs + 60_000 - cluster.nowMs);
  return region;
}

function expectDown(cluster: Cluster, region: Region, ruleId: string, rule: string): void {
  const count = Math.round(region.up * region.tasks.length);
  cluster.expect(region.up <= DOWN, {
    ruleId,
    rule: `${rule}: at most ${percent(DOWN)} of the tasks serve (handout, Part R)`,
    evidence: `at ${at(cluster.nowMs)} ${count} of ${region.tasks.length} tasks serve; ${region.crashes} crashes and ${region.tooSlow} starts that were too slow so far`,
    lookAt: 'how many tasks must start at the same time before none of them is ready in 30 s?',
  });
}

export function staysDown(cluster: Cluster): void {
  const region = trigger(cluster);
  const { workedMs, starts, tooSlow } = region;
  const beganAtMs = cluster.nowMs;
  for (let second = 0; second < 180; second++) {
    expectDown(cluster, region, 'comes-back', 'The region stays down for three minutes');
    cluster.run(1000);
  }
  const utilisation = (region.workedMs - workedMs) / (region.cpus * (cluster.nowMs - beganAtMs));
  const inVain = region.tooSlow - tooSlow;
  cluster.tell(
    `after the trigger: datastore ${percent(utilisation)} busy, ${region.starts - starts} starts ended well, ${inVain} were too slow`,
  );
  cluster.expect(region.otherCause === undefined && region.crashes >= region.tasks.length, {
    ruleId: 'other-cause',
    rule: 'It was a policy that crashed all tasks (handout, Part R)',
    evidence: `the region stays down, but ${region.otherCause ?? `only ${region.crashes} tasks crashed`}`,
    lookAt: 'which data does every task read, and what does it do with it?',
  });
  cluster.expect(utilisation >= 0.95 && inVain >= 5 * region.tasks.length, {
    ruleId: 'no-herd',
    rule: 'The datastore is busy all the time, with starts that are killed before they end (handout, Part R)',
    evidence: `its CPUs are ${percent(utilisation)} busy; ${inVain} starts were too slow in three minutes`,
    lookAt: 'what is a read worth to a task that is killed before its last one?',
  });
}

/** The operators' way out: fewer at a time. */
export function throttled(cluster: Cluster): void {
  const region = trigger(cluster);
  expectDown(cluster, region, 'comes-back', 'The region is down before it is throttled');
  region.throttle(5, 10_000);
  cluster.run(60_000 + region.tasks.length * 2000 + 60_000);
  cluster.expect(region.up >= 0.95, {
    ruleId: 'no-way-back',
    rule: 'Let go in small groups, the tasks come back (handout, Part R)',
    evidence: `at ${at(cluster.nowMs)} ${percent(region.up)} of the tasks serve`,
    lookAt: 'what is still wrong with the data when the tasks are let go?',
  });
}
