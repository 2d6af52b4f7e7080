/** A key-value store that keeps its promises through any crash, yours to build: part A. */
import type { NodeContext } from 'faultlab/node';
import type { StoreGet, StoreLike, StorePut } from './contract.ts';
import { Wal } from './wal.ts';

interface Item {
  readonly key: string;
  readonly value: string;
}

export default class Store implements StoreLike {
  readonly #values = new Map<string, string>();
  readonly #wal: Wal<Item>;

  constructor(node: NodeContext<Record<never, never>, unknown>) {
    this.#wal = new Wal<Item>({
      disk: node.disk,
      file: 'log',
      checkpoint: () => [],
      durable: () => {},
    });
  }

  /** @see StoreLike.start */
  async start(): Promise<void> {
    // TODO(A): what an earlier life has left, unless it has rotted.
    await this.#wal.open();
  }

  /** @see StoreLike.put */
  async put(key: string, value: string): Promise<StorePut> {
    // TODO(A): ok only when it is safe.
    void [key, value, this.#values];
    return { ok: false, error: 'disk' };
  }

  /** @see StoreLike.get */
  async get(key: string): Promise<StoreGet> {
    // TODO(A): nothing that a crash could still take back.
    void key;
    return { ok: true, value: null };
  }
}
