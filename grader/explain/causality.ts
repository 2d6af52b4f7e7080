/**
 * Happened-before (Lamport 1978): the order of events on one node, from each sending to its arrival,
 * and what follows from these. Two events of which neither happened before the other are concurrent:
 * neither can have influenced the other, whatever the clock on the wall says. What the network and
 * the workload do belongs to no node, and orders nothing.
 */

/** What matters of an event here. */
export interface Happening {
  readonly node: string | undefined;
  readonly kind: string;
  readonly message?: number | undefined;
}

export type Order = 'before' | 'after' | 'concurrent';

/** Vector clocks over a list of events in the order in which they happened. */
export class Causality {
  /** Per event: how many events of each node it knows of; undefined for an event of no node. */
  readonly #clocks: (Int32Array | undefined)[] = [];
  readonly #lanes: (number | undefined)[] = [];

  constructor(events: readonly Happening[]) {
    const names = [...new Set(events.flatMap(({ node }) => node ?? []))];
    const last = names.map(() => new Int32Array(names.length));
    const sent = new Map<number, Int32Array>();
    for (const { node, kind, message } of events) {
      // Nobody notices a message that was lost.
      const lane = node === undefined || kind === 'drop' ? -1 : names.indexOf(node);
      if (lane === -1) {
        this.#clocks.push(undefined);
        this.#lanes.push(undefined);
        continue;
      }
      const clock = Int32Array.from(last[lane] as Int32Array);
      const sending = kind === 'deliver' && message !== undefined ? sent.get(message) : undefined;
      sending?.forEach((count, i) => {
        clock[i] = Math.max(clock[i] as number, count);
      });
      clock[lane] = (clock[lane] as number) + 1;
      if (kind === 'send' && message !== undefined) sent.set(message, clock);
      last[lane] = clock;
      this.#clocks.push(clock);
      this.#lanes.push(lane);
    }
  }

  /** Whether the event at `a` happened before that at `b`; undefined when one belongs to no node. */
  order(a: number, b: number): Order | undefined {
    const [clockA, clockB] = [this.#clocks[a], this.#clocks[b]];
    const [laneA, laneB] = [this.#lanes[a], this.#lanes[b]];
    if (!clockA || !clockB || laneA === undefined || laneB === undefined) return undefined;
    if (a !== b && (clockB[laneA] as number) >= (clockA[laneA] as number)) return 'before';
    if (a !== b && (clockA[laneB] as number) >= (clockB[laneB] as number)) return 'after';
    return 'concurrent';
  }
}
