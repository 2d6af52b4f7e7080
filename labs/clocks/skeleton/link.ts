/**
 * Links that lose nothing and keep the order, over a network that loses, copies and reorders: numbers,
 * repetitions, and a place where those that come too early wait. Given; the grader uses its own copy.
 */
import type { NodeContext, NodeId } from 'faultlab/node';
import { sleep } from 'faultlab/node';
import type { Link } from './contract.ts';

/** One message on the wire; numbers count up from 1 on each link. */
interface Envelope {
  readonly number: number;
  readonly message: unknown;
}

export interface LinkRpcs {
  /** Answered with null when it has arrived; that does not say that it was processed. */
  link(envelope: Envelope): null;
}

const TIMEOUT_MS = 150;
const TIMEOUT_MS_MAX = 1000;

export class ReliableLink<Message> implements Link<Message> {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly #node: NodeContext<LinkRpcs, never>;
  /** The number of the last message, by receiver. */
  readonly #sent = new Map<NodeId, number>();
  /** The number of the last message that was passed on, by sender. */
  readonly #received = new Map<NodeId, number>();
  /** Messages that came before their turn: `n1 7`. */
  readonly #early = new Map<string, Message>();
  #handler: (message: Message, from: NodeId) => void = () => {};

  constructor(node: NodeContext<LinkRpcs, never>) {
    this.#node = node;
    this.id = node.id;
    this.peers = node.peers;
    node.serve('link', (envelope, from) => this.#arrived(envelope, from));
  }

  onMessage(handler: (message: Message, from: NodeId) => void): void {
    this.#handler = handler;
  }

  send(to: NodeId, message: Message): void {
    const number = (this.#sent.get(to) ?? 0) + 1;
    this.#sent.set(to, number);
    // A copy: the sender may change its object before this is sent once more.
    void this.#repeat(to, { number, message: JSON.parse(JSON.stringify(message)) });
  }

  async #repeat(to: NodeId, envelope: Envelope): Promise<void> {
    for (let timeoutMs = TIMEOUT_MS; ; timeoutMs = Math.min(2 * timeoutMs, TIMEOUT_MS_MAX)) {
      try {
        await this.#node.call(to, 'link', envelope, { timeoutMs });
        return;
      } catch {
        await sleep(timeoutMs / 4);
      }
    }
  }

  #arrived({ number, message }: Envelope, from: NodeId): null {
    const last = this.#received.get(from) ?? 0;
    if (number > last) this.#early.set(`${from} ${number}`, message as Message);
    for (let next = last + 1; this.#early.has(`${from} ${next}`); next++) {
      const key = `${from} ${next}`;
      const turn = this.#early.get(key) as Message;
      this.#early.delete(key);
      this.#received.set(from, next);
      this.#handler(turn, from);
    }
    return null;
  }
}
