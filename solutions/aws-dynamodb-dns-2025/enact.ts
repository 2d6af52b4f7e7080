/**
 * What an enactor does in a round. Whatever it has read may be out of date by the time it writes, by any
 * length of time: so each change says what was read, and is refused when that is no longer true. A plan
 * that an endpoint still has is not removed; and an endpoint without addresses is repaired.
 */
import type { Dns, Plan } from './contract.ts';

const KEPT = 10;

export class Enactor {
  readonly #dns: Dns;

  constructor(dns: Dns) {
    this.#dns = dns;
  }

  async round(): Promise<void> {
    const plans = await this.#dns.plans();
    const newest = plans.at(-1) ?? 0;
    const inUse = new Set<Plan>();
    for (const endpoint of this.#dns.endpoints) {
      inUse.add(await this.#bring(endpoint, newest));
    }
    // Endpoints only move forward: an old plan that none had in this round, none will have again.
    for (const plan of plans) {
      if (plan < newest - KEPT && !inUse.has(plan)) await this.#dns.remove(plan);
    }
  }

  /** Brings an endpoint to the newest plan; returns the plan that it had before. */
  async #bring(endpoint: string, newest: Plan): Promise<Plan> {
    const { plan: current } = await this.#dns.record(endpoint);
    if (current >= newest) return current;
    const change = { endpoint, plan: newest, ifPlan: current };
    const outcome = await this.#dns.change(change);
    if (outcome === 'inconsistent') await this.#dns.change({ ...change, repair: true });
    return current;
  }
}
