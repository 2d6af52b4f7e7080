/**
 * What an enactor does in a round: as it was on 19 October 2025. Yours to repair in part F; part R always
 * runs on this version.
 */
import type { Dns, Plan } from './contract.ts';

/** Plans more than this many generations older than the one just applied are of no use to anybody. */
const KEPT = 10;

export class Enactor {
  readonly #dns: Dns;
  #applied: Plan = 0;

  constructor(dns: Dns) {
    this.#dns = dns;
  }

  /** Called again and again, a second or more after the last round has ended. */
  async round(): Promise<void> {
    const newest = (await this.#dns.plans()).at(-1) ?? 0;
    // Nothing to do unless there is a newer plan than the one that was applied last.
    if (newest <= this.#applied) return;
    for (const endpoint of this.#dns.endpoints) {
      await this.#dns.change({ endpoint, plan: newest });
    }
    this.#applied = newest;
    await this.#cleanUp(newest);
  }

  async #cleanUp(applied: Plan): Promise<void> {
    for (const plan of await this.#dns.plans()) {
      if (plan < applied - KEPT) await this.#dns.remove(plan);
    }
  }
}
