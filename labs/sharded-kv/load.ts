/**
 * How busy two groups are, and what their clients feel of it. Simulated machines take no time to work;
 * here each of them takes a while for each request of a client, one after the other.
 */
import type { Cluster, NodeId } from 'faultlab';
import type { GroupId } from './contract.ts';
import { isClient } from './scenarios/faults.ts';
import { groupOf } from './view.ts';
import { sharded } from './workload.ts';

const SERVICE_MS = 8;
/** How long a measurement takes. */
const LOAD_MS = 1200;
const CHART_EVERY_MS = 200;

export interface Load {
  /** Operations on hot keys that ended, per second. */
  readonly hotPerSecond: number;
  /** The share of all requests that `p` had to answer, in percent. */
  readonly shareOfP: number;
  /** How long an operation on another key of `p` took, on average. */
  readonly othersMs: number;
}

/** From now on machines are slow, and what they are asked is counted, and drawn below the result. */
export class LoadMeter {
  readonly #cluster: Cluster;
  readonly #requests = new Map<GroupId, number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const freeAtMs = new Map<NodeId, number>();
    cluster.filter((m) => {
      if (m.kind !== 'request' || m.method !== 'request' || !isClient(m.from)) return undefined;
      this.#requests.set(groupOf(m.to), this.#count(groupOf(m.to)) + 1);
      const endMs = Math.max(cluster.nowMs, freeAtMs.get(m.to) ?? 0) + SERVICE_MS;
      freeAtMs.set(m.to, endMs);
      return endMs - cluster.nowMs;
    });
    const [p, q] = ['p', 'q'].map((group) => {
      const read = () => this.#count(group);
      return { name: `requests to ${group}`, unit: '/s', of: 'count', read } as const;
    });
    if (p && q) cluster.chart(CHART_EVERY_MS, [p, { ...q, scaledAs: p.name }]);
  }

  #count(group: GroupId): number {
    return this.#requests.get(group) ?? 0;
  }

  /** One client uses another key of `p`, and all others the hot ones, as fast as they are answered. */
  measure({ hot, other }: { hot: readonly string[]; other: string }): Load {
    const workload = sharded(this.#cluster);
    const since = this.#cluster.nowMs;
    const before = { p: this.#count('p'), q: this.#count('q') };
    const [, neighbour = '', ...guests] = this.#cluster.clients;
    workload.begin(LOAD_MS, { clients: [neighbour], keys: [other], pauseMs: 20 });
    workload.mingle(LOAD_MS, { clients: guests, keys: hot, pauseMs: 2 });
    const done = workload.doneSince(since);
    const others = done.filter(({ input }) => input.key === other);
    const [p, q] = [this.#count('p') - before.p, this.#count('q') - before.q];
    workload.settle();
    const tookMs = others.reduce((sum, { callAt, returnAt }) => sum + returnAt - callAt, 0);
    return {
      hotPerSecond: ((done.length - others.length) * 1000) / LOAD_MS,
      shareOfP: (100 * p) / Math.max(1, p + q),
      othersMs: tookMs / Math.max(1, others.length),
    };
  }
}

export const inNumbers = ({ hotPerSecond, shareOfP, othersMs }: Load): string =>
  `p gets ${shareOfP.toFixed(0)} % of the requests, ${hotPerSecond.toFixed(0)} operations a second on hot keys end, and one on another key of p takes ${othersMs.toFixed(0)} ms`;

export const inLines = (before: Load, after: Load): readonly string[] => [
  `requests that p gets     ${before.shareOfP.toFixed(0)} % → ${after.shareOfP.toFixed(0)} %`,
  `operations on hot keys   ${before.hotPerSecond.toFixed(0)} /s → ${after.hotPerSecond.toFixed(0)} /s`,
  `one on another key of p  ${before.othersMs.toFixed(0)} ms → ${after.othersMs.toFixed(0)} ms`,
];
