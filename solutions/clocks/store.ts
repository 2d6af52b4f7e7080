/**
 * External consistency by waiting (Corbett et al. 2012, §4.1.2). Start: a commit gets a timestamp that is
 * not before the absolute time at which it began. Commit wait: nobody sees it before that timestamp is
 * certainly past. So whoever begins after seeing it begins after its timestamp, by any clock.
 */
import { sleep } from 'faultlab/node';
import type { IntervalClock, StoreLike, Version } from './contract.ts';

export default class Store implements StoreLike {
  readonly #time: IntervalClock;
  /** Ascending by timestamp, as they were given out; the last ones may not be seen yet. */
  readonly #versions = new Map<string, Version[]>();
  #lastAt = 0;
  /** Certainly past, and stays so even when the clock is set back. */
  #pastMs = 0;

  constructor(time: IntervalClock) {
    this.#time = time;
  }

  async commit(key: string, value: string): Promise<number> {
    const at = Math.max(this.#time.now().latestMs, this.#lastAt + 1);
    this.#lastAt = at;
    const versions = this.#versions.get(key) ?? [];
    this.#versions.set(key, versions);
    versions.push({ value, at });
    await this.#waitUntilPast(at);
    return at;
  }

  async read(key: string): Promise<Version | null> {
    return this.#newest(key, (at) => this.#isPast(at));
  }

  /** Once `at` is past, every new commit gets a higher timestamp: nothing can be missed. */
  async readAt(key: string, at: number): Promise<Version | null> {
    await this.#waitUntilPast(at);
    return this.#newest(key, (other) => other <= at);
  }

  #newest(key: string, mayBeSeen: (at: number) => boolean): Version | null {
    return this.#versions.get(key)?.findLast(({ at }) => mayBeSeen(at)) ?? null;
  }

  /** TT.after of the paper: certainly past, whatever this clock's error is. */
  #isPast(at: number): boolean {
    this.#pastMs = Math.max(this.#pastMs, this.#time.now().earliestMs);
    return this.#pastMs > at;
  }

  async #waitUntilPast(at: number): Promise<void> {
    while (!this.#isPast(at)) await sleep(Math.max(1, at - this.#pastMs));
  }
}
