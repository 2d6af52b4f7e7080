/**
 * A site at the edge, with DNS servers. Visitors come to whichever sites are advertised; what they want is
 * in the data centres. So a site probes these, and `Advertising` decides what to make of the answers.
 */
import { type NodeId, RpcError, sleep } from 'faultlab/node';
import { Advertising } from '../advertise.ts';
import type { Site, SiteContext, View } from '../contract.ts';

const EVERY_MS = 5000;
const TIMEOUT = { timeoutMs: 1000 };

export class EdgeSite implements Site {
  readonly others: readonly NodeId[];
  readonly #node: SiteContext;
  readonly #dataCentres: readonly NodeId[];
  #reached: number;
  #isAdvertised = true;

  constructor(node: SiteContext) {
    this.#node = node;
    this.others = node.peers.filter((peer) => peer.startsWith('s'));
    this.#dataCentres = node.peers.filter((peer) => peer.startsWith('d'));
    this.#reached = this.#dataCentres.length;
    node.serve('view', () => ({ reached: this.#reached, isAdvertised: this.#isAdvertised }));
  }

  async start(): Promise<void> {
    const advertising = new Advertising(this);
    await sleep(EVERY_MS * Math.random());
    for (;;) {
      await this.#probe();
      await advertising.check();
      await sleep(EVERY_MS);
    }
  }

  get reached(): number {
    return this.#reached;
  }

  get isAdvertised(): boolean {
    return this.#isAdvertised;
  }

  ask(other: NodeId): Promise<View | undefined> {
    return this.#orNothing(this.#node.call(other, 'view', {}, TIMEOUT));
  }

  advertise(): void {
    if (this.#isAdvertised) return;
    this.#isAdvertised = true;
    this.#node.emit('advertised', {});
  }

  withdraw(): void {
    if (!this.#isAdvertised) return;
    this.#isAdvertised = false;
    this.#node.emit('withdrawn', {});
  }

  async #probe(): Promise<void> {
    const probes = this.#dataCentres.map((dataCentre) =>
      this.#orNothing(this.#node.call(dataCentre, 'probe', {}, TIMEOUT)),
    );
    const answers = await Promise.all(probes);
    const reached = answers.filter((answer) => answer !== undefined).length;
    if (reached !== this.#reached) this.#node.emit('reached', { dataCentres: reached });
    this.#reached = reached;
  }

  async #orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }
}
