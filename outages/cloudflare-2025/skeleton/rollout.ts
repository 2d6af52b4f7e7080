/**
 * How a new feature file gets to the edges: as it was on 18 November 2025. Yours to repair in part F; part
 * R always runs on this version.
 */
import { RpcError } from 'faultlab/node';
import type { FeatureFile, Fleet } from './contract.ts';

export class Rollout {
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Called with each new file, every twenty seconds, whether the one before is everywhere or not. */
  async publish(file: FeatureFile): Promise<void> {
    // Bots change quickly, so every edge gets what is known of them at once.
    await Promise.all(this.#fleet.edges.map((edge) => this.#send(edge, file)));
  }

  async #send(edge: string, file: FeatureFile): Promise<void> {
    try {
      await this.#fleet.send(edge, file);
    } catch (error) {
      // It gets the next one.
      if (!(error instanceof RpcError)) throw error;
    }
  }
}
