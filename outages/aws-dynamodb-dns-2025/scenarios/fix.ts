/**
 * Part F: an enactor may stop at any place, for any length of time, and go on as if nothing had happened.
 * The place is drawn by the seed, so that no window is small enough.
 */
import type { Cluster, WireMessage } from 'faultlab';
import { ControlPlane } from '../control.ts';

const WARM_UP_MS = 60_000;
const STALE_MAX_MS = 30_000;
const PLANS_MAX = 50;
const CALM_MS = 300_000;
const AFTER_MS = 30_000;
/** A stall begins within two rounds or so, and lasts eleven generations. */
const STALL_MS = 90_000;
const ANSWERS = 14;
const STALLS = 8;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const LOOKS = new Set(['plans', 'record', 'lease']);
const looks = ({ method }: WireMessage) => LOOKS.has(method);
const changes = ({ method }: WireMessage) => method === 'change';
const all = () => true;

type Match = (message: WireMessage) => boolean;

/** One enactor after another stops while an answer is on its way to it, and goes on with what it read. */
export function survivesStalls(on: Match) {
  return (cluster: Cluster): void => {
    const control = new ControlPlane(cluster);
    watch(cluster, control, WARM_UP_MS);
    stallManyTimes(cluster, control, on);
  };
}

/** Stalls that end about when the plans they began with are removed: that is when they do most harm. */
function stallManyTimes(cluster: Cluster, control: ControlPlane, on: Match = changes): void {
  const { draw } = cluster;
  const running = control.enactors.filter((enactor) => cluster.isUp(enactor));
  for (let i = 0; i < STALLS; i++) {
    const enactor = running[i % running.length] as string;
    const [n, generations, moreMs] = [draw.int(1, ANSWERS), draw.int(10, 11), draw.real(0, 300)];
    control.beforeAnswer(enactor, n, on, () => {
      control.stallUntil(enactor, control.newest, generations, moreMs);
    });
    watch(cluster, control, STALL_MS);
  }
}

/** Long stalls, at any place. */
export function survivesLongStall(cluster: Cluster): void {
  const control = new ControlPlane(cluster);
  watch(cluster, control, WARM_UP_MS);
  const forMs = cluster.draw.real(30_000, 600_000);
  const stall = () => control.stall('e1', forMs);
  control.beforeAnswer('e1', cluster.draw.int(1, ANSWERS), all, stall);
  watch(cluster, control, forMs + AFTER_MS + 30_000);
  stallManyTimes(cluster, control);
}

/** Two enactors stop, at different places and for different times. */
export function survivesTwoStalls(cluster: Cluster): void {
  const control = new ControlPlane(cluster);
  watch(cluster, control, WARM_UP_MS);
  cluster.after(cluster.draw.real(0, 5000), () => control.stall('e1', 90_000));
  cluster.after(cluster.draw.real(0, 5000), () => control.stall('e2', 70_000));
  watch(cluster, control, 90_000 + AFTER_MS);
  stallManyTimes(cluster, control);
}

/** One availability zone is gone for good: two enactors go on. */
export function survivesLoss(cluster: Cluster): void {
  const control = new ControlPlane(cluster);
  watch(cluster, control, WARM_UP_MS);
  const lost = cluster.draw.pick(control.enactors);
  cluster.mark(`${lost} is gone for good`);
  cluster.crash(lost);
  watch(cluster, control, AFTER_MS);
  stallManyTimes(cluster, control);
}

/** A record that is empty for whatever reason is filled again. */
export function mendsRecords(cluster: Cluster): void {
  const control = new ControlPlane(cluster);
  watch(cluster, control, WARM_UP_MS);
  control.deletePlanInUse();
  const deletedAtMs = cluster.nowMs;
  cluster.runUntil(() => control.empty.length === 0, STALE_MAX_MS);
  const [empty] = control.empty;
  cluster.expect(empty === undefined, {
    ruleId: 'not-mended',
    rule: `An endpoint without addresses has some again within ${at(STALE_MAX_MS)} (handout, The bars)`,
    evidence: `${at(cluster.nowMs - deletedAtMs)} after plan ${empty?.plan} was deleted, ${control.empty.length} endpoints still have it, ${empty?.endpoint} among them; ${control.inconsistent} changes were refused`,
    lookAt: 'what does an enactor do when its change is refused as inconsistent?',
  });
  watch(cluster, control, AFTER_MS);
}

/** Calm: plans arrive everywhere, old ones go, and nobody asks too much. Then the stall. */
export function calmIsCheap(cluster: Cluster): void {
  const control = new ControlPlane(cluster);
  watch(cluster, control, CALM_MS);
  const perS = (1000 * cluster.count('requests')) / CALM_MS;
  const { newest } = control;
  cluster.tell(`${perS.toFixed(1)} requests a second, ${control.plans} of ${newest} plans kept`);
  cluster.expect(perS <= 40, {
    ruleId: 'too-many-requests',
    rule: 'In calm times there are at most 40 requests a second (handout, The bars)',
    evidence: `${perS.toFixed(1)} requests a second`,
    lookAt: 'what does an enactor ask for when nothing has changed?',
  });
  stallManyTimes(cluster, control);
}

/** Lets time pass; the rules that hold at all times are checked every second. */
function watch(cluster: Cluster, control: ControlPlane, ms: number): void {
  const untilMs = cluster.nowMs + ms;
  while (cluster.nowMs < untilMs) {
    cluster.run(1000);
    const [empty] = control.empty;
    if (empty !== undefined) {
      const { endpoint, plan, by, atMs, newest } = empty;
      cluster.fail({
        kind: 'safety',
        ruleId: 'empty-record',
        rule: 'An endpoint always has addresses (handout, The bars)',
        evidence: `${endpoint} was given plan ${plan} by ${by} at ${at(atMs)}, when ${newest} was the newest; at ${at(cluster.nowMs)} that plan is gone, removed by ${control.removedBy(plan)}`,
        lookAt:
          'what may have happened between the moment an enactor looked and the moment its change arrives?',
      });
    }
    const { endpoint, plan, by, atMs, forMs } = control.stalest;
    cluster.expect(forMs <= STALE_MAX_MS, {
      ruleId: 'stale-record',
      rule: `An endpoint is never outdated for longer than ${at(STALE_MAX_MS)} (handout, The bars)`,
      evidence: `at ${at(cluster.nowMs)} ${endpoint} has plan ${plan}, given by ${by} at ${at(atMs)}; the next one was published ${at(forMs)} earlier, the newest is ${control.newest}`,
      lookAt:
        'who could bring this endpoint forward, and what is it waiting for? Or who has set it back?',
    });
    cluster.expect(control.plans <= PLANS_MAX, {
      ruleId: 'plans-kept',
      rule: `At most ${PLANS_MAX} plans are kept (handout, The bars)`,
      evidence: `at ${at(cluster.nowMs)} there are ${control.plans} plans`,
      lookAt: 'who removes the plans that nobody needs?',
    });
  }
}

export { changes, looks };
