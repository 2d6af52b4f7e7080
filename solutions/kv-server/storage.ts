/**
 * The storage service. It trusts nobody who says "I hold the lock": it compares tokens, and a writer
 * whose token is lower than the highest seen is late.
 */
import type { KvContext, StorageLike, WriteArgs, WriteReply } from './contract.ts';

export default class Storage implements StorageLike {
  readonly #node: KvContext;
  #highestToken = 0;

  constructor(node: KvContext) {
    this.#node = node;
  }

  write(args: WriteArgs): WriteReply {
    if (args.token < this.#highestToken) return { ok: false };
    this.#highestToken = args.token;
    this.#node.emit('written', args);
    return { ok: true };
  }
}
