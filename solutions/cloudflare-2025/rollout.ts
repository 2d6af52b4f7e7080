/**
 * How a new feature file gets to the edges: to a few at first, and to all when these do well. When they do
 * not, they get back the last file that did.
 */
import { RpcError, sleep } from 'faultlab/node';
import type { FeatureFile, Fleet, Health } from './contract.ts';

const CANARIES = 3;
const WATCH_MS = 7000;
/** About half of the visitors are bots. */
const BLOCKED_MIN = 0.2;
const BLOCKED_MAX = 0.8;

export class Rollout {
  readonly #fleet: Fleet;
  #lastGood: FeatureFile | undefined;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  async publish(file: FeatureFile): Promise<void> {
    const { edges } = this.#fleet;
    const canaries = edges.slice(0, CANARIES);
    await this.#sendAll(canaries, file);
    await sleep(WATCH_MS);
    if (await this.#doWell(canaries)) {
      this.#lastGood = file;
      await this.#sendAll(edges.slice(CANARIES), file);
    } else if (this.#lastGood !== undefined) await this.#sendAll(canaries, this.#lastGood);
  }

  async #doWell(canaries: readonly string[]): Promise<boolean> {
    let [passed, blocked, failed] = [0, 0, 0];
    for (const health of await Promise.all(canaries.map((edge) => this.#health(edge)))) {
      passed += health?.passed ?? 0;
      blocked += health?.blocked ?? 0;
      failed += health?.failed ?? 1;
    }
    const share = blocked / (passed + blocked);
    return failed === 0 && share >= BLOCKED_MIN && share <= BLOCKED_MAX;
  }

  async #health(edge: string): Promise<Health | undefined> {
    try {
      return await this.#fleet.health(edge);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return undefined;
    }
  }

  async #sendAll(edges: readonly string[], file: FeatureFile): Promise<void> {
    await Promise.all(edges.map((edge) => this.#send(edge, file)));
  }

  /** An edge that does not answer gets the next one. */
  async #send(edge: string, file: FeatureFile): Promise<void> {
    try {
      await this.#fleet.send(edge, file);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
  }
}
