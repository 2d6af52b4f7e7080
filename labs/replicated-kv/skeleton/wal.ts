/** A write-ahead log on one disk, yours to build: what was appended is there after any crash. */
import type { Disk } from 'faultlab/node';

export interface WalOptions<Item> {
  readonly disk: Disk;
  readonly file: string;
  /** What must be in a new log that replaces this one: all that is safe so far. */
  checkpoint(): readonly Item[];
  /** These records are safe, in the order in which they were appended. */
  durable(records: readonly Item[]): void;
}

export class Wal<Item> {
  readonly #options: WalOptions<Item>;

  constructor(options: WalOptions<Item>) {
    this.#options = options;
  }

  /** Reads what an earlier life has left. @throws {CorruptLog} */
  async open(): Promise<Item[]> {
    const { disk, file } = this.#options;
    // A worked example of a read: undefined when there is no such file.
    const bytes = await disk.readBytes(file);
    // TODO(A): the records (records.ts), and no torn tail in the way of the next append.
    void bytes;
    return [];
  }

  /** Resolves when the record is safe. @throws {DiskError} when it cannot be made so */
  async append(record: Item): Promise<void> {
    // TODO(A): one fsync for all that are waiting.
    // TODO(A): a failed fsync: which bytes are where?
    // TODO(A): the log does not grow forever.
    void record;
  }
}
