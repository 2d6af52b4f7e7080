/** A lock that is lent, with fencing tokens, yours to build: part D. Its holders may stop or crash. */
import type { Kv, LeaseLike } from './contract.ts';

export default class Lease implements LeaseLike {
  readonly #kv: Kv;
  readonly #name: string;
  readonly #owner: string;
  readonly #leaseMs: number;

  constructor(
    kv: Kv,
    options: { readonly name: string; readonly owner: string; readonly leaseMs: number },
  ) {
    this.#kv = kv;
    this.#name = options.name;
    this.#owner = options.owner;
    this.#leaseMs = options.leaseMs;
  }

  /** @see LeaseLike.acquire */
  async acquire(): Promise<number> {
    // TODO(D): a token higher than all before it; and wait for a silent holder, but not forever.
    void [this.#kv, this.#name, this.#owner, this.#leaseMs];
    return 0;
  }

  /** @see LeaseLike.renew */
  async renew(): Promise<boolean> {
    // TODO(D): true only if the lock is still held.
    return false;
  }

  /** @see LeaseLike.release */
  async release(): Promise<void> {
    // TODO(D): the lock is free, unless somebody else has it.
  }
}
