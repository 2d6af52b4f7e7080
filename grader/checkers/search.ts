/**
 * The search for an order of the operations of one object.
 *
 * It is that of Wing and Gong (1993) with the memory of Lowe (2017): take any operation that may come
 * next, and remember which pairs of (set of operations, state) were tried. On top of that:
 *
 * - **States are numbers.** The model's own code runs once per (state, kind of operation); a step of
 *   the search is an array lookup.
 * - **The memory is exact and small.** At any time all operations that returned before the earliest
 *   open return are placed, and none that was called after it. So a set of placed operations is
 *   that return, plus one bit for each operation that is active there. Operations get slots by
 *   interval colouring, so the bits are few: no hash can collide, and no set is stored.
 * - **Reads are placed at once** when they are possible: as they change nothing, waiting cannot help.
 * - **Twins are ordered.** Of operations with equal input and output only the one that returns first
 *   is tried.
 * - **Look-ahead**, where the model has it, drops a state from which the rest cannot be placed.
 */
import type { History, Operation } from './history.ts';
import type { LookAhead, Model } from './models.ts';
import { Tried } from './tried.ts';

/** The limits of a search; with several keys, for all of them together. */
export interface Limits {
  /** After this many steps the verdict is `undecided`. */
  readonly stepsMax?: number;
  /** The search looks ahead only after this many steps. */
  readonly lookAheadAfterSteps?: number;
}

const UNTRIED = -2;
const IMPOSSIBLE = -1;

/** One search: `run` it once, then read `steps` and `concurrency`, the most operations open at once. */
export class Search<State, Input, Output> {
  steps = 0;
  concurrency = 0;

  readonly #model: Model<State, Input, Output>;
  readonly #operations: readonly Operation<Input, Output>[];
  readonly #count: number;

  // A doubly linked list of events; entry 2i+1 is the call of operation i, 2i+2 its return, 0 both ends.
  readonly #next: Int32Array;
  readonly #before: Int32Array;
  /** The place of an entry in the order of time. */
  readonly #position: Int32Array;
  /** The rank of each operation's return; of operations that never returned, one after all others. */
  readonly #returnRank: Int32Array;

  readonly #slot: Int32Array;
  readonly #words: number;
  readonly #class: Int32Array;
  readonly #isRead: Uint8Array;
  /** The operations of each class, in the order of their returns. */
  readonly #twins: readonly (readonly number[])[];

  readonly #states: State[] = [];
  readonly #stateIds = new Map<string, number>();
  readonly #moves: Int32Array[] = [];
  readonly #classCount: number;

  readonly #placed: Uint8Array;
  readonly #order: number[] = [];
  /** Bits of the active operations that are placed. */
  #mask: Int32Array;
  #returnsLeft = 0;

  constructor(model: Model<State, Input, Output>, all: readonly Operation<Input, Output>[]) {
    this.#model = model;
    // A read says nothing if it is not known what it saw.
    this.#operations = all.filter((o) => o.outcome === 'ok' || !model.isRead?.(o.input, undefined));
    const n = this.#operations.length;
    this.#count = n;
    this.#next = new Int32Array(2 * n + 1);
    this.#before = new Int32Array(2 * n + 1);
    this.#position = new Int32Array(2 * n + 1);
    this.#returnRank = new Int32Array(n);
    this.#slot = new Int32Array(n);
    this.#placed = new Uint8Array(n);
    this.#isRead = new Uint8Array(n);
    this.#class = new Int32Array(n);
    this.#link();
    this.#words = Math.max(1, Math.ceil(this.concurrency / 32));
    this.#mask = new Int32Array(this.#words);
    const twins: number[][] = [];
    const classes = new Map<string, number>();
    const byReturn = this.#operations.map((_, i) => i);
    byReturn.sort((a, b) => this.#rank(a) - this.#rank(b) || a - b);
    for (const i of byReturn) {
      const { input, output, outcome } = this.#operations[i] as Operation<Input, Output>;
      const known = outcome === 'ok' ? output : undefined;
      const key = `${outcome} ${JSON.stringify(input)} ${JSON.stringify(known)}`;
      let id = classes.get(key);
      if (id === undefined) {
        id = classes.size;
        classes.set(key, id);
        twins.push([]);
      }
      this.#class[i] = id;
      twins[id]?.push(i);
      if (outcome === 'ok' && model.isRead?.(input, output)) this.#isRead[i] = 1;
    }
    this.#twins = twins;
    this.#classCount = classes.size;
  }

  #rank(i: number): number {
    return this.#returnRank[i] as number;
  }

