/**
 * A lock that is only lent. Its key says who has it, with which fencing token, and how often the
 * holder has said that it is alive.
 *
 * **When is a lease over?** No wall clock is asked: clocks of different nodes disagree, and jump. A
 * waiter watches the version of the key. If it has not changed for `leaseMs` on the waiter's own
 * monotonic clock, the holder has been silent for at least that long, and the waiter may try to take
 * the key at exactly that version. If the holder renews in the meantime, the version is a different one
 * and the attempt fails.
 *
 * **Does that make it safe?** No lease does. A holder that is stopped for a minute wakes up, believes
 * that it holds the lock, and writes; it cannot know better. Hence the **token**: it grows with
 * each new holder, travels with each write, and the storage refuses one that is lower than the
 * highest it has seen. (Kleppmann, "How to do distributed locking", 2016; the sequencers of Chubby,
 * Burrows, OSDI 2006, §2.4.)
 *
 * **Which token?** The version at which the holder took the key: versions only grow.
 */
import { sleep } from 'faultlab/node';
import type { GetResult, Kv, LeaseLike, PutResult, Version } from './contract.ts';

interface State {
  /** '' when the lock is free. */
  readonly owner: string;
  readonly token: number;
  /** Makes each value that a holder writes a new one, so that it recognises what it wrote last. */
  readonly beat: number;
}

const POLL_MS = 40;

export default class Lease implements LeaseLike {
  readonly #kv: Kv;
  readonly #name: string;
  readonly #owner: string;
  readonly #leaseMs: number;
  /** What this client wrote last, while it holds the lock as far as it knows. */
  #held: { readonly state: State; readonly version: Version } | undefined;
  /** Unique among the states that this client writes. */
  #beats = 0;

  constructor(
    kv: Kv,
    options: { readonly name: string; readonly owner: string; readonly leaseMs: number },
  ) {
    this.#kv = kv;
    this.#name = options.name;
    this.#owner = options.owner;
    this.#leaseMs = options.leaseMs;
  }

  async acquire(): Promise<number> {
    let seen: { version: Version; sinceMs: number } | undefined;
    for (;;) {
      const { state, version } = parse(await this.#kv.get(this.#name));
      const nowMs = performance.now();
      if (seen?.version !== version) seen = { version, sinceMs: nowMs };
      if (state.owner === '' || nowMs - seen.sinceMs >= this.#leaseMs) {
        const token = version + 1;
        if (await this.#write({ owner: this.#owner, token, beat: ++this.#beats }, version)) {
          return token;
        }
      } else await sleep(POLL_MS * (0.5 + Math.random()));
    }
  }

  async renew(): Promise<boolean> {
    if (this.#held === undefined) return false;
    const { state, version } = this.#held;
    return this.#write({ ...state, beat: ++this.#beats }, version);
  }

  async release(): Promise<void> {
    if (this.#held === undefined) return;
    const { state, version } = this.#held;
    await this.#write({ ...state, owner: '', beat: ++this.#beats }, version);
    this.#held = undefined;
  }

  /** Replaces the state at `version`; resolves to whether it did. After a `maybe` it looks. */
  async #write(state: State, version: Version): Promise<boolean> {
    const text = JSON.stringify(state);
    const result: PutResult = await this.#kv.put(this.#name, text, version);
    let isWritten = result.ok;
    if (!result.ok && result.error === 'maybe') {
      const now = await this.#kv.get(this.#name);
      isWritten = now.ok && now.value === text;
    }
    this.#held = isWritten ? { state, version: version + 1 } : undefined;
    return isWritten;
  }
}

function parse(result: GetResult): { state: State; version: Version } {
  if (!result.ok) return { state: { owner: '', token: 0, beat: 0 }, version: 0 };
  return { state: JSON.parse(result.value) as State, version: result.version };
}
