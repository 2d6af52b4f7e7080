/**
 * Whether a site tells the internet that it is there: as it was on 4 October 2021. Yours to repair in part
 * F; part R always runs on this version.
 */
import type { Site } from './contract.ts';

/** One round of probes may be lost on its way. */
const FAILED_MAX = 2;

export class Advertising {
  readonly #site: Site;
  #failed = 0;

  constructor(site: Site) {
    this.#site = site;
  }

  /** Called every five seconds, when all data centres have been probed. */
  async check(): Promise<void> {
    if (this.#site.reached > 0) {
      this.#failed = 0;
      this.#site.advertise();
      return;
    }
    this.#failed++;
    // Without a data centre this site is of no use to visitors: others are.
    if (this.#failed >= FAILED_MAX) this.#site.withdraw();
  }
}
