/**
 * Causal broadcast (Birman, Schiper and Stephenson 1991, §5). Events are broadcasts only: a vector says
 * how many broadcasts of each node were delivered. A message carries the vector of its sender, and
 * waits until this node has delivered all that the sender had.
 */
import type { NodeId } from 'faultlab/node';
import type { CausalBroadcastLike, Link, VectorStamp } from './contract.ts';

interface Message {
  readonly text: string;
  /** What the sender had delivered, by node, before this message. */
  readonly after: VectorStamp;
}

export default class CausalBroadcast implements CausalBroadcastLike {
  readonly #link: Link<Message>;
  readonly #deliver: (text: string, from: NodeId) => void;
  /** How many messages of each node have been delivered here. */
  readonly #delivered: Record<NodeId, number> = {};
  readonly #waiting = new Set<{ readonly message: Message; readonly from: NodeId }>();

  constructor(link: Link<Message>, deliver: (text: string, from: NodeId) => void) {
    this.#link = link;
    this.#deliver = deliver;
    link.onMessage((message, from) => {
      this.#waiting.add({ message, from });
      this.#deliverWaiting();
    });
  }

  broadcast(text: string): void {
    const message = { text, after: { ...this.#delivered } };
    for (const peer of this.#link.peers) this.#link.send(peer, message);
    this.#deliverNow(text, this.#link.id);
  }

  #deliverWaiting(): void {
    for (const waiting of this.#waiting) {
      if (!this.#isReady(waiting.message)) continue;
      this.#waiting.delete(waiting);
      this.#deliverNow(waiting.message.text, waiting.from);
      this.#deliverWaiting(); // others may have waited for this one
      return;
    }
  }

  #isReady({ after }: Message): boolean {
    return Object.entries(after).every(([node, count]) => (this.#delivered[node] ?? 0) >= count);
  }

  #deliverNow(text: string, from: NodeId): void {
    this.#delivered[from] = (this.#delivered[from] ?? 0) + 1;
    this.#deliver(text, from);
  }
}
