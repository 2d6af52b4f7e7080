/**
 * The contract of the clocks lab: what your classes offer, and what they are given. Given; the grader
 * uses its own copy. None of your classes touches the network itself: a given program sends, receives
 * and reports; it asks your class for stamps, or gives it a link.
 */
import type { NodeId } from 'faultlab/node';

// ── Part A: Lamport clocks ────────────────────────────────────────────────────────────────────────

/** When an event happened, as a Lamport clock tells it. */
export interface LamportStamp {
  /** C⟨a⟩ of the paper: a whole number, 0 or more. */
  readonly time: number;
  /** The node on which the event happened. It tells apart two events with the same time. */
  readonly node: NodeId;
}

/**
 * One node's Lamport clock (Lamport 1978). If an event a happened before an event b, then
 * `a.time < b.time`, whatever the wall clocks say. One instance per node.
 *
 * `lamport.ts` also exports `compareLamport(a, b)`: below 0 if a comes first in the total order, above
 * 0 if b does, 0 only for the same stamp. It depends on nothing but the two stamps.
 */
export interface LamportClockLike {
  /** The stamp of an event on this node: a local one, or the sending of a message. */
  tick(): LamportStamp;
  /** The stamp of a message's arrival here; `sent` is the stamp of its sending, which it carries. */
  receive(sent: LamportStamp): LamportStamp;
}

/**
 * A node's end of the links to all others. What is sent arrives, once, and in the order in which it
 * was sent, as over TCP; but nobody knows when, and links do not wait for each other.
 */
export interface Link<Message> {
  /** The name of this node. */
  readonly id: NodeId;
  /** The other nodes. */
  readonly peers: readonly NodeId[];
  /** Sends plain data; returns at once. What is sent is copied. */
  send(to: NodeId, message: Message): void;
  /** Sets the handler of all messages; called once, in the constructor. */
  onMessage(handler: (message: Message, from: NodeId) => void): void;
}

/**
 * Mutual exclusion without a server (Lamport 1978, "Ordering the events"). One instance per node,
 * made with its {@link Link}. Nodes may be silent for a while, but do not crash.
 */
export interface MutexLike {
  /**
   * Resolves when this node holds the mutex. Never called by a node that waits or holds. Requests are
   * granted in the order in which they were made: one that happened before another is granted first.
   */
  acquire(): Promise<void>;
  /** This node no longer holds the mutex. Called only by its holder. */
  release(): void;
}

// ── Part B: vector clocks ─────────────────────────────────────────────────────────────────────────

/** How many events of each node are known; a node that is missing counts as 0. */
export type VectorStamp = Readonly<Record<NodeId, number>>;

/** How one event relates to another. */
export type CausalRelation = 'before' | 'after' | 'concurrent' | 'same';

/**
 * One node's vector clock (Fidge 1988, Mattern 1989).
 *
 * `vector.ts` also exports `compareVectors(a, b)`: `before` exactly if the event of a happened before
 * that of b, `after` exactly if it is the other way round, `same` for one and the same event, and
 * `concurrent` in all other cases.
 */
export interface VectorClockLike {
  /** The stamp of an event on this node. A stamp does not change once it has been given out. */
  tick(): VectorStamp;
  /** The stamp of a message's arrival here; `sent` is the stamp of its sending, which it carries. */
  receive(sent: VectorStamp): VectorStamp;
}

/**
 * Causal broadcast (Birman, Schiper and Stephenson 1991). One instance per node, made with its
 * {@link Link} and a function `deliver(text, from)` that it calls for each message, in order.
 */
export interface CausalBroadcastLike {
  /**
   * Sends a text to everybody. It is delivered here before this returns, and once at each other
   * node. Nowhere is a message delivered before those that its sender had delivered when it broadcast
   * it; and it waits for no others.
   */
  broadcast(text: string): void;
}

// ── Part C: hybrid logical clocks ─────────────────────────────────────────────────────────────────

