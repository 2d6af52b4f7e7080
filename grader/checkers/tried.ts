/** The configurations that a search has tried: rows of numbers, in a table with open addressing. */
export class Tried {
  readonly #width: number;
  #rows: Int32Array;
  #size = 0;
  #capacity = 256;

  constructor(width: number) {
    this.#width = width;
    this.#rows = this.#emptyRows();
  }

  #emptyRows(): Int32Array {
    return new Int32Array(this.#capacity * this.#width).fill(-1);
  }

  /** False when it was already there. */
  add(rank: number, state: number, mask: Int32Array): boolean {
    if (2 * this.#size >= this.#capacity) this.#grow();
    const at = this.#find(rank, state, mask);
    if (this.#rows[at] !== -1) return false;
    this.#rows[at] = rank;
    this.#rows[at + 1] = state;
    this.#rows.set(mask, at + 2);
    this.#size++;
    return true;
  }

  #find(rank: number, state: number, mask: Int32Array): number {
    let hash = Math.imul(rank ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(state + 1, 0xc2b2ae35);
    for (const word of mask) hash = Math.imul(hash ^ word ^ (hash >>> 15), 0x27d4eb2f);
    const last = this.#capacity - 1;
    for (let row = (hash ^ (hash >>> 16)) & last; ; row = (row + 1) & last) {
      const at = row * this.#width;
      if (this.#rows[at] === -1) return at;
      if (this.#rows[at] !== rank || this.#rows[at + 1] !== state) continue;
      let k = 0;
      while (k < mask.length && this.#rows[at + 2 + k] === mask[k]) k++;
      if (k === mask.length) return at;
    }
  }

  #grow(): void {
    const old = this.#rows;
    this.#capacity *= 4;
    this.#rows = this.#emptyRows();
    const width = this.#width;
    for (let at = 0; at < old.length; at += width) {
      if (old[at] === -1) continue;
      const mask = old.subarray(at + 2, at + width);
      const to = this.#find(old[at] as number, old[at + 1] as number, mask);
      this.#rows.set(old.subarray(at, at + width), to);
    }
  }
}
