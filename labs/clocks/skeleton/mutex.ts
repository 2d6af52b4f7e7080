/**
 * A mutex without a server, yours to build with your Lamport clock: Lamport 1978, the conditions I to
 * III and the algorithm after them. Any algorithm that keeps the contract is welcome.
 */
import type { LamportStamp, Link, MutexLike } from './contract.ts';
import LamportClock from './lamport.ts';

/** What the mutexes of different nodes send each other; change it as you like. */
interface Message {
  readonly kind: 'request';
  readonly stamp: LamportStamp;
}

export default class Mutex implements MutexLike {
  readonly #link: Link<Message>;
  readonly #clock: LamportClock;

  constructor(link: Link<Message>) {
    this.#link = link;
    this.#clock = new LamportClock(link.id);
    // A worked example: what arrives, and from whom. Links lose nothing and keep the order.
    link.onMessage((message, from) => this.#receive(message, from));
  }

  /** @see MutexLike.acquire */
  acquire(): Promise<void> {
    // A worked example: a message to every other node.
    const stamp = this.#clock.tick();
    for (const peer of this.#link.peers) this.#link.send(peer, { kind: 'request', stamp });
    // TODO(A): resolves when nobody else can hold it, or come before this request.
    return new Promise((resolve) => {
      void resolve; // call it when this node may enter
    });
  }

  /** @see MutexLike.release */
  release(): void {
    // TODO(A): the others must hear of it.
  }

  #receive(message: Message, from: string): void {
    // TODO(A): what does this node know now, and who waits for it to say so?
    void [message, from];
  }
}
