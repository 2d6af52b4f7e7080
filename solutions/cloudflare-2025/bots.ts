/**
 * How an edge tells bots from people. A file is input, even when it comes from the next building: what says
 * nothing is left out, a file that makes no sense is not used, and the last one that did stays in force,
 * even after a restart.
 */
import {
  BOT_SCORE,
  FEATURES_MAX,
  type Feature,
  type FeatureFile,
  type Kept,
  type Request,
} from './contract.ts';

export class Bots {
  readonly #kept: Kept;
  #weights: ReadonlyMap<string, number> = new Map();

  constructor(kept: Kept) {
    this.#kept = kept;
    if (kept.file !== undefined) this.#weights = weightsOf(kept.file.features);
  }

  load(file: FeatureFile): void {
    const weights = weightsOf(file.features);
    if (weights.size === 0 || weights.size > FEATURES_MAX) return;
    this.#weights = weights;
    this.#kept.keep(file);
  }

  isBot({ shows }: Request): boolean {
    let score = 0;
    for (const [name, weight] of this.#weights) if (shows.has(name)) score += weight;
    return score > BOT_SCORE;
  }
}

/** What is there twice counts once, and what cannot be a weight not at all. */
function weightsOf(features: readonly Feature[]): Map<string, number> {
  const sane = features.filter(({ weight }) => weight > 0 && weight <= 100);
  return new Map(sane.map(({ name, weight }) => [name, weight]));
}
