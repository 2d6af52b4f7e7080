/**
 * A Lamport clock (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978).
 * The two implementation rules: between two events of one node the clock moves on (IR1), and a message
 * that arrives takes it beyond the stamp that the message carries (IR2).
 */
import type { NodeId } from 'faultlab/node';
import type { LamportClockLike, LamportStamp } from './contract.ts';

export default class LamportClock implements LamportClockLike {
  readonly #node: NodeId;
  #time = 0;

  constructor(node: NodeId) {
    this.#node = node;
  }

  tick(): LamportStamp {
    this.#time++;
    return { time: this.#time, node: this.#node };
  }

  receive(sent: LamportStamp): LamportStamp {
    this.#time = Math.max(this.#time, sent.time);
    return this.tick();
  }
}

/** The total order ⇒ of the paper: by time, and by an arbitrary order of the nodes in a tie. */
export function compareLamport(a: LamportStamp, b: LamportStamp): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.node === b.node) return 0;
  return a.node < b.node ? -1 : 1;
}
