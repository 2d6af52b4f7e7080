/** The database: ten shards, each with all features by which bots are known at present. */
import type { DatabaseContext, Feature } from '../contract.ts';

export const SHARDS = 10;

export class Database {
  #features: readonly Feature[] = [];
  /** How often the query finds each feature in a shard. */
  readonly #copies = new Map<number, number>();

  constructor(node: DatabaseContext) {
    node.serve('features', ({ shard }) => {
      const times = this.#copies.get(shard) ?? 1;
      return Array.from({ length: times }, () => this.#features).flat();
    });
  }

  /** Called by the grader: what bots are known by from now on. */
  write(features: readonly Feature[]): void {
    this.#features = features;
  }

  /** Called by the grader: a shard has new permissions, and the query another result. */
  changePermissions(shard: number, copies: number): void {
    this.#copies.set(shard, copies);
  }
}
