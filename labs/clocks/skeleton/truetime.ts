/**
 * A clock that knows how wrong it may be (Corbett et al. 2012, §3). Now and then the time masters set the
 * wall clock and say how far off it may be; from then on the uncertainty grows with the drift that is
 * assumed of a bad clock, 200 ppm. Given; the grader uses its own copy.
 */
import type { Interval, IntervalClock } from './contract.ts';

const DRIFT_MAX = 200e-6;
/** Before the masters have said anything. */
const UNCERTAINTY_MS = 4;

export class TrueTime implements IntervalClock {
  #uncertaintyMs = UNCERTAINTY_MS;
  #sinceMs = performance.now();

  now(): Interval {
    const driftMs = (performance.now() - this.#sinceMs) * DRIFT_MAX;
    const uncertaintyMs = this.#uncertaintyMs + driftMs;
    const wallMs = Date.now(); // rounded down: the wall clock may be up to 1 ms ahead of it
    return { earliestMs: wallMs - uncertaintyMs, latestMs: wallMs + 1 + uncertaintyMs };
  }

  /** The wall clock has just been set, and is off by at most this. */
  synchronised(uncertaintyMs: number): void {
    this.#uncertaintyMs = uncertaintyMs;
    this.#sinceMs = performance.now();
  }
}
