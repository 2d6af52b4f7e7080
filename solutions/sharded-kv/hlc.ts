/** A hybrid logical clock (Kulkarni and others, 2014): the wall clock, except that it never goes back. */
import { TICKS, type Timestamp } from './contract.ts';

export class Hlc {
  #last: Timestamp = 0;

  /** A time that no earlier call has given, and that is after all that `observe` was told of. */
  now(): Timestamp {
    this.#last = Math.max(this.#last + 1, Date.now() * TICKS);
    return this.#last;
  }

  /** Somebody else has seen this time. */
  observe(at: Timestamp): void {
    this.#last = Math.max(this.#last, at);
  }
}
