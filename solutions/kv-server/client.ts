/**
 * The client: tries until there is a reply.
 *
 * A get changes nothing, so any reply to any of its attempts will do: the server gave it between the
 * call and its end. A put is another matter. A reply is as definite as the server meant it to be, as
 * long as only one attempt was made. After a second one, "the version is different" may mean that
 * somebody else was faster, or that the first attempt did arrive and only its reply was lost. The
 * client cannot tell, and says `maybe`.
 *
 * Is `ok` definite after several attempts? Yes: the version lets at most one of them through. And
 * `no-key`? It says that the key has not been written so far, so no earlier attempt has succeeded.
 * But an earlier one may still be under way, and arrive once somebody has written the key up to that
 * version: after a second attempt this is a `maybe`, too.
 */
import { sleep } from 'faultlab/node';
import type { GetResult, Kv, KvContext, PutReply, PutResult, Version } from './contract.ts';
import { SERVER } from './contract.ts';

/** At first longer than a reply usually takes, and short enough not to be noticed. */
const TIMEOUT_MS_MIN = 150;
/** A slow network is not a broken one: a client that never waits longer than before never hears from it. */
const TIMEOUT_MS_MAX = 1500;
/** Attempts become rarer while the server is away, so that it is not greeted by a flood. */
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 500;

export default class Client implements Kv {
  readonly #node: KvContext;

  constructor(node: KvContext) {
    this.#node = node;
  }

  async get(key: string): Promise<GetResult> {
    const { reply } = await this.#insist((timeoutMs) => {
      return this.#node.call(SERVER, 'get', { key }, { timeoutMs });
    });
    return reply;
  }

  async put(key: string, value: string, version: Version): Promise<PutResult> {
    const { reply, attempts } = await this.#insist<PutReply>((timeoutMs) => {
      return this.#node.call(SERVER, 'put', { key, value, version }, { timeoutMs });
    });
    return reply.ok || attempts === 1 ? reply : { ok: false, error: 'maybe' };
  }

  /** Calls until there is a reply, and says how many attempts it took. */
  async #insist<Reply>(
    call: (timeoutMs: number) => Promise<Reply>,
  ): Promise<{ reply: Reply; attempts: number }> {
    let timeoutMs = TIMEOUT_MS_MIN;
    let pauseMs = PAUSE_MS_MIN;
    for (let attempts = 1; ; attempts++) {
      try {
        return { reply: await call(timeoutMs), attempts };
      } catch {
        // Clients that failed together must not come back together.
        await sleep(pauseMs * (0.5 + Math.random()));
        timeoutMs = Math.min(2 * timeoutMs, TIMEOUT_MS_MAX);
        pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
      }
    }
  }
}
