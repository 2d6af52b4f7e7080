/**
 * Part R: the trigger. There are many ways to an endpoint without addresses; in this one every process
 * runs, every single step is as intended, and nobody can mend what they have done together.
 */
import { type Budget, type Cluster, readTrigger } from 'faultlab';
import type { Trigger } from '../contract.ts';
import { ControlPlane } from '../control.ts';

const TIMES = { atMs: [60_000, 90_000] } as const;

export const BUDGET: Budget = {
  eventsMax: 1,
  kinds: {
    'stall-enactor': { enactor: [1, 3], afterChanges: [1, 12], generations: [1, 20], ...TIMES },
    'crash-enactor': { enactor: [1, 3], ...TIMES, forMs: [0, 120_000] },
    'stop-planner': { ...TIMES, forMs: [0, 120_000] },
    'delete-plan': TIMES,
  },
};

/** A plan that is more than this many generations older than the one applied is cleaned up. */
const KEPT = 10;
/** A stall of 20 generations is over by then. */
const OVER_AT_MS = 220_000;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** The control plane when the trigger is over. */
function trigger(cluster: Cluster): ControlPlane {
  const control = new ControlPlane(cluster);
  const events = readTrigger(cluster, BUDGET) as unknown as Trigger;
  for (const event of events) cluster.after(event.atMs, () => control.disturb(event));
  cluster.run(60_000 - 1);
  cluster.sometimes('all is well before the trigger', control.stalest.forMs < 15_000);
  cluster.run(OVER_AT_MS - cluster.nowMs);
  const { plan, forMs } = control.stalest;
  cluster.expect(control.empty.length > 0, {
    ruleId: 'no-empty-record',
    rule: 'Endpoints are left without addresses (handout, Part R)',
    evidence: `at ${at(cluster.nowMs)} all 12 endpoints have addresses; the oldest plan in use is ${plan}, the newest ${control.newest}, outdated for ${at(forMs)}`,
    lookAt: 'how old must a plan that is still being written be before somebody removes it?',
  });
  return control;
}

export function staysEmpty(cluster: Cluster): void {
  const control = trigger(cluster);
  const { inconsistent } = control;
  const before = control.empty;
  for (let second = 0; second < 180; second++) {
    cluster.run(1000);
    cluster.expect(control.empty.length > 0, {
      ruleId: 'heals',
      rule: 'With every process running, endpoints stay without addresses for three minutes (handout, Part R)',
      evidence: `at ${at(cluster.nowMs)} all have addresses again; ${before.length} were without`,
      lookAt: 'what does the next round of an enactor do to an endpoint whose plan is gone?',
    });
  }
  cluster.expect(control.otherCause === undefined, {
    ruleId: 'other-cause',
    rule: 'Every process ran, and nobody deleted a plan by hand (handout, Part R)',
    evidence: `endpoints have no addresses, but ${control.otherCause}`,
    lookAt: 'which of the processes was only late?',
  });
  const [empty] = control.empty;
  if (empty === undefined) return;
  const { endpoint, plan, by, atMs, newest } = empty;
  const remover = control.removedBy(plan) ?? 'nobody';
  cluster.tell(
    `${control.empty.length} endpoints: ${by} wrote plan ${plan} when ${newest} was the newest, ${remover} removed it; ${control.inconsistent - inconsistent} changes refused since`,
  );
  cluster.expect(newest - plan > KEPT, {
    ruleId: 'no-old-plan',
    rule: 'The plan that was written last is more than ten generations old (handout, Part R)',
    evidence: `${endpoint} was given plan ${plan} by ${by} at ${at(atMs)}, when ${newest} was the newest`,
    lookAt: 'how many plans come while an enactor stalls?',
  });
  cluster.expect(remover !== by && remover.startsWith('e'), {
    ruleId: 'no-clean-up',
    rule: 'Another enactor has removed the plan, as its clean-up is meant to (handout, Part R)',
    evidence: `plan ${plan} of ${endpoint} was written by ${by} and removed by ${remover}`,
    lookAt: 'who removes old plans, and when?',
  });
  cluster.expect(control.inconsistent - inconsistent >= 10, {
    ruleId: 'not-stuck',
    rule: 'The enactors try again and again, and are refused (handout, Part R)',
    evidence: `${control.inconsistent - inconsistent} changes were refused in three minutes`,
    lookAt: 'what does a change need to know about the previous plan?',
  });
}

export function repairedByHand(cluster: Cluster): void {
  const control = trigger(cluster);
  control.repairByHand();
  for (let second = 0; second < 120; second++) {
    cluster.run(1000);
    const { endpoint, forMs } = control.stalest;
    cluster.expect(control.empty.length === 0 && forMs < 30_000, {
      ruleId: 'breaks-again',
      rule: 'Once the records are repaired by hand, all is well again (handout, Part R)',
      evidence: `${second + 1} s later ${control.empty.length} endpoints have no addresses, and ${endpoint} has been outdated for ${at(forMs)}`,
      lookAt: 'is your trigger over by then?',
    });
  }
}