  /** Sorts and links the events, and assigns slots. Calls come before returns of the same time. */
  #link(): void {
    const n = this.#count;
    const events: number[] = [];
    for (let i = 0; i < n; i++) {
      events.push(2 * i + 1);
      if ((this.#operations[i] as Operation).outcome === 'ok') events.push(2 * i + 2);
    }
    const time = (entry: number): number => {
      const operation = this.#operations[(entry - 1) >> 1] as Operation;
      return entry & 1 ? operation.callAt : operation.returnAt;
    };
    events.sort((a, b) => time(a) - time(b) || (b & 1) - (a & 1) || a - b);
    const free: number[] = [];
    let slots = 0;
    let returns = 0;
    let last = 0;
    for (const [position, entry] of events.entries()) {
      const i = (entry - 1) >> 1;
      this.#next[last] = entry;
      this.#before[entry] = last;
      this.#position[entry] = position;
      last = entry;
      if (entry & 1) this.#slot[i] = free.pop() ?? slots++;
      else {
        free.push(this.#slot[i] as number);
        this.#returnRank[i] = returns++;
      }
    }
    this.#next[last] = 0;
    this.#before[0] = last;
    for (let i = 0; i < n; i++) {
      if ((this.#operations[i] as Operation).outcome !== 'ok') this.#returnRank[i] = returns;
    }
    this.#returnsLeft = returns;
    this.concurrency = slots;
  }

  #intern(state: State): number {
    const key = typeof state === 'string' ? state : `\u0000${JSON.stringify(state)}`;
    let id = this.#stateIds.get(key);
    if (id === undefined) {
      id = this.#states.length;
      this.#states.push(state);
      this.#stateIds.set(key, id);
      this.#moves.push(new Int32Array(this.#classCount).fill(UNTRIED));
    }
    return id;
  }

  /** The state after operation `i`; IMPOSSIBLE when it cannot happen in this one. */
  #move(state: number, i: number): number {
    const moves = this.#moves[state] as Int32Array;
    const kind = this.#class[i] as number;
    let to = moves[kind] as number;
    if (to === UNTRIED) {
      const { input, output, outcome } = this.#operations[i] as Operation<Input, Output>;
      const known = outcome === 'ok' ? output : undefined;
      const next = this.#model.step(this.#states[state] as State, input, known);
      to = next === undefined ? IMPOSSIBLE : this.#intern(next);
      moves[kind] = to;
    }
    return to;
  }

  /** Takes an operation out of the list. */
  #place(i: number): void {
    const call = 2 * i + 1;
    this.#unlink(call);
    if ((this.#operations[i] as Operation).outcome === 'ok') {
      this.#unlink(call + 1);
      this.#returnsLeft--;
    }
    this.#placed[i] = 1;
    this.#order.push(i);
  }

  /** Puts it back: last out, first back in. */
  #replace(i: number): void {
    const call = 2 * i + 1;
    if ((this.#operations[i] as Operation).outcome === 'ok') {
      this.#relink(call + 1);
      this.#returnsLeft++;
    }
    this.#relink(call);
    this.#placed[i] = 0;
    this.#order.pop();
  }

  #unlink(entry: number): void {
    const [before, next] = [this.#before[entry] as number, this.#next[entry] as number];
    this.#next[before] = next;
    this.#before[next] = before;
  }

  #relink(entry: number): void {
    this.#next[this.#before[entry] as number] = entry;
    this.#before[this.#next[entry] as number] = entry;
  }

  /** The earliest return that is left; 0 when there is none. */
  #firstReturn(): number {
    let entry = this.#next[0] as number;
    while (entry !== 0 && entry & 1) entry = this.#next[entry] as number;
    return entry;
  }

  /** Places every read that is possible now, and those that this uncovers. */
  #placeReads(state: number): void {
    for (let entry = this.#next[0] as number; entry !== 0 && entry & 1; ) {
      const i = (entry - 1) >> 1;
      const next = this.#next[entry] as number;
      if (this.#isRead[i] === 1 && this.#move(state, i) === state) {
        this.#place(i);
        // Its own return may have been the next entry, and the end of what may be placed.
        entry = next === entry + 1 ? (this.#next[this.#before[entry] as number] as number) : next;
      } else entry = next;
    }
  }

