/**
 * A storage server. It serves the partitions of its membership, which the metadata service may give to
 * another server at any time: so it confirms the membership again and again, and as soon as its
 * network is back. `Renewal` decides how it asks, and what it does without an answer.
 */
import type { NodeId } from 'faultlab/node';
import type { Reason, Server, Settings, StorageContext } from '../contract.ts';
import { Renewal } from '../renew.ts';

export class StorageServer implements Server {
  readonly #node: StorageContext;
  readonly #metadata: NodeId;
  readonly #renewal: Renewal = new Renewal(this);
  #renewEveryMs = 0;
  #confirmedAtMs = 0;
  #inService = true;
  #isConfirming = false;

  constructor(node: StorageContext) {
    this.#node = node;
    this.#metadata = node.peers[0] as NodeId;
  }

  /** Called by the grader: the run begins. Memberships were confirmed at different times before it. */
  begin({ renewEveryMs }: Settings): void {
    this.#renewEveryMs = renewEveryMs;
    const firstMs = Math.random() * renewEveryMs;
    this.#confirmedAtMs = performance.now() + firstMs - renewEveryMs;
    setTimeout(() => this.#everyPeriod(), firstMs);
  }

  /** Called by the grader: the network was gone, and is back. */
  networkIsBack(): void {
    this.#confirm('network-is-back');
  }

  get inService(): boolean {
    return this.#inService;
  }

  get ageMs(): number {
    return performance.now() - this.#confirmedAtMs;
  }

  get maxAgeMs(): number {
    return 2 * this.#renewEveryMs;
  }

  get renewEveryMs(): number {
    return this.#renewEveryMs;
  }

  async ask(waitMs: number): Promise<void> {
    const askedAtMs = performance.now();
    await this.#node.call(this.#metadata, 'membership', { waitMs }, { timeoutMs: waitMs });
    this.#confirmedAtMs = askedAtMs;
    this.#inService = true;
    this.#node.emit('confirmed', { tookMs: Math.round(performance.now() - askedAtMs) });
  }

  leave(): void {
    if (!this.#inService) return;
    this.#inService = false;
    this.#node.emit('left', {});
  }

  #everyPeriod(): void {
    this.#confirm('period');
    setTimeout(() => this.#everyPeriod(), this.#renewEveryMs * (0.9 + 0.2 * Math.random()));
  }

  /** One confirmation at a time: while one is under way, no other begins. */
  async #confirm(reason: Reason): Promise<void> {
    if (this.#isConfirming) return;
    this.#isConfirming = true;
    await this.#renewal.confirm(reason);
    this.#isConfirming = false;
  }
}
