/**
 * Programs that want a lock: they acquire it, hold it for a while, and give it back. This records
 * exactly who holds it when: from the instant at which `acquire` resolves to the instant at which
 * `release` is called.
 */
import type { Cluster, NodeId } from 'faultlab';
import type { GetResult } from './contract.ts';
import { s } from './workload.ts';

export const LOCK = 'the-lock';
/** On a network that lets messages through, a free lock has a holder within this time. */
export const ACQUIRE_WITHIN_MS = 4000;
export const RELEASE_WITHIN_MS = 4000;

export class Holders {
  readonly #cluster: Cluster;
  #holder: { readonly client: NodeId; readonly sinceMs: number } | undefined;
  /** How often each client has held the lock. */
  readonly turns = new Map<NodeId, number>();
  /** Calls that are still open, and since when. */
  readonly #open = new Map<string, number>();
  /** What to ask when two clients hold the lock; a scenario that provokes this asks something better. */
  doubt = 'how does a client know that the lock is its own?';

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  get holder(): NodeId | undefined {
    return this.#holder?.client;
  }

  acquire(client: NodeId, then?: () => void): void {
    this.#call(client, 'acquire', () => {
      const { nowMs } = this.#cluster;
      const other = this.#holder;
      this.#cluster.expect(other === undefined, {
        kind: 'safety',
        ruleId: 'mutual-exclusion',
        rule: 'Mutual exclusion: at most one client holds the lock (contract, LockLike)',
        evidence: `${other?.client} has held it since ${s(other?.sinceMs ?? 0)};  ${client} was given it at ${s(nowMs)}`,
        lookAt: this.doubt,
      });
      this.#holder = { client, sinceMs: nowMs };
      this.turns.set(client, (this.turns.get(client) ?? 0) + 1);
      then?.();
    });
  }

  release(client: NodeId, then?: () => void): void {
    this.#holder = undefined;
    this.#call(client, 'release', () => then?.());
  }

  #call(client: NodeId, method: 'acquire' | 'release', then: () => void): void {
    const key = `${method} of ${client}`;
    this.#open.set(key, this.#cluster.nowMs);
    this.#cluster.request(client, method, [LOCK], (outcome) => {
      if (!outcome.ok) {
        this.#cluster.fail({
          kind: 'contract',
          ruleId: 'rejected',
          rule: 'acquire and release resolve; they never reject (contract, LockLike)',
          evidence: `the ${key} was rejected with ${outcome.error}${outcome.where}`,
        });
      }
      this.#open.delete(key);
      this.#cluster.after(0, then);
    });
  }

  /** Each client acquires, holds, releases and comes again, until the time is up. */
  contend(options: {
    readonly ms: number;
    readonly holdMs: number;
    readonly restMs: number;
  }): void {
    const endMs = this.#cluster.nowMs + options.ms;
    for (const client of this.#cluster.clients) {
      const again = () => {
        if (this.#cluster.nowMs >= endMs) return;
        this.acquire(client, () => {
          this.#cluster.after(options.holdMs, () => {
            this.release(client, () => this.#cluster.after(options.restMs, again));
          });
        });
      };
      this.#cluster.after(this.#cluster.draw.int(0, 10), again);
    }
    this.#cluster.run(options.ms);
  }

  /** Waits until nobody holds the lock and nobody wants it. */
  settle(withinMs = ACQUIRE_WITHIN_MS * this.#cluster.clients.length): void {
    const isQuiet = () => this.#open.size === 0 && this.#holder === undefined;
    if (this.#cluster.runUntil(isQuiet, withinMs)) return;
    this.stuck();
  }

  expectHolder(client: NodeId, withinMs = ACQUIRE_WITHIN_MS): void {
    if (!this.#cluster.runUntil(() => this.holder === client, withinMs)) this.stuck();
  }

  stuck(
    lookAt = 'what is stored under the key of the lock now, and who could take it away?',
  ): never {
    const open = [...this.#open].map(([what, sinceMs]) => `the ${what} since ${s(sinceMs)}`);
    const waiting = [...this.#open.keys()].map((what) => what.split(' of ')[1] as NodeId);
    const silence = this.#cluster.silence(...waiting);
    const holder = this.#holder && `${this.#holder.client} since ${s(this.#holder.sinceMs)}`;
    const evidence = `still open at ${s(this.#cluster.nowMs)}: ${open.join(', ') || 'no calls'}; holder: ${holder ?? 'nobody'}`;
    return this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'lock-stuck',
      rule: 'A lock that is free is given to somebody who wants it (handout, The contract)',
      evidence: `${evidence}${silence}${this.#key()}`,
      lookAt,
    });
  }

  /** What a client finds under the key of the lock; empty when it gets no answer. */
  #key(): string {
    const [client = ''] = this.#cluster.clients;
    let found: GetResult | undefined;
    this.#cluster.request(client, 'get', [LOCK], (outcome) => {
      if (outcome.ok) found = outcome.value as GetResult;
    });
    if (!this.#cluster.runUntil(() => found !== undefined, 1000) || found === undefined) return '';
    if (!found.ok) return '; its key was never written';
    return `; its key holds ${JSON.stringify(found.value).slice(0, 60)} at version ${found.version}`;
  }
}

/** The holders of a run; made on first use. */
export function holders(cluster: Cluster): Holders {
  return cluster.state('holders', () => new Holders(cluster));
}
