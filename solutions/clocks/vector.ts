/**
 * A vector clock (Fidge 1988, Mattern 1989): a stamp lists, for each node, how many of its events have
 * happened before this one. So one event happened before another exactly if it is among those that the
 * other counts.
 */
import type { NodeId } from 'faultlab/node';
import type { CausalRelation, VectorClockLike, VectorStamp } from './contract.ts';

export default class VectorClock implements VectorClockLike {
  readonly #node: NodeId;
  #seen: VectorStamp = {};

  constructor(node: NodeId) {
    this.#node = node;
  }

  tick(): VectorStamp {
    this.#seen = { ...this.#seen, [this.#node]: (this.#seen[this.#node] ?? 0) + 1 };
    return this.#seen;
  }

  receive(sent: VectorStamp): VectorStamp {
    this.#seen = mergeVectors(this.#seen, sent);
    return this.tick();
  }
}

/** All that either of the two knows of. */
function mergeVectors(a: VectorStamp, b: VectorStamp): VectorStamp {
  const both: Record<NodeId, number> = { ...a };
  for (const [node, count] of Object.entries(b)) both[node] = Math.max(both[node] ?? 0, count);
  return both;
}

/** Whether b counts all events that a counts. */
const isWithin = (a: VectorStamp, b: VectorStamp) =>
  Object.entries(a).every(([node, count]) => count <= (b[node] ?? 0));

export function compareVectors(a: VectorStamp, b: VectorStamp): CausalRelation {
  const [isAInB, isBInA] = [isWithin(a, b), isWithin(b, a)];
  if (isAInB && isBInA) return 'same';
  if (isAInB) return 'before';
  return isBInA ? 'after' : 'concurrent';
}
