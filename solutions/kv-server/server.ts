/**
 * The key-value server. All of the cleverness is in the version: a put names the version that it
 * wants to replace, so a copy of a put that has happened finds a different version and does nothing.
 * The handlers run without an `await`, so each takes effect at one instant.
 */
import type { GetArgs, GetResult, KvContext, PutArgs, PutReply, Version } from './contract.ts';

interface Entry {
  readonly value: string;
  readonly version: Version;
}

export default class Server {
  readonly #entries = new Map<string, Entry>();

  constructor(node: KvContext) {
    node.serve('get', (args) => this.#get(args));
    node.serve('put', (args) => this.#put(args));
  }

  #get({ key }: GetArgs): GetResult {
    const entry = this.#entries.get(key);
    return entry === undefined ? { ok: false, error: 'no-key' } : { ok: true, ...entry };
  }

  #put({ key, value, version }: PutArgs): PutReply {
    const entry = this.#entries.get(key);
    if (entry === undefined && version > 0) return { ok: false, error: 'no-key' };
    if (entry !== undefined && entry.version !== version) return { ok: false, error: 'version' };
    this.#entries.set(key, { value, version: version + 1 });
    return { ok: true, version: version + 1 };
  }
}
