/** The planner: looks at the load balancers, and publishes a new plan every five seconds. */
import { RpcError } from 'faultlab/node';
import type { DnsClientContext } from '../contract.ts';

const EVERY_MS = 5000;

export class Planner {
  readonly #node: DnsClientContext;

  constructor(node: DnsClientContext) {
    this.#node = node;
  }

  start(): void {
    setInterval(() => this.#publish(), EVERY_MS);
  }

  async #publish(): Promise<void> {
    try {
      await this.#node.call(this.#node.peers[0] as string, 'publish', {});
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
  }
}
