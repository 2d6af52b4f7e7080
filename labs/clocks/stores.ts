/**
 * Part D: the time masters that set the clocks of the nodes, within what they promise, and the clients
 * of the stores.
 */
import type { Cluster, NodeId } from 'faultlab';
import type { Interval, Version } from './contract.ts';
import { s } from './rules/events.ts';

/** The key that lives on a node: `k2` on `t2`. */
export const keyOn = (node: NodeId) => node.replace(/^t/, 'k');

/** How much longer a wait may take than the interval of the clock is wide. */
export const SLACK_MS = 10;

interface Truth {
  /** By how much the wall clock was ahead of the absolute time at `sinceMs`. */
  readonly offsetMs: number;
  readonly sinceMs: number;
  readonly rate: number;
}

export class Stores {
  readonly #cluster: Cluster;
  readonly #clocks = new Map<NodeId, Truth>();
  readonly #open = new Map<string, number>();
  #values = 0;
  #calls = 0;
  /** Calls that have been answered. */
  answered = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  #truth(node: NodeId): Truth {
    return this.#clocks.get(node) ?? { offsetMs: 0, sinceMs: 0, rate: 1 };
  }

  #offset(node: NodeId): number {
    const { offsetMs, sinceMs, rate } = this.#truth(node);
    return offsetMs + (rate - 1) * (this.#cluster.nowMs - sinceMs);
  }

  /** The clock runs at this speed from now on: at most 200 ppm off. */
  drift(node: NodeId, rate: number): void {
    const offsetMs = this.#offset(node);
    this.#clocks.set(node, { offsetMs, sinceMs: this.#cluster.nowMs, rate });
    this.#cluster.clockRate(node, rate);
  }

  /**
   * The masters set the clock: it is now `offsetMs` ahead, and they tell the node that it is off by at
   * most `uncertaintyMs`. A silent node is not reached.
   */
  synchronise(node: NodeId, offsetMs: number, uncertaintyMs: number): void {
    if (this.#cluster.isPaused(node)) return;
    const jumpMs = offsetMs - this.#offset(node);
    if (jumpMs !== 0) this.#cluster.jumpClock(node, jumpMs);
    this.#clocks.set(node, { ...this.#truth(node), offsetMs, sinceMs: this.#cluster.nowMs });
    this.#cluster.invoke(node, 'synchronised', uncertaintyMs);
  }

  /** Clocks as far apart as is allowed: one ahead, one behind, one right. */
  spread(uncertaintyMs: number): void {
    const share = this.#cluster.draw.shuffle([1, -1, 0]);
    this.#cluster.nodes.forEach((node, i) => {
      this.synchronise(node, uncertaintyMs * (share[i % share.length] ?? 0), uncertaintyMs);
    });
  }

  now(node: NodeId): Interval {
    return this.#cluster.invoke(node, 'now') as Interval;
  }

  /** Commits a new value; `then` runs at the very instant of the answer. */
  commit(node: NodeId, key: string, then: (at: number) => void = () => {}): void {
    const value = `v${++this.#values}`;
    this.#call(node, 'commit', [key, value], (at) => then(at as number));
  }

  read(node: NodeId, key: string, then: (version: Version | null) => void = () => {}): void {
    this.#call(node, 'read', [key], (version) => then(version as Version | null));
  }

  readAt(node: NodeId, key: string, at: number): void {
    this.#call(node, 'readAt', [key, at], () => {});
  }

  #call(
    node: NodeId,
    method: string,
    args: readonly unknown[],
    then: (value: unknown) => void,
  ): void {
    if (this.#cluster.isPaused(node)) {
      this.#cluster.after(20, () => this.#call(node, method, args, then));
      return;
    }
    const call = `call ${++this.#calls}, ${method} ${args.join(' ')} on ${node}`;
    this.#open.set(call, this.#cluster.nowMs);
    this.#cluster.request(node, method, args, (outcome) => {
      if (!outcome.ok) {
        this.#cluster.fail({
          kind: 'contract',
          ruleId: 'rejected',
          rule: 'commit, read and readAt resolve; they never reject (contract, StoreLike)',
          evidence: `${call}, was rejected with ${outcome.error}${outcome.where}`,
        });
      }
      this.#cluster.after(0, () => {
        this.#open.delete(call);
        this.answered++;
        then(outcome.value);
      });
    });
  }

  /**
   * One commit after another, each on a random node, begun when the last one was answered; with `reads`,
   * each is read before the next one begins.
   */
  chain(length: number, { reads = false } = {}): void {
    const next = (left: number) => {
      if (left === 0) return;
      const node = this.#cluster.draw.pick(this.#cluster.nodes);
      const then = () => next(left - 1);
      this.commit(node, keyOn(node), reads ? () => this.read(node, keyOn(node), then) : then);
    };
    next(length);
  }

  /** All open calls are answered within this time. */
  expectAnswers(withinMs: number, why: string): void {
    if (this.#cluster.runUntil(() => this.#open.size === 0, withinMs)) return;
    const [[call, sinceMs] = ['', 0]] = this.#open;
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'needless-wait',
      rule: 'A call waits as long as it must, and no longer (handout, The contract)',
      evidence: `${call}, made at ${s(sinceMs)}, was not answered by ${s(this.#cluster.nowMs)}: ${why}`,
      lookAt: 'for which reading of which clock does this call wait?',
    });
  }

  /** Commits that are made now, all at once, take as long as the interval of the clock is wide. */
  expectQuickCommits(node: NodeId, count: number): void {
    const { earliestMs, latestMs } = this.now(node);
    const widthMs = latestMs - earliestMs;
    for (let i = 0; i < count; i++) this.commit(node, keyOn(node));
    const others = count === 1 ? '' : `, and 1 ms more for each of ${count} commits at once`;
    this.expectAnswers(
      widthMs + SLACK_MS + count - 1,
      `the interval of the clock is ${widthMs.toFixed(1)} ms wide; ${SLACK_MS} ms more are allowed${others}`,
    );
  }
}

/** The stores of a run; made on first use. */
export function stores(cluster: Cluster): Stores {
  return cluster.state('stores', () => new Stores(cluster));
}
