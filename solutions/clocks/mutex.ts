/**
 * Mutual exclusion (Lamport 1978). Every node keeps the requests of all, and grants them in their total
 * order. What makes that safe is waiting: a node enters only when it has heard from everybody since its
 * request. Links keep the order, so by then it has heard of every earlier request.
 */
import type { NodeId } from 'faultlab/node';
import type { LamportStamp, Link, MutexLike } from './contract.ts';
import LamportClock, { compareLamport } from './lamport.ts';

interface Message {
  readonly kind: 'request' | 'acknowledge' | 'release';
  readonly stamp: LamportStamp;
}

export default class Mutex implements MutexLike {
  readonly #link: Link<Message>;
  readonly #clock: LamportClock;
  /** The request queue: who waits or holds, and since when. A node has one request at a time. */
  readonly #requests = new Map<NodeId, LamportStamp>();
  /** The latest stamp that came from each node. */
  readonly #heard = new Map<NodeId, LamportStamp>();
  /** Set while this node waits. */
  #enter: (() => void) | undefined;

  constructor(link: Link<Message>) {
    this.#link = link;
    this.#clock = new LamportClock(link.id);
    link.onMessage((message, from) => this.#receive(message, from));
  }

  acquire(): Promise<void> {
    const stamp = this.#clock.tick();
    this.#requests.set(this.#link.id, stamp);
    this.#sendAll({ kind: 'request', stamp });
    return new Promise((resolve) => {
      this.#enter = resolve;
    });
  }

  release(): void {
    this.#requests.delete(this.#link.id);
    this.#sendAll({ kind: 'release', stamp: this.#clock.tick() });
  }

  #receive({ kind, stamp }: Message, from: NodeId): void {
    this.#clock.receive(stamp);
    this.#heard.set(from, stamp);
    if (kind === 'request') {
      this.#requests.set(from, stamp);
      this.#link.send(from, { kind: 'acknowledge', stamp: this.#clock.tick() });
    }
    if (kind === 'release') this.#requests.delete(from);
    this.#enterIfFirst();
  }

  #enterIfFirst(): void {
    const own = this.#requests.get(this.#link.id);
    if (own === undefined || this.#enter === undefined) return;
    for (const [node, stamp] of this.#requests) {
      if (node !== this.#link.id && compareLamport(stamp, own) < 0) return;
    }
    for (const peer of this.#link.peers) {
      const heard = this.#heard.get(peer);
      if (heard === undefined || compareLamport(heard, own) < 0) return;
    }
    const enter = this.#enter;
    this.#enter = undefined;
    enter();
  }

  #sendAll(message: Message): void {
    for (const peer of this.#link.peers) this.#link.send(peer, message);
  }
}
