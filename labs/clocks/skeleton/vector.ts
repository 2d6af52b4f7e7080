/**
 * A vector clock, yours to build: Mattern, "Virtual Time and Global States of
 * Distributed Systems" (1989), the sections on vector time.
 */
import type { NodeId } from 'faultlab/node';
import type { CausalRelation, VectorClockLike, VectorStamp } from './contract.ts';

export default class VectorClock implements VectorClockLike {
  readonly #node: NodeId;

  constructor(node: NodeId) {
    this.#node = node;
  }

  /** @see VectorClockLike.tick */
  tick(): VectorStamp {
    // TODO(B): count all events that have happened before this one, and this one.
    return { [this.#node]: 1 };
  }

  /** @see VectorClockLike.receive */
  receive(sent: VectorStamp): VectorStamp {
    // TODO(B): what the sender knew is known here now.
    void sent;
    return this.tick();
  }
}

/** How the event of a relates to the event of b. */
export function compareVectors(a: VectorStamp, b: VectorStamp): CausalRelation {
  // TODO(B): exactly what happened, for each pair.
  void [a, b];
  return 'concurrent';
}
