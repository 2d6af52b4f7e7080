/**
 * A Lamport clock, yours to build: Lamport, "Time, Clocks, and the Ordering of Events in a Distributed
 * System" (1978), up to and including the section "Ordering the events totally". What it must keep to,
 * exactly, is in `contract.ts`.
 */
import type { NodeId } from 'faultlab/node';
import type { LamportClockLike, LamportStamp } from './contract.ts';

export default class LamportClock implements LamportClockLike {
  readonly #node: NodeId;
  // TODO(A): what a clock remembers between two events.

  constructor(node: NodeId) {
    this.#node = node;
  }

  /** @see LamportClockLike.tick */
  tick(): LamportStamp {
    // TODO(A): later than every earlier event of this node.
    console.log('an event'); // shown by: lab replay
    return { time: 0, node: this.#node };
  }

  /** @see LamportClockLike.receive */
  receive(sent: LamportStamp): LamportStamp {
    // TODO(A): later than the sending of the message, too.
    void sent;
    return this.tick();
  }
}

/** Below 0 if a comes before b in the total order, above 0 if it comes after, 0 for the same stamp. */
export function compareLamport(a: LamportStamp, b: LamportStamp): number {
  // TODO(A): the same order on all nodes; never 0 for two different events.
  return a.time - b.time;
}
