/**
 * A hybrid logical clock, yours to build: Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical Physical
 * Clocks" (2014), §3 and Figure 5. The rules for a full logical part and for stamps from the future are
 * in `contract.ts`.
 */
import type { HlcLike, HlcOptions, HlcTimestamp } from './contract.ts';

export default class Hlc implements HlcLike {
  readonly #physicalMs: () => number;
  readonly #maxOffsetMs: number;

  constructor({ physicalMs, maxOffsetMs }: HlcOptions) {
    this.#physicalMs = physicalMs;
    this.#maxOffsetMs = maxOffsetMs;
  }

  /** @see HlcLike.tick */
  tick(): HlcTimestamp {
    // TODO(C): above all earlier stamps, and never behind the wall clock.
    return { wallMs: this.#physicalMs(), logical: 0 };
  }

  /** @see HlcLike.receive */
  receive(sent: HlcTimestamp): HlcTimestamp | 'refused' {
    // TODO(C): above the stamp of the message, too, unless that is not to be believed.
    void [sent, this.#maxOffsetMs];
    return this.tick();
  }
}

/** Below 0 if a is before b, above 0 if it is after, 0 if they are equal. */
export function compareHlc(a: HlcTimestamp, b: HlcTimestamp): number {
  // TODO(C): the logical part counts, too.
  return a.wallMs - b.wallMs;
}
