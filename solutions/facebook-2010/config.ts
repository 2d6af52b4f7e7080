/**
 * How a web server comes by a configuration value. While there is no valid one to be had, it goes on with
 * the last one that it has seen; one server at a time asks the database; and an error says nothing about
 * a value, so nothing is concluded from it.
 */
import { RpcError } from 'faultlab/node';
import { type Cache, isValid, type Store, type Value } from './contract.ts';

const WAIT_MS = 3000;
/** A server that has not repaired a key by then is taken for lost. */
const CLAIM_MS = 5000;

export class Config {
  readonly #cache: Cache;
  readonly #store: Store;
  readonly #lastValid = new Map<string, Value>();

  constructor(cache: Cache, store: Store) {
    this.#cache = cache;
    this.#store = store;
  }

  async get(key: string): Promise<Value | undefined> {
    const cached = await this.#cache.get(key);
    if (cached !== undefined && isValid(cached)) this.#lastValid.set(key, cached);
    else if (await this.#cache.claim(key, CLAIM_MS)) await this.#repair(key);
    return this.#lastValid.get(key);
  }

  async #repair(key: string): Promise<void> {
    try {
      const value = await this.#store.query(key, WAIT_MS);
      if (!isValid(value)) return;
      this.#lastValid.set(key, value);
      await this.#cache.set(key, value);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
  }
}
