/**
 * Causal broadcast, yours to build: Birman, Schiper and Stephenson, "Lightweight Causal and Atomic Group
 * Multicast" (1991), §5. Links lose nothing and keep the order, but do not wait for each other.
 */
import type { NodeId } from 'faultlab/node';
import type { CausalBroadcastLike, Link } from './contract.ts';

/** What goes over the links; change it as you like. */
interface Message {
  readonly text: string;
}

export default class CausalBroadcast implements CausalBroadcastLike {
  readonly #link: Link<Message>;
  readonly #deliver: (text: string, from: NodeId) => void;

  constructor(link: Link<Message>, deliver: (text: string, from: NodeId) => void) {
    this.#link = link;
    this.#deliver = deliver;
    link.onMessage((message, from) => this.#receive(message, from));
  }

  /** @see CausalBroadcastLike.broadcast */
  broadcast(text: string): void {
    // TODO(B): to everybody, with what the others need to put it in its place; and delivered here.
    void [text, this.#link];
  }

  #receive(message: Message, from: NodeId): void {
    // TODO(B): not before the messages that it depends on.
    this.#deliver(message.text, from);
  }
}
