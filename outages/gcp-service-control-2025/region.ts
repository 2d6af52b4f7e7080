/**
 * The region of one run, as the grader sees it: how it is set up, what happens to it, and what is
 * measured. What is judged comes from what tasks report and from the datastore's CPUs.
 */
import { type Cluster, fleet } from 'faultlab';
import type { Disturbance, Policy, Settings } from './contract.ts';

const STORE = 'd1';
const CPUS = 5;
const BLANK_ROW = 7;
const QUOTA = 100;
/** A changed row is everywhere within this time. */
const SPREAD_MS = 2000;
const LOST_MAX = 10;

/** Of the two requests under each policy: one far within every quota, and one beyond most. */
const WITHIN = 10;
const BEYOND = 1000;

/** 25 reads a second: a start takes 4 s for one task alone, and 80 s for all of them at once. */
export const SHIPPED: Settings = { rows: 20, readMs: 200, startWithinMs: 30_000 };

interface Judged {
  readonly within: readonly boolean[];
  readonly beyond: readonly boolean[];
}

export class Region {
  readonly tasks: readonly string[];
  readonly #cluster: Cluster;
  readonly #down = new Set<string>();
  readonly #starting = new Set<string>();
  readonly #lost = new Set<string>();
  readonly #judged = new Map<string, Judged>();
  /** The quota of each row, as last intended. */
  readonly #quotas: (number | undefined)[];
  #crashes = 0;
  #tooSlow = 0;
  #starts = 0;
  #otherCause: string | undefined;

  constructor(cluster: Cluster, settings: Settings = SHIPPED) {
    this.#cluster = cluster;
    this.tasks = fleet(cluster, 't');
    this.#quotas = Array.from({ length: settings.rows }, () => QUOTA);
    cluster.onEmit((node, name, value) => this.#onEmit(node, name, value as never));
    cluster.chart(1000, [
      { name: 'tasks up', unit: '%', of: 'level', read: () => 100 * this.up },
      { name: 'started', unit: '/s', of: 'count', read: () => this.#starts },
      { name: 'too slow', unit: '/s', of: 'count', read: () => this.#tooSlow },
      { name: 'starting', unit: '', of: 'level', read: () => this.#starting.size },
    ]);
    cluster.cpu(STORE, { workers: CPUS });
    cluster.invoke(STORE, 'configure', settings);
    const policies: Policy[] = this.#quotas.map((_, row) => {
      return { name: `policy-${row}`, quota: { perMinute: QUOTA } };
    });
    for (const task of this.tasks) cluster.invoke(task, 'begin', settings, policies);
  }

  /** Share of the tasks that serve, 0 … 1. */
  get up(): number {
    const live = this.tasks.length - this.#lost.size;
    return (live - this.#down.size) / live;
  }

  get crashes(): number {
    return this.#crashes;
  }

  /** Starts that were killed because they took too long. */
  get tooSlow(): number {
    return this.#tooSlow;
  }

  /** Starts that ended well. */
  get starts(): number {
    return this.#starts;
  }

  get workedMs(): number {
    return this.#cluster.cpu(STORE).workedMs;
  }

  get cpus(): number {
    return CPUS;
  }

  get otherCause(): string | undefined {
    return this.#otherCause;
  }

  isUp(task: string): boolean {
    return !this.#down.has(task);
  }

  /** Of the judgements of the tasks that serve, the share that follows the policies as intended. */
  get rightly(): number {
    let right = 0;
    let all = 0;
    for (const [task, { within, beyond }] of this.#judged) {
      if (this.#down.has(task)) continue;
      for (const [row, quota] of this.#quotas.entries()) {
        all++;
        if (quota === undefined) right++;
        else if (within[row] === WITHIN < quota && beyond[row] === BEYOND < quota) right++;
      }
    }
    return all === 0 ? 1 : right / all;
  }

  disturb(event: Disturbance): void {
    const cluster = this.#cluster;
    switch (event.do) {
      case 'blank-policy':
        cluster.mark(`policy-${BLANK_ROW} is written with blank fields`);
        this.#write(BLANK_ROW, undefined);
        cluster.after(event.forMs, () => {
          cluster.mark('it is taken back');
          this.#write(BLANK_ROW, QUOTA);
        });
        break;
      case 'restart-tasks': {
        const count = Math.round(event.share * this.tasks.length);
        this.#otherCause = `${count} tasks were restarted by hand`;
        this.restart(cluster.draw.shuffle(this.tasks).slice(0, count));
        break;
      }
      case 'stop-datastore':
        this.#otherCause = 'the datastore did not answer for a while';
        cluster.mark(`the datastore stops for ${event.forMs / 1000} s`);
        cluster.pause(STORE);
        cluster.after(event.forMs, () => cluster.resume(STORE));
        break;
    }
  }

  /** All at once. */
  restart(tasks: readonly string[]): void {
    this.#cluster.mark(`${tasks.length} of ${this.tasks.length} tasks are restarted`);
    for (const task of tasks) this.#cluster.invoke(task, 'kill');
  }

  /** Machines fail for good: those of the tasks that are starting, ten at most. */
  loseThoseThatStart(): void {
    const lost = [...this.#starting].slice(0, LOST_MAX);
    this.#cluster.mark(`${lost.length} tasks are lost for good while they start`);
    for (const task of lost) {
      this.#cluster.crash(task);
      this.#lost.add(task);
      this.#down.delete(task);
    }
    for (const task of lost) this.#starting.delete(task);
  }

  /** A policy is changed correctly. */
  setQuota(row: number, quota: number): void {
    this.#cluster.mark(`the quota of policy-${row} is now ${quota}`);
    this.#write(row, quota);
  }

  /** What operators can do from outside: hold tasks back, and let them go in small groups. */
  throttle(groupSize: number, everyMs: number): void {
    const cluster = this.#cluster;
    cluster.mark('all tasks that are down are held back');
    const held = this.tasks.filter((task) => this.#down.has(task));
    for (const task of held) cluster.pause(task);
    for (let i = 0; i < held.length; i += groupSize) {
      cluster.after(60_000 + (i / groupSize) * everyMs, () => {
        if (i === 0) cluster.mark(`… and let go, ${groupSize} every ${everyMs / 1000} s`);
        for (const task of held.slice(i, i + groupSize)) cluster.resume(task);
      });
    }
  }

  #write(row: number, quota: number | undefined): void {
    const cluster = this.#cluster;
    // Judgements are held against what was intended, and nobody intends a blank.
    if (quota !== undefined) this.#quotas[row] = quota;
    cluster.invoke(STORE, 'write', row, ...(quota === undefined ? [] : [quota]));
    for (const task of this.tasks) {
      cluster.after(cluster.draw.real(0, SPREAD_MS), () => {
        if (!this.#down.has(task)) cluster.invoke(task, 'policyChanged', row);
      });
    }
  }

  #onEmit(node: string, name: string, value: Judged & { reason: string }): void {
    if (name === 'judged') this.#judged.set(node, value);
    else if (name === 'starting') this.#starting.add(node);
    else if (name === 'up') {
      this.#down.delete(node);
      this.#starting.delete(node);
      this.#starts++;
    } else if (name === 'down') {
      this.#down.add(node);
      this.#starting.delete(node);
      this.#judged.delete(node);
      if (value.reason === 'crashed') this.#crashes++;
      else this.#tooSlow++;
    }
  }
}
