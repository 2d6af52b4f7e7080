/**
 * The control plane of one run, as the grader sees it: what the DNS service reports, what happens to
 * the enactors, and what is measured. Nothing is taken from the repaired file.
 */
import { type Cluster, fleet, type WireMessage } from 'faultlab';
import type { ChangeOutcome, Disturbance, Plan } from './contract.ts';

const DNS = 'd1';
const PLANNER = 'p1';

interface Written {
  readonly endpoint: string;
  readonly plan: Plan;
  readonly by: string;
  readonly atMs: number;
  /** The newest plan at that time. */
  readonly newest: Plan;
}

interface Outdated extends Written {
  readonly forMs: number;
}

const NOTHING: Written = { endpoint: '', plan: 1, by: '', atMs: 0, newest: 1 };

export class ControlPlane {
  readonly enactors: readonly string[];
  readonly #cluster: Cluster;
  readonly #publishedAtMs = new Map<Plan, number>([[1, 0]]);
  readonly #plans = new Set<Plan>([1]);
  /** Who removed which plan. */
  readonly #removedBy = new Map<Plan, string>();
  readonly #records = new Map<string, Written>();
  #newest: Plan = 1;
  #inconsistent = 0;
  #otherCause: string | undefined;
  #onChange: ((change: Written) => void) | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.enactors = fleet(cluster, 'e');
    // 50–150 ms there and back.
    cluster.network({ minMs: 25, typicalMs: 50, tailChance: 0 });
    cluster.onEmit((_node, name, value) => this.#onEmit(name, value as never));
    cluster.chart(1000, [
      { name: 'with addresses', unit: '%', of: 'level', read: () => 100 * this.reachable },
      { name: 'oldest plan', unit: 's', of: 'level', read: () => this.stalest.forMs / 1000 },
      { name: 'plans kept', unit: '', of: 'level', read: () => this.plans },
      { name: 'refused', unit: '/s', of: 'count', read: () => this.#inconsistent },
    ]);
  }

  /** Share of the endpoints that have addresses, 0 … 1. */
  get reachable(): number {
    const { size } = this.#records;
    return size === 0 ? 1 : (size - this.empty.length) / size;
  }

  /** The endpoints without addresses: their plan is gone. */
  get empty(): readonly Written[] {
    return [...this.#records.values()].filter(({ plan }) => !this.#plans.has(plan));
  }

  /** The endpoint that has gone longest without the plan that it should have. */
  get stalest(): Outdated {
    const { nowMs } = this.#cluster;
    const all = [...this.#records.values()].map((record) => {
      const outdatedAtMs = this.#publishedAtMs.get(record.plan + 1) ?? nowMs;
      return { ...record, forMs: nowMs - outdatedAtMs };
    });
    return all.sort((a, b) => b.forMs - a.forMs)[0] ?? { ...NOTHING, forMs: 0 };
  }

  /** How many plans the service keeps. */
  get plans(): number {
    return this.#plans.size;
  }

  get newest(): Plan {
    return this.#newest;
  }

  /** Changes that were refused because the previous plan was gone. */
  get inconsistent(): number {
    return this.#inconsistent;
  }

  get otherCause(): string | undefined {
    return this.#otherCause;
  }

  removedBy(plan: Plan): string | undefined {
    return this.#removedBy.get(plan);
  }

  disturb(event: Disturbance): void {
    const cluster = this.#cluster;
    switch (event.do) {
      case 'stall-enactor':
        this.#stallAfterChanges(`e${event.enactor}`, event.afterChanges, event.generations);
        break;
      case 'crash-enactor': {
        const enactor = `e${event.enactor}`;
        this.#otherCause = `${enactor} was killed`;
        cluster.mark(`${enactor} is killed`);
        cluster.crash(enactor);
        cluster.after(event.forMs, () => cluster.restart(enactor));
        break;
      }
      case 'stop-planner':
        this.#otherCause = 'there were no new plans for a while';
        cluster.mark('the planner stops');
        cluster.pause(PLANNER);
        cluster.after(event.forMs, () => cluster.resume(PLANNER));
        break;
      case 'delete-plan':
        this.deletePlanInUse();
        break;
    }
  }

  /** Somebody at a console removes the plan that most endpoints have. */
  deletePlanInUse(): void {
    const plan = Math.max(...[...this.#records.values()].map((record) => record.plan));
    this.#otherCause = `plan ${plan} was deleted by hand`;
    this.#cluster.mark(`plan ${plan}, which is in use, is deleted by hand`);
    this.#cluster.invoke(DNS, 'removePlan', plan, 'console');
  }

  repairByHand(): void {
    this.#cluster.mark('the records are repaired by hand');
    this.#cluster.invoke(DNS, 'repairByHand');
  }

  /** Stops a process, and lets it go on where it was. */
  stall(enactor: string, forMs: number): void {
    const cluster = this.#cluster;
    cluster.mark(`${enactor} stalls for ${forMs / 1000} s`);
    cluster.pause(enactor);
    cluster.after(forMs, () => {
      cluster.mark(`${enactor} goes on`);
      cluster.resume(enactor);
    });
  }

  /** … until all endpoints have a plan `generations` newer than `plan`, and `moreMs` longer. */
  stallUntil(enactor: string, plan: Plan, generations: number, moreMs = 0): void {
    const cluster = this.#cluster;
    cluster.mark(`${enactor} stalls`);
    cluster.pause(enactor);
    const { nowMs } = cluster;
    this.#onChange = () => {
      const plans = [...this.#records.values()].map((record) => record.plan);
      if (Math.min(...plans) < plan + generations) return;
      this.#onChange = undefined;
      cluster.after(moreMs, () => {
        const seconds = ((cluster.nowMs - nowMs) / 1000).toFixed(1);
        cluster.mark(
          `${enactor} goes on after ${seconds} s; plan ${plan + generations} is everywhere`,
        );
        cluster.resume(enactor);
      });
    };
  }

  /** Calls `stall` while the n-th answer to this enactor that satisfies `match` is on its way. */
  beforeAnswer(
    enactor: string,
    n: number,
    match: (message: WireMessage) => boolean,
    stall: () => void,
  ): void {
    let left = n;
    this.#cluster.filter((message) => {
      const isMeant = message.kind === 'reply' && message.to === enactor && match(message);
      if (isMeant && left-- === 1) this.#cluster.after(0, stall);
      return undefined;
    });
  }

  /** The answer to the last change is on its way when the process stops. */
  #stallAfterChanges(enactor: string, count: number, generations: number): void {
    let plan: Plan = 0;
    let changes = 0;
    this.#onChange = (change) => {
      if (change.by !== enactor) return;
      changes = change.plan === plan ? changes + 1 : 1;
      plan = change.plan;
      if (changes !== count) return;
      this.#onChange = undefined;
      this.#cluster.after(0, () => this.stallUntil(enactor, plan, generations));
    };
  }

  #onEmit(
    name: string,
    value: { plan: Plan; endpoint: string; by: string; outcome: ChangeOutcome },
  ): void {
    const { plan, endpoint, by, outcome } = value;
    const { nowMs } = this.#cluster;
    if (name === 'published') {
      this.#newest = plan;
      this.#plans.add(plan);
      this.#publishedAtMs.set(plan, nowMs);
    } else if (name === 'removed') {
      this.#plans.delete(plan);
      this.#removedBy.set(plan, by);
    } else if (name === 'changed') {
      const change = { endpoint, plan, by, atMs: nowMs, newest: this.#newest };
      this.#records.set(endpoint, change);
      this.#onChange?.(change);
    } else if (name === 'refused' && outcome === 'inconsistent') this.#inconsistent++;
  }
}
