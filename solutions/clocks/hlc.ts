/**
 * A hybrid logical clock (Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical Physical Clocks", 2014,
 * Figure 5): a Lamport clock that stays as close to the wall clock as causality allows. `wallMs` is the
 * highest wall-clock reading known; `logical` counts on while that does not move.
 */
import { type HlcLike, type HlcOptions, type HlcTimestamp, LOGICAL_MAX } from './contract.ts';

export default class Hlc implements HlcLike {
  readonly #physicalMs: () => number;
  readonly #maxOffsetMs: number;
  #last: HlcTimestamp = { wallMs: 0, logical: 0 };

  constructor({ physicalMs, maxOffsetMs }: HlcOptions) {
    this.#physicalMs = physicalMs;
    this.#maxOffsetMs = maxOffsetMs;
  }

  tick(): HlcTimestamp {
    return this.#next(this.#last);
  }

  receive(sent: HlcTimestamp): HlcTimestamp | 'refused' {
    if (sent.wallMs > this.#physicalMs() + this.#maxOffsetMs) return 'refused';
    return this.#next(compareHlc(sent, this.#last) > 0 ? sent : this.#last);
  }

  /** The first stamp that is after `known` and not behind the wall clock. */
  #next(known: HlcTimestamp): HlcTimestamp {
    const physicalMs = this.#physicalMs();
    if (physicalMs > known.wallMs) this.#last = { wallMs: physicalMs, logical: 0 };
    else if (known.logical < LOGICAL_MAX) this.#last = { ...known, logical: known.logical + 1 };
    else this.#last = { wallMs: known.wallMs + 1, logical: 0 };
    return this.#last;
  }
}

export function compareHlc(a: HlcTimestamp, b: HlcTimestamp): number {
  return a.wallMs - b.wallMs || a.logical - b.logical;
}
