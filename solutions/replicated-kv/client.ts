/**
 * A client, which is one session: it remembers the highest version that it has put or seen, and asks
 * a replica for nothing older. The replica waits, or says that it is behind.
 */
import { type NodeId, sleep } from 'faultlab/node';
import type {
  ClientLike,
  GetReply,
  PutReply,
  PutResult,
  ReadResult,
  ReplicaContext,
  View,
} from './contract.ts';
import { VIEW_SERVICE } from './contract.ts';

/** How long a client looks for a primary before it says that there is none. */
const PATIENCE_MS = 2500;
const PUT_TIMEOUT_MS = 800;
const GET_TIMEOUT_MS = 500;
const PAUSE_MS = 40;

export default class Client implements ClientLike {
  readonly #node: ReplicaContext;
  #view: View | undefined;
  /** What this session knows of. */
  #version = 0;

  constructor(node: ReplicaContext) {
    this.#node = node;
  }

  /** @see ClientLike.put */
  async put(key: string, value: string): Promise<PutResult> {
    const timeoutMs = PUT_TIMEOUT_MS;
    const endMs = performance.now() + PATIENCE_MS;
    while (performance.now() < endMs) {
      const view = await this.#currentView();
      let reply: PutReply | undefined;
      try {
        if (view) reply = await this.#node.call(view.primary, 'put', { key, value }, { timeoutMs });
      } catch {
        // It may have been done, or may still be: to send it again could do it twice.
        this.#view = undefined;
        return { ok: false, error: 'maybe' };
      }
      if (reply?.ok) return this.#seen(reply);
      this.#view = undefined;
      if (reply?.error === 'maybe') return { ok: false, error: 'maybe' };
      await sleep(PAUSE_MS);
    }
    return { ok: false, error: 'unavailable' };
  }

  /** @see ClientLike.get */
  async get(key: string): Promise<ReadResult> {
    const timeoutMs = GET_TIMEOUT_MS;
    const endMs = performance.now() + PATIENCE_MS;
    while (performance.now() < endMs) {
      const view = await this.#currentView();
      let reply: GetReply | undefined;
      try {
        if (view) reply = await this.#node.call(view.primary, 'get', { key }, { timeoutMs });
      } catch {
        // A get changes nothing: it can be sent again.
      }
      if (reply?.ok) return this.#seen(reply);
      this.#view = undefined;
      await sleep(PAUSE_MS);
    }
    return { ok: false, error: 'unavailable' };
  }

  /** @see ClientLike.read */
  async read(key: string, replica: NodeId): Promise<ReadResult> {
    const [version, timeoutMs] = [this.#version, GET_TIMEOUT_MS];
    try {
      const reply = await this.#node.call(replica, 'read', { key, version }, { timeoutMs });
      return reply.ok ? this.#seen(reply) : reply;
    } catch {
      return { ok: false, error: 'unavailable' };
    }
  }

  #seen<Reply extends { readonly version: number }>(reply: Reply): Reply {
    this.#version = Math.max(this.#version, reply.version);
    return reply;
  }

  async #currentView(): Promise<View | undefined> {
    try {
      this.#view ??= await this.#node.call(VIEW_SERVICE, 'view', { epoch: 0 }, { timeoutMs: 200 });
    } catch {
      await sleep(PAUSE_MS);
    }
    return this.#view;
  }
}