/**
 * When an event happened, as a hybrid logical clock tells it (Kulkarni et al. 2014). Compared first by
 * `wallMs`, then by `logical`.
 */
export interface HlcTimestamp {
  /** l of the paper: milliseconds since 1970, a whole number. */
  readonly wallMs: number;
  /** c of the paper: a whole number, 0 … {@link LOGICAL_MAX}. */
  readonly logical: number;
}

/** The logical part has 16 bits. Where it would need more, the next millisecond is used instead, with 0. */
export const LOGICAL_MAX = 0xffff;

export interface HlcOptions {
  /** pt of the paper: the wall clock of this node, in whole milliseconds. It may jump either way. */
  readonly physicalMs: () => number;
  /** How far ahead of this node's wall clock a stamp may be and still be believed. */
  readonly maxOffsetMs: number;
}

/**
 * One node's hybrid logical clock, made with {@link HlcOptions}.
 *
 * - If an event happened before another, its stamp is smaller.
 * - `wallMs` is the highest wall-clock reading that the event knows of: the current one of its own
 *   node, and that of every event that happened before it. (It is higher only where the logical part
 *   was full.)
 * - `logical` is at most the number of events that happened before it and have the same `wallMs`.
 *
 * `hlc.ts` also exports `compareHlc(a, b)`: below 0, 0 or above 0.
 */
export interface HlcLike {
  /** The stamp of an event on this node. */
  tick(): HlcTimestamp;
  /**
   * The stamp of a message's arrival here; `sent` is the stamp of its sending, which it carries.
   * `'refused'` if that stamp's `wallMs` is more than `maxOffsetMs` ahead of this node's wall clock:
   * then nothing has happened, and the clock has learnt nothing.
   */
  receive(sent: HlcTimestamp): HlcTimestamp | 'refused';
}

// ── Part D: commit wait ───────────────────────────────────────────────────────────────────────────

/** The absolute time is somewhere in here, both ends included; in milliseconds since 1970. */
export interface Interval {
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** TT of the Spanner paper (Corbett et al. 2012, §3): a clock that knows how wrong it may be. */
export interface IntervalClock {
  /** A later interval may begin, or end, before an earlier one: clocks are set now and then. */
  now(): Interval;
}

export interface Version {
  readonly value: string;
  /** The timestamp of the commit that wrote it. */
  readonly at: number;
}

/**
 * The keys of one node, with all their versions, made with the node's {@link IntervalClock}. Each key
 * lives on one node, and nodes do not talk to each other. A timestamp is a number of milliseconds since
 * 1970, with or without a fraction.
 *
 * **External consistency** (§1 and §4.1.2): if anybody has seen the commit of T1 before T2 began, on
 * whatever nodes, then T2 has a higher timestamp than T1. A commit is seen when `commit` has resolved,
 * or when a read has returned what it wrote.
 */
export interface StoreLike {
  /**
   * Writes a new version and resolves to its timestamp, which no other commit of this node has. It
   * waits as long as external consistency requires, and no longer; several commits may wait at once.
   */
  commit(key: string, value: string): Promise<number>;
  /** The newest version that may be seen, or null. Resolves at once, even while commits wait. */
  read(key: string): Promise<Version | null>;
  /**
   * The version as of a timestamp: the one with the highest `at` that is not above it, or null. This
   * is final: no later commit gets a timestamp up to this one. Waits if the timestamp is not past yet.
   */
  readAt(key: string, at: number): Promise<Version | null>;
}

// ── What the given programs report ────────────────────────────────────────────────────────────────

/** An event of parts A to C. */
export interface StampedEvent<Stamp> {
  /** `l2.7`: the seventh event of l2. */
  readonly id: string;
  readonly kind: 'local' | 'send' | 'receive';
  readonly stamp: Stamp;
  /** The wall clock of the node, at the event. */
  readonly wallMs: number;
  /** Of an arrival: the stamp that the message carried. */
  readonly sent?: Stamp;
}
