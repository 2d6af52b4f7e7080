/**
 * A store whose timestamps are in the order of real time, yours to build: Corbett et al., "Spanner:
 * Google's Globally-Distributed Database" (2012), §3 and §4.1.2. Nodes do not talk to each other; all
 * that they share is that their interval clocks tell the truth.
 */
import { sleep } from 'faultlab/node';
import type { IntervalClock, StoreLike, Version } from './contract.ts';

export default class Store implements StoreLike {
  readonly #time: IntervalClock;
  // TODO(D): the versions of each key.

  constructor(time: IntervalClock) {
    this.#time = time;
  }

  /** @see StoreLike.commit */
  async commit(key: string, value: string): Promise<number> {
    // TODO(D): a timestamp, and the wait that makes it true.
    void [key, value];
    await sleep(1); // a worked example: let a millisecond pass
    return this.#time.now().earliestMs;
  }

  /** @see StoreLike.read */
  async read(key: string): Promise<Version | null> {
    // TODO(D): nobody may see a commit before its time.
    void key;
    return null;
  }

  /** @see StoreLike.readAt */
  async readAt(key: string, at: number): Promise<Version | null> {
    // TODO(D): all that is committed up to this timestamp, and all that ever will be.
    void [key, at];
    return null;
  }
}