  /**
   * To be called after operations were placed, from the `placedBefore`-th on. The bits of those that
   * returned before the first open return no longer mean anything, and their slots may be taken.
   */
  #updateMask(placedBefore: number, fromRank: number, toRank: number, byRank: Int32Array): void {
    for (let rank = fromRank; rank < toRank; rank++) {
      const slot = this.#slot[byRank[rank] as number] as number;
      this.#mask[slot >> 5] = (this.#mask[slot >> 5] as number) & ~(1 << (slot & 31));
    }
    for (let at = placedBefore; at < this.#order.length; at++) {
      const i = this.#order[at] as number;
      if (this.#rank(i) < toRank) continue;
      const slot = this.#slot[i] as number;
      this.#mask[slot >> 5] = (this.#mask[slot >> 5] as number) | (1 << (slot & 31));
    }
  }

  /** Whether a twin that returns earlier could be placed instead. */
  #isLaterTwin(i: number, firstReturnAt: number): boolean {
    const twins = this.#twins[this.#class[i] as number] as readonly number[];
    if (twins.length === 1) return false;
    for (const other of twins) {
      if (other === i) return false;
      const isCallable = (this.#position[2 * other + 1] as number) < firstReturnAt;
      if (this.#placed[other] === 0 && isCallable) return true;
    }
    return false;
  }

  /** An order; or `illegal` if there is none, `undecided` if `stepsMax` steps did not settle it. */
  run({
    stepsMax,
    lookAheadAfterSteps,
  }: Required<Limits>): History<Input, Output> | 'illegal' | 'undecided' {
    const byRank = new Int32Array(this.#returnsLeft);
    for (let i = 0; i < this.#count; i++) {
      if (this.#rank(i) < byRank.length) byRank[this.#rank(i)] = i;
    }
    const memory = new Tried(this.#words + 2);
    // Made once the search has become long: for most histories, never.
    let lookAhead: LookAhead<State> | undefined;
    let isPrepared = false;
    const isHopeful = (state: number): boolean => {
      if (this.steps < lookAheadAfterSteps) return true;
      if (!isPrepared) lookAhead = this.#model.lookAhead?.(this.#operations);
      isPrepared = true;
      return lookAhead === undefined || lookAhead(this.#states[state] as State, isPlaced);
    };
    const isPlaced = (i: number) => this.#placed[i] === 1;
    const rankNow = (entry: number) => (entry === 0 ? byRank.length : this.#rank((entry - 2) >> 1));

    /** One frame for each operation that was chosen: where to backtrack to. */
    const stack: {
      readonly chosen: number;
      readonly placedBefore: number;
      readonly state: number;
      readonly rank: number;
      readonly mask: Int32Array;
    }[] = [];
    let state = this.#intern(this.#model.initial);
    this.#placeReads(state);
    let firstReturn = this.#firstReturn();
    let rank = rankNow(firstReturn);
    this.#updateMask(0, 0, rank, byRank);
    let entry = this.#next[0] as number;
    while (this.#returnsLeft > 0) {
      if (entry !== 0 && entry & 1) {
        const i = (entry - 1) >> 1;
        const to = this.#isRead[i] === 1 ? IMPOSSIBLE : this.#move(state, i);
        const returnAt = firstReturn === 0 ? this.#position.length : this.#position[firstReturn];
        if (to === IMPOSSIBLE || this.#isLaterTwin(i, returnAt as number)) {
          entry = this.#next[entry] as number;
          continue;
        }
        if (++this.steps > stepsMax) return 'undecided';
        const frame = {
          chosen: i,
          placedBefore: this.#order.length,
          state,
          rank,
          mask: this.#mask.slice(),
        };
        this.#place(i);
        this.#placeReads(to);
        const nextReturn = this.#firstReturn();
        const nextRank = rankNow(nextReturn);
        this.#updateMask(frame.placedBefore, rank, nextRank, byRank);
        if (isHopeful(to) && memory.add(nextRank, to, this.#mask)) {
          stack.push(frame);
          state = to;
          rank = nextRank;
          firstReturn = nextReturn;
          entry = this.#next[0] as number;
        } else {
          this.#undo(frame);
          entry = this.#next[2 * i + 1] as number;
        }
        continue;
      }
      // An operation has returned that could not be placed: an earlier choice was wrong.
      const frame = stack.pop();
      if (frame === undefined) return 'illegal';
      this.#undo(frame);
      ({ state, rank } = frame);
      firstReturn = this.#firstReturn();
      entry = this.#next[2 * frame.chosen + 1] as number;
    }
    return this.#order.map((i) => this.#operations[i] as Operation<Input, Output>);
  }

  #undo(frame: { readonly placedBefore: number; readonly mask: Int32Array }): void {
    while (this.#order.length > frame.placedBefore) this.#replace(this.#order.at(-1) as number);
    this.#mask = frame.mask;
  }
}
