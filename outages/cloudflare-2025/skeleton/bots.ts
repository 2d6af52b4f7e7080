/**
 * How an edge tells bots from people: as it was on 18 November 2025. Yours to repair in part F; part R
 * always runs on this version.
 */
import { BOT_SCORE, FEATURES_MAX, type FeatureFile, type Kept, type Request } from './contract.ts';

export class Bots {
  readonly kept: Kept;
  readonly #weights = new Map<string, number>();

  /** A new one is made whenever the edge starts; `kept` is what was left on its disk. */
  constructor(kept: Kept) {
    this.kept = kept;
  }

  /**
   * Called with each file that arrives, and at a start with the last one to arrive. An error that
   * leaves this method, or the next one, takes the edge down; it starts again three seconds later.
   */
  load(file: FeatureFile): void {
    if (file.features.length > FEATURES_MAX) {
      throw new RangeError(`${file.features.length} features do not fit`);
    }
    this.#weights.clear();
    for (const { name, weight } of file.features) {
      this.#weights.set(name, (this.#weights.get(name) ?? 0) + weight);
    }
  }

  /** Whether a request is a bot's. Before any file is loaded, nobody is taken for one. */
  isBot({ shows }: Request): boolean {
    let score = 0;
    for (const [name, weight] of this.#weights) if (shows.has(name)) score += weight;
    return score > BOT_SCORE;
  }
}
