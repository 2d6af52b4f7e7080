/**
 * Part F: data that makes no sense must not crash anybody, and a crash of everybody must be survived
 * all the same. Then one dimension at a time.
 */
import type { Cluster } from 'faultlab';
import type { Settings } from '../contract.ts';
import { Region, SHIPPED } from '../region.ts';

const WARM_UP_MS = 60_000;
const BACK = 0.95;
const RIGHT_MIN = 0.94;
const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

interface Herd {
  readonly settings?: Partial<Settings>;
  /** Within this time the region must be back. */
  readonly withinMs?: number;
  /** This long after, the tasks that are starting are lost for good. */
  readonly lostAfterMs?: number;
}

/** All tasks crash at once, and most are back in time. */
export function comesBack({ settings = {}, withinMs = 180_000, lostAfterMs }: Herd = {}) {
  return (cluster: Cluster): void => {
    const region = new Region(cluster, { ...SHIPPED, ...settings });
    cluster.run(WARM_UP_MS);
    region.restart(region.tasks);
    if (lostAfterMs !== undefined) {
      cluster.run(lostAfterMs);
      region.loseThoseThatStart();
    }
    expectBack(cluster, region, withinMs);
  };
}

function expectBack(cluster: Cluster, region: Region, withinMs: number): void {
  const beganAtMs = cluster.nowMs;
  const isBack = cluster.runUntil(() => region.up >= BACK, withinMs);
  cluster.tell(`back after ${at(cluster.nowMs - beganAtMs)}, ${region.tooSlow} starts in vain`);
  cluster.expect(isBack, {
    ruleId: 'herd',
    rule: `${percent(BACK)} of the tasks serve again within ${at(withinMs)} (handout, The bars)`,
    evidence: `after ${at(withinMs)} ${percent(region.up)} of ${region.tasks.length} tasks serve; ${region.starts} starts ended well, ${region.tooSlow} were killed because they took too long`,
    lookAt:
      region.tooSlow > region.tasks.length
        ? 'how many tasks read at the same time, and how long does a start take then?'
        : 'the datastore has time to spare: which tasks do not begin to start?',
  });
}

/** A policy is blank for a while; then another is changed correctly. */
export function blankPolicy(cluster: Cluster): void {
  const region = new Region(cluster);
  cluster.run(WARM_UP_MS);
  region.disturb({ do: 'blank-policy', atMs: cluster.nowMs, forMs: 120_000 });
  for (let second = 0; second < 150; second++) {
    cluster.run(1000);
    // Some tasks start just now, and have never seen the policy as it was.
    if (second === 60) region.restart(region.tasks.slice(0, 10));
    if (second < 60) expectNoCrash(cluster, region);
    expectRight(cluster, region);
  }
  expectBack(cluster, region, 60_000);
  region.setQuota(3, 5);
  cluster.run(30_000);
  cluster.expect(region.rightly >= 0.99, {
    ruleId: 'old-policy',
    rule: 'A policy that is changed is followed within 30 s (handout, The bars)',
    evidence: `30 s after the quota of policy-3 was lowered to 5, ${percent(region.rightly)} of the judgements follow the policies`,
    lookAt: 'what does a task do with a change that makes sense?',
  });
  region.restart(region.tasks);
  expectBack(cluster, region, 180_000);
}

function expectNoCrash(cluster: Cluster, region: Region): void {
  cluster.expect(region.crashes === 0, {
    ruleId: 'crash',
    kind: 'safety',
    rule: 'No policy crashes a task (handout, The bars)',
    evidence: `${region.crashes} tasks had crashed by ${at(cluster.nowMs)}: policy-7 has no quota`,
    lookAt: 'which field does the code rely on, and who has promised that it is there?',
  });
}

function expectRight(cluster: Cluster, region: Region): void {
  cluster.expect(region.rightly >= RIGHT_MIN, {
    ruleId: 'wrong-judgements',
    kind: 'safety',
    rule: `While one policy of twenty is blank, ${percent(RIGHT_MIN)} of the judgements are right (handout, The bars)`,
    evidence: `at ${at(cluster.nowMs)} ${percent(region.rightly)} of the judgements of the tasks that serve follow the policies as they were meant`,
    lookAt: 'how many policies does your task give up on because one makes no sense?',
  });
}

/** Calm: one task that crashes is back soon. Then all of them. */
export function oneIsBackSoon(cluster: Cluster): void {
  const region = new Region(cluster);
  const [one = ''] = region.tasks;
  for (let i = 0; i < 3; i++) {
    cluster.run(90_000);
    region.restart([one]);
    cluster.runUntil(() => region.isUp(one), 30_000);
    cluster.expect(region.isUp(one), {
      ruleId: 'slow-start',
      rule: 'A task that crashes alone serves again within 30 s (handout, The bars)',
      evidence: `${one} was killed at ${at(cluster.nowMs - 30_000)}, and does not serve 30 s later`,
      lookAt: 'what does a task that starts alone wait for?',
    });
  }
  region.restart(region.tasks);
  expectBack(cluster, region, 180_000);
}
