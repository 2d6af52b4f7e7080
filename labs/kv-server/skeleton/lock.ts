/** A lock on top of the key-value server, yours to build: part C. Its holders never crash. */
import type { Kv, LockLike } from './contract.ts';

export default class Lock implements LockLike {
  readonly #kv: Kv;
  readonly #name: string;
  readonly #owner: string;

  /** `name` is the key that the lock is kept under, `owner` the name of this client. */
  constructor(kv: Kv, options: { readonly name: string; readonly owner: string }) {
    this.#kv = kv;
    this.#name = options.name;
    this.#owner = options.owner;
  }

  /** @see LockLike.acquire */
  async acquire(): Promise<void> {
    // TODO(C): when this resolves, no other client holds the lock, whatever the puts answered.
    void [this.#kv, this.#name, this.#owner];
  }

  /** @see LockLike.release */
  async release(): Promise<void> {
    // TODO(C): when this resolves, the lock is free, or already somebody else's.
  }
}
