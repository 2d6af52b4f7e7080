/**
 * A lock under one key: its value is the name of the holder, or empty. A client that finds it empty
 * tries to put its own name there; of several that try at the same time, the version lets one through.
 *
 * The put may answer `maybe`. Then the key itself knows: if my name is there, the lock is mine, as
 * only I write my name, and a name stays until its owner takes it away. So acquire is a loop around a
 * get, and looks at the answer of the put only to save that get.
 */
import { sleep } from 'faultlab/node';
import type { GetResult, Kv, LockLike, Version } from './contract.ts';

const FREE = '';
/** How long a waiting client sleeps before it looks again; doubled each time, up to the maximum. */
const WAIT_MS_MIN = 20;
const WAIT_MS_MAX = 160;

export default class Lock implements LockLike {
  readonly #kv: Kv;
  readonly #name: string;
  readonly #owner: string;

  constructor(kv: Kv, options: { readonly name: string; readonly owner: string }) {
    this.#kv = kv;
    this.#name = options.name;
    this.#owner = options.owner;
  }

  async acquire(): Promise<void> {
    let waitMs = WAIT_MS_MIN;
    for (;;) {
      const { holder, version } = stateOf(await this.#kv.get(this.#name));
      if (holder === this.#owner) return;
      if (holder === FREE) {
        const result = await this.#kv.put(this.#name, this.#owner, version);
        if (result.ok) return;
        if (result.error === 'maybe') continue;
      }
      await sleep(waitMs * (0.5 + Math.random()));
      waitMs = Math.min(2 * waitMs, WAIT_MS_MAX);
    }
  }

  async release(): Promise<void> {
    for (;;) {
      const { holder, version } = stateOf(await this.#kv.get(this.#name));
      if (holder !== this.#owner) return;
      const result = await this.#kv.put(this.#name, FREE, version);
      if (result.ok) return;
    }
  }
}

function stateOf(result: GetResult): { holder: string; version: Version } {
  return result.ok
    ? { holder: result.value, version: result.version }
    : { holder: FREE, version: 0 };
}
