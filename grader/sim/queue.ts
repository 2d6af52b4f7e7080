/**
 * The agenda of the simulation: events ordered by (time, sequence). A binary heap, because almost
 * all of a simulation's own time is spent here. Cancelling marks an event dead; it is skipped when
 * its time comes, which is cheaper than taking it out of the middle.
 */

/** Times are whole microseconds of virtual time. */
export class SimEvent {
  readonly atUs: number;
  readonly sequence: number;
  fire: (() => void) | undefined;

  constructor(atUs: number, sequence: number, fire: () => void) {
    this.atUs = atUs;
    this.sequence = sequence;
    this.fire = fire;
  }

  cancel(): void {
    this.fire = undefined;
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence);
}

export class EventQueue {
  readonly #heap: SimEvent[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(event: SimEvent): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as SimEvent;
      if (!before(event, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = event;
  }

  peek(): SimEvent | undefined {
    return this.#heap[0];
  }

  pop(): SimEvent | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    const size = heap.length;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && before(heap[child + 1] as SimEvent, heap[child] as SimEvent)) child++;
      if (!before(heap[child] as SimEvent, last)) break;
      heap[i] = heap[child] as SimEvent;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
