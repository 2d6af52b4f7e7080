/**
 * How a web server comes by a configuration value: as it was on 23 September 2010. Yours to repair in
 * part F; part R always runs on this version.
 */
import { type Cache, isValid, type Store, type Value } from './contract.ts';

const WAIT_MS = 3000;

export class Config {
  readonly #cache: Cache;
  readonly #store: Store;

  constructor(cache: Cache, store: Store) {
    this.#cache = cache;
    this.#store = store;
  }

  /**
   * Called for each page, and for each key when the web server starts. Without a valid value within five
   * seconds the page cannot be made.
   */
  async get(key: string): Promise<Value | undefined> {
    const cached = await this.#cache.get(key);
    if (cached !== undefined && isValid(cached)) return cached;
    return this.#repair(key);
  }

  /** What is in the cache cannot be used: replaces it with what the database has. */
  async #repair(key: string): Promise<Value | undefined> {
    const value = await this.#query(key);
    if (value !== undefined && isValid(value)) {
      await this.#cache.set(key, value);
      return value;
    }
    // What nobody can use must not stay in the cache.
    await this.#cache.remove(key);
    return undefined;
  }

  async #query(key: string): Promise<Value | undefined> {
    try {
      return await this.#store.query(key, WAIT_MS);
    } catch {
      return undefined;
    }
  }
}
