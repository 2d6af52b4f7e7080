/**
 * Who is the primary. Within a region a failover is quick: neighbours of the primary say that it is gone.
 * Across regions silence says nothing, so it waits for longer than networks usually fail; and by then a
 * primary that is only cut off has stopped of its own accord. What it took until then is set aside before
 * it may return.
 */
import type { Fleet, Seen, View } from './contract.ts';

const GONE_IN_REGION_MS = 10_000;
const GONE_ACROSS_MS = 120_000;
const ANSWERS_MS = 2500;

export class Failover {
  /** Half of the time after which another region takes over. */
  readonly leaseMs: number | undefined = 60_000;
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  async look({ primary, replicas }: View): Promise<void> {
    const answering = replicas.filter(({ silentMs }) => silentMs < ANSWERS_MS);
    for (const { name } of answering.filter(({ isDiverged }) => isDiverged)) {
      const kept = await this.#fleet.setAside(name);
      if (kept !== undefined) await this.#fleet.rejoin(name);
    }
    const goneMs = goneForMs(primary, answering);
    const near = answering.filter(({ region }) => region === primary.region);
    const candidates = near.length > 0 ? near : answering;
    if (goneMs < (near.length > 0 ? GONE_IN_REGION_MS : GONE_ACROSS_MS)) return;
    const [best] = candidates
      .filter(({ isDiverged }) => !isDiverged)
      .sort((a, b) => b.position - a.position);
    if (best !== undefined) await this.#fleet.promote(best.name);
  }
}

/** How long since anybody who can be asked heard the primary: a controller alone may be wrong. */
function goneForMs(primary: Seen, answering: readonly Seen[]): number {
  return Math.min(primary.silentMs, ...answering.map(({ sourceSilentMs }) => sourceSilentMs));
}
