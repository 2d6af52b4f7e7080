/**
 * What happened before what, in one run: the grader's own vector clocks. They are derived from what
 * crossed the wire and the order of events on each node, and from nothing that a submission says.
 */
import type { NodeId, WireMessage } from 'faultlab';

/** One event, and how many events of each node had happened before it, itself included. */
export interface Moment {
  readonly node: NodeId;
  readonly atMs: number;
  readonly past: ReadonlyMap<NodeId, number>;
}

type Vector = ReadonlyMap<NodeId, number>;
const NOTHING: Vector = new Map();

/** Messages of the given programs: a stamped one, and an envelope of a link (skeleton, link.ts). */
const isStamped = (message: WireMessage) =>
  message.kind === 'request' && message.method === 'message';
const isEnvelope = (message: WireMessage) =>
  message.kind === 'request' && message.method === 'link';

export class Causality {
  readonly #now = new Map<NodeId, Vector>();
  readonly #sent = new WeakMap<WireMessage, Vector>();
  /** What each numbered message of a link knows: what its sender knew when it first sent it. */
  readonly #envelopes = new Map<string, Vector>();
  readonly #arrived = new Set<string>();
  readonly #passedOn = new Map<string, number>();
  /** By node: what is known to the stamped message that has arrived there and is not yet processed. */
  readonly #arriving = new Map<NodeId, Vector>();

  /** Whether a happened before b (Lamport 1978); never true of one and the same event. */
  isBefore(a: Moment, b: Moment): boolean {
    return a !== b && countOf(a.past, a.node) <= countOf(b.past, a.node);
  }

  /** An event on a node; with `receives`, it is the arrival of the message being delivered there. */
  happens(node: NodeId, atMs: number, { receives = false, count = 1 } = {}): Moment {
    if (receives) this.#learn(node, this.#arriving.get(node) ?? NOTHING);
    const past = new Map(this.#now.get(node) ?? NOTHING);
    past.set(node, countOf(past, node) + count);
    this.#now.set(node, past);
    return { node, atMs, past };
  }

  onSend(message: WireMessage): void {
    const known = this.#now.get(message.from) ?? NOTHING;
    if (isStamped(message)) this.#sent.set(message, known);
    if (!isEnvelope(message)) return;
    const key = envelopeKey(message);
    if (!this.#envelopes.has(key)) this.#envelopes.set(key, known);
  }

  onDeliver(message: WireMessage): void {
    if (isStamped(message)) this.#arriving.set(message.to, this.#sent.get(message) ?? NOTHING);
    if (isEnvelope(message)) this.#arriveInOrder(message);
  }

  /** What a link passes on: each message once, after all that were sent before it. */
  #arriveInOrder(message: WireMessage): void {
    const link = `${message.from} ${message.to}`;
    this.#arrived.add(envelopeKey(message));
    let next = (this.#passedOn.get(link) ?? 0) + 1;
    for (; this.#arrived.has(`${link} ${next}`); next++) {
      this.#learn(message.to, this.#envelopes.get(`${link} ${next}`) ?? NOTHING);
      this.#passedOn.set(link, next);
    }
  }

  #learn(node: NodeId, known: Vector): void {
    const merged = new Map(this.#now.get(node) ?? NOTHING);
    for (const [other, count] of known) merged.set(other, Math.max(countOf(merged, other), count));
    this.#now.set(node, merged);
  }
}

const countOf = (vector: Vector, node: NodeId) => vector.get(node) ?? 0;

const envelopeKey = ({ from, to, body }: WireMessage) =>
  `${from} ${to} ${(body as { number: number }).number}`;
