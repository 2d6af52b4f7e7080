/** The cache: values by key, in memory, shared by all web servers. It is fast, and knows nothing. */
import type { CacheContext, Value } from '../contract.ts';

export class CacheServer {
  readonly #node: CacheContext;
  readonly #values = new Map<string, Value>();
  readonly #claimedUntilMs = new Map<string, number>();

  constructor(node: CacheContext) {
    this.#node = node;
    node.serve('get', ({ key }) => this.#values.get(key) ?? null);
    node.serve('set', ({ key, value }, from) => {
      this.put(key, value, from);
      return null;
    });
    node.serve('remove', ({ key }, from) => {
      const value = this.#values.get(key);
      if (value !== undefined) node.emit('removed', { key, value, by: from });
      this.#values.delete(key);
      return null;
    });
    node.serve('claim', ({ name, forMs }) => this.#claim(name, forMs));
  }

  /** Also called by the grader, for what is published or damaged. */
  put(key: string, value: Value, by: string): void {
    this.#values.set(key, value);
    this.#node.emit('filled', { key, value, by });
  }

  /** Checked and done in one instant. */
  #claim(name: string, forMs: number): boolean {
    const nowMs = performance.now();
    if (nowMs < (this.#claimedUntilMs.get(name) ?? 0)) return false;
    this.#claimedUntilMs.set(name, nowMs + forMs);
    return true;
  }
}
