/**
 * The clocks of one node. The monotonic clock runs at the node's rate and never jumps; timers and
 * `performance.now()` follow it. The wall clock is the monotonic one plus an offset that may jump
 * either way; `Date` follows it. No node sees the simulation's own time.
 */

/** Where wall clocks start: 2024-01-01T00:00:00Z, so that dates in traces look like dates. */
const EPOCH_MS = 1_704_067_200_000;

export class NodeClock {
  #rate = 1;
  #sinceUs = 0;
  #localUs = 0;
  #offsetMs = 0;

  /** Local monotonic time in milliseconds. */
  monotonicMs(nowUs: number): number {
    return (this.#localUs + (nowUs - this.#sinceUs) * this.#rate) / 1000;
  }

  /** Local wall-clock time in milliseconds since 1970. */
  wallMs(nowUs: number): number {
    return EPOCH_MS + this.#offsetMs + this.monotonicMs(nowUs);
  }

  /** The simulation time that passes while `localMs` pass on this node. */
  toSimulationUs(localMs: number): number {
    return (localMs * 1000) / this.#rate;
  }

  jump(ms: number): void {
    this.#offsetMs += ms;
  }

  setRate(rate: number, nowUs: number): void {
    if (!(rate > 0.01 && rate < 100)) {
      throw new RangeError(`clockRate: ${rate} is not a rate between 0.01 and 100`);
    }
    this.#localUs = this.monotonicMs(nowUs) * 1000;
    this.#sinceUs = nowUs;
    this.#rate = rate;
  }
}
