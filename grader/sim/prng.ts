/**
 * All chance in a simulation, in two forms.
 *
 * `keyed` is a hash: what happens to the 7th message from n1 to n2 depends on the seed and on that
 * key alone, not on how many other choices were made before. So removing one fault leaves all
 * other choices as they were, and a failing run can be cut down, edited and replayed. `Stream` is
 * an ordinary generator, for drawing a whole plan at once.
 */

/** Which family a keyed choice belongs to; part of its key. */
export const Choice = {
  latency: 1,
  tail: 2,
  tailLength: 3,
  drop: 4,
  duplicate: 5,
  duplicateDelay: 6,
  diskLatency: 7,
  tornWrite: 8,
  tornLength: 9,
  nodeRandom: 10,
} as const;

/** Scrambles 32 bits (the finaliser of MurmurHash3, public domain). */
export function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A uniform 32-bit integer that depends on nothing but the five arguments. */
export function keyedBits(seed: number, kind: number, a: number, b: number, n: number): number {
  let h = mix(seed ^ Math.imul(kind, 0x9e3779b1));
  h = mix(h ^ Math.imul(a + 1, 0x85ebca77));
  h = mix(h ^ Math.imul(b + 1, 0xc2b2ae3d));
  return mix(h ^ Math.imul(n + 1, 0x27d4eb2f)) >>> 0;
}

/** A uniform real in [0, 1) that depends on nothing but the five arguments. */
export function keyed(seed: number, kind: number, a: number, b: number, n: number): number {
  return keyedBits(seed, kind, a, b, n) / 0x1_0000_0000;
}

/** A stream of choices from one seed; the same seed always draws the same choices. */
export interface Draw {
  /** An integer, `min` ≤ x ≤ `max`. */
  int(min: number, max: number): number;
  /** A real number, `min` ≤ x < `max`. */
  real(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
}

/** A stream of choices from one seed (SplitMix32-like: a counter through `mix`). */
export class Stream implements Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = mix(seed ^ 0x5bf03635);
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return (mix(mix(this.#state) ^ 0x3c6ef372) >>> 0) / 0x1_0000_0000;
  }

  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  real(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('Draw.pick: the list is empty');
    return items[Math.floor(this.next() * items.length)] as T;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }
}
