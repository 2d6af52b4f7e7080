/**
 * A key-value store on one disk. A value enters the map when its record is durable and not before:
 * the map is what reads show and what a checkpoint holds, and neither may know what a crash can
 * still take back.
 */
import type { NodeContext } from 'faultlab/node';
import type { StoreGet, StoreLike, StorePut } from './contract.ts';
import { CorruptLog } from './records.ts';
import { Wal } from './wal.ts';

interface Item {
  readonly key: string;
  readonly value: string;
}

export default class Store implements StoreLike {
  readonly #values = new Map<string, string>();
  readonly #wal: Wal<Item>;
  /** Resolves to false when the log has rotted. */
  #isSound: Promise<boolean> = Promise.resolve(true);

  constructor(node: NodeContext<Record<never, never>, unknown>) {
    this.#wal = new Wal<Item>({
      disk: node.disk,
      file: 'log',
      checkpoint: () => Array.from(this.#values, ([key, value]) => ({ key, value })),
      durable: (items) => this.#apply(items),
    });
  }

  async start(): Promise<void> {
    this.#isSound = this.#recover();
    await this.#isSound;
  }

  async put(key: string, value: string): Promise<StorePut> {
    if (!(await this.#isSound)) return { ok: false, error: 'corrupt' };
    try {
      await this.#wal.append({ key, value });
      return { ok: true };
    } catch {
      return { ok: false, error: 'disk' };
    }
  }

  async get(key: string): Promise<StoreGet> {
    if (!(await this.#isSound)) return { ok: false, error: 'corrupt' };
    return { ok: true, value: this.#values.get(key) ?? null };
  }

  async #recover(): Promise<boolean> {
    try {
      this.#apply(await this.#wal.open());
      return true;
    } catch (error) {
      if (error instanceof CorruptLog) return false;
      throw error;
    }
  }

  #apply(items: readonly Item[]): void {
    for (const { key, value } of items) this.#values.set(key, value);
  }
}
