/**
 * Whether a site tells the internet that it is there. Without a data centre it is worse than the others –
 * if the others have one. So it asks them, again and again; and one that does not answer says nothing.
 */
import type { Site } from './contract.ts';

/** Some rounds of probes may be lost on their way. */
const FAILED_MAX = 3;
/** Once this share of the others is cut off, too, the cause is not this site. */
const TOO_MANY = 0.5;

export class Advertising {
  readonly #site: Site;
  #failed = 0;

  constructor(site: Site) {
    this.#site = site;
  }

  async check(): Promise<void> {
    if (this.#site.reached > 0) {
      this.#failed = 0;
      this.#site.advertise();
    } else if (++this.#failed >= FAILED_MAX) {
      if (await this.#isOneOfFew()) this.#site.withdraw();
      else this.#site.advertise();
    }
  }

  async #isOneOfFew(): Promise<boolean> {
    const answers = await Promise.all(this.#site.others.map((other) => this.#site.ask(other)));
    const views = answers.filter((view) => view !== undefined);
    const cutOff = views.filter(({ reached }) => reached === 0);
    return cutOff.length < TOO_MANY * views.length;
  }
}
