/**
 * The network: which messages arrive, and when. Datagrams under an RPC layer, so a request and its
 * reply are delayed, dropped, duplicated and reordered independently. Every choice is keyed by
 * (link, number of the message on that link), see `prng.ts`.
 *
 * Whether a link is cut is checked both when a message leaves and when it arrives: a partition also
 * swallows messages in flight, as pulling a cable does.
 */
import type { NodeId } from '../node.ts';
import { Choice, keyed } from './prng.ts';

/** How messages travel. All durations in virtual milliseconds; probabilities 0 … 1. */
export interface NetworkProfile {
  /** One-way latency drawn per message: at least `minMs`, typically `typicalMs`. */
  readonly minMs: number;
  readonly typicalMs: number;
  /** Share of messages that take `tailMs` × (0.1 … 1) instead: the heavy tail. */
  readonly tailChance: number;
  readonly tailMs: number;
  readonly dropChance: number;
  readonly duplicateChance: number;
}

/** A message as the network sees it. `body` is plain data: a request's arguments or a reply. */
export interface WireMessage {
  readonly kind: 'request' | 'reply';
  readonly from: NodeId;
  readonly to: NodeId;
  readonly method: string;
  /** Of a request: its arguments. Of a reply: the value; `args` then holds the arguments answered. */
  readonly body: unknown;
  readonly args: unknown;
  readonly sizeBytes: number;
}

export const CALM: NetworkProfile = {
  minMs: 1,
  typicalMs: 3,
  tailChance: 0.01,
  tailMs: 20,
  dropChance: 0,
  duplicateChance: 0,
};

/** A source of chance on the wire: loss, second copies, the heavy tail, and varying latencies. */
export type Noise = 'drop' | 'duplicate' | 'late' | 'jitter';

/** Names one message: sender, receiver, and its number on that link. */
export type LinkMessage = readonly [from: number, to: number, ordinal: number];

/** In words: for noise that is switched off, and for the few messages that it still affects. */
export const CALMED: Readonly<Record<Noise, { none: string; some: string }>> = {
  drop: { none: 'nothing lost by chance', some: 'lost by chance' },
  duplicate: { none: 'nothing duplicated', some: 'duplicated' },
  late: { none: 'nothing late by chance', some: 'late by chance' },
  jitter: { none: 'equal latencies', some: '' },
};

export type Fate = 'drop' | 'duplicate' | number | undefined;

export class Network {
  readonly #seed: number;
  readonly #size: number;
  #base: NetworkProfile = CALM;
  /** Links with a profile of their own. */
  readonly #links = new Map<number, NetworkProfile>();
  readonly #cut: Uint8Array;
  readonly #sent: Uint32Array;
  /** The noise that is switched off, except for the messages named. */
  readonly #calm = new Map<Noise, ReadonlySet<string>>();
  /** Which messages were lost, duplicated or late by chance. */
  readonly noise: Record<Exclude<Noise, 'jitter'>, LinkMessage[]> = {
    drop: [],
    duplicate: [],
    late: [],
  };
  filter: ((message: WireMessage) => Fate) | undefined;

  constructor(seed: number, size: number) {
    this.#seed = seed;
    this.#size = size;
    this.#cut = new Uint8Array(size * size);
    this.#sent = new Uint32Array(size * size);
  }

  profile(change: Partial<NetworkProfile>, link?: { from: number; to: number }): void {
    if (link === undefined) {
      this.#base = { ...this.#base, ...change };
      for (const [i, own] of this.#links) this.#links.set(i, { ...own, ...change });
      return;
    }
    const i = link.from * this.#size + link.to;
    this.#links.set(i, { ...(this.#links.get(i) ?? this.#base), ...change });
  }

  /**
   * Switches one source of chance off for the rest of the run, whatever the profiles say; the messages
   * in `except` still meet their fate. For shrinking: a failure that persists does not depend on the
   * rest.
   */
  calm(what: Noise, except: readonly LinkMessage[] = []): void {
    this.#calm.set(what, new Set(except.map(String)));
  }

  setCut(from: number, to: number, cut: boolean): void {
    this.#cut[from * this.#size + to] = cut ? 1 : 0;
  }

  isCut(from: number, to: number): boolean {
    return this.#cut[from * this.#size + to] === 1;
  }

  healAll(): void {
    this.#cut.fill(0);
  }

  /** The number of the next message on a link; part of the key of its choices. */
  nextOrdinal(from: number, to: number): number {
    const i = from * this.#size + to;
    const ordinal = this.#sent[i] as number;
    this.#sent[i] = ordinal + 1;
    return ordinal;
  }

  /** One-way latency in milliseconds. Skewed: most messages are near the minimum, a few very late. */
  latencyMs(from: number, to: number, ordinal: number): number {
    const p = this.#profileOf(from, to);
    const isLate = p.tailChance > 0 && this.#choice(Choice.tail, from, to, ordinal) < p.tailChance;
    if (isLate && this.#happens('late', from, to, ordinal)) {
      return p.tailMs * (0.1 + 0.9 * this.#choice(Choice.tailLength, from, to, ordinal));
    }
    const u = this.#calm.has('jitter') ? 0.7 : this.#choice(Choice.latency, from, to, ordinal);
    return p.minMs + (p.typicalMs - p.minMs) * (0.5 * u + 1.5 * u * u * u * u);
  }

  isDropped(from: number, to: number, ordinal: number): boolean {
    const { dropChance } = this.#profileOf(from, to);
    return (
      dropChance > 0 &&
      this.#choice(Choice.drop, from, to, ordinal) < dropChance &&
      this.#happens('drop', from, to, ordinal)
    );
  }

  /** How much later than the first copy a second one arrives, or undefined for no second copy. */
  duplicateMs(from: number, to: number, ordinal: number): number | undefined {
    const p = this.#profileOf(from, to);
    if (p.duplicateChance === 0) return undefined;
    if (this.#choice(Choice.duplicate, from, to, ordinal) >= p.duplicateChance) return undefined;
    if (!this.#happens('duplicate', from, to, ordinal)) return undefined;
    return this.extraCopyMs(from, to, ordinal);
  }

  /** Mostly at once, sometimes much later: past an election timeout. */
  extraCopyMs(from: number, to: number, ordinal: number): number {
    const u = this.#choice(Choice.duplicateDelay, from, to, ordinal);
    return u < 0.7 ? 10 * u : 1000 * (u - 0.7);
  }

  #profileOf(from: number, to: number): NetworkProfile {
    if (this.#links.size === 0) return this.#base;
    return this.#links.get(from * this.#size + to) ?? this.#base;
  }

  /** Chance has decided that it happens: does it, or is that noise switched off? */
  #happens(what: Exclude<Noise, 'jitter'>, ...message: LinkMessage): boolean {
    const spared = this.#calm.get(what);
    if (spared !== undefined && !spared.has(String(message))) return false;
    this.noise[what].push(message);
    return true;
  }

  #choice(kind: number, from: number, to: number, ordinal: number): number {
    return keyed(this.#seed, kind, from, to, ordinal);
  }
}
