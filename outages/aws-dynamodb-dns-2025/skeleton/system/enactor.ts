/**
 * The process of an enactor, one in each of three availability zones, independent of each other. It does
 * one round after another; `Enactor` says what a round is.
 */
import { RpcError, sleep } from 'faultlab/node';
import type { Change, Dns, DnsClientContext, Plan } from '../contract.ts';
import { Enactor } from '../enact.ts';
import { ENDPOINTS } from './dns.ts';

const PAUSE_MS = 2000;
const TIMEOUT = { timeoutMs: 2000 };

export class EnactorProcess implements Dns {
  readonly endpoints = ENDPOINTS;
  readonly #node: DnsClientContext;
  readonly #service: string;

  constructor(node: DnsClientContext) {
    this.#node = node;
    this.#service = node.peers[0] as string;
  }

  async start(): Promise<void> {
    const enactor = new Enactor(this);
    for (;;) {
      await sleep(PAUSE_MS * (0.5 + Math.random()));
      try {
        await enactor.round();
      } catch (error) {
        // No answer: the next round will see how far this one got.
        if (!(error instanceof RpcError)) throw error;
      }
    }
  }

  plans() {
    return this.#node.call(this.#service, 'plans', {}, TIMEOUT);
  }

  record(endpoint: string) {
    return this.#node.call(this.#service, 'record', { endpoint }, TIMEOUT);
  }

  change(change: Change) {
    return this.#node.call(this.#service, 'change', change, TIMEOUT);
  }

  remove(plan: Plan, token?: number) {
    const args = token === undefined ? { plan } : { plan, token };
    return this.#node.call(this.#service, 'remove', args, TIMEOUT);
  }

  async lease(forMs: number) {
    const token = await this.#node.call(this.#service, 'lease', { forMs }, TIMEOUT);
    return token ?? undefined;
  }
}
