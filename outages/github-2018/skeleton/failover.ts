/**
 * Who is the primary: as it was on 21 October 2018. Yours to repair in part F; part R always runs on this
 * version.
 */
import type { Fleet, Seen, View } from './contract.ts';

/** A primary that nobody has heard for this long is gone. */
const GONE_AFTER_MS = 10_000;
/** A database answers if it has done so within the last two rounds. */
const ANSWERS_MS = 2500;

export class Failover {
  /** A primary that was not asked for this long stops taking writes; undefined: never. */
  readonly leaseMs: number | undefined = undefined;
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Called once a second, when the last call has ended. */
  async look({ primary, replicas }: View): Promise<void> {
    const answering = replicas.filter(({ silentMs }) => silentMs < ANSWERS_MS);
    if (goneForMs(primary, answering) < GONE_AFTER_MS) return;
    const [best] = answering
      .filter(({ isDiverged }) => !isDiverged)
      .sort((a, b) => b.position - a.position);
    if (best !== undefined) await this.#fleet.promote(best.name);
  }
}

/** How long since anybody who can be asked heard the primary: a controller alone may be wrong. */
function goneForMs(primary: Seen, answering: readonly Seen[]): number {
  return Math.min(primary.silentMs, ...answering.map(({ sourceSilentMs }) => sourceSilentMs));
}
