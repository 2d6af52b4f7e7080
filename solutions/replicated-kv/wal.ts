/**
 * A write-ahead log in one file. A single worker writes: while one fsync is under way, everything
 * else that is appended waits and goes into the next (group commit).
 *
 * There is one way to get a log that can be trusted out of one that is too long or whose fsync has
 * failed: write a new one beside it, fsync, rename, fsync the directory. After a failed fsync the
 * kernel has dropped the pages and forgotten about it; a second fsync would succeed and mean nothing
 * ("fsyncgate", Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
 */
import type { Disk } from 'faultlab/node';
import { decode, encode } from './records.ts';

export interface WalOptions<Item> {
  readonly disk: Disk;
  readonly file: string;
  /** What must be in a new log that replaces this one: all that is safe so far. */
  checkpoint(): readonly Item[];
  /** These records are safe, in the order in which they were appended. */
  durable(records: readonly Item[]): void;
}

interface Waiting<Item> {
  readonly record: Item;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A log may grow to this, or to so many times its size when it was last rewritten. */
const LOG_BYTES_MIN = 16 * 1024;
const GROWTH = 4;

export class Wal<Item> {
  readonly #options: WalOptions<Item>;
  #waiting: Waiting<Item>[] = [];
  #isWorking = false;
  #bytes = 0;
  /** Size of the log when it was last rewritten. */
  #baseBytes = 0;
  /** What the file holds is no longer known. */
  #isSuspect = false;

  constructor(options: WalOptions<Item>) {
    this.#options = options;
  }

  /** Reads what an earlier life has left. @throws {CorruptLog} */
  async open(): Promise<Item[]> {
    const { disk, file } = this.#options;
    const bytes = await disk.readBytes(file);
    if (bytes === undefined) return [];
    const { records, wholeBytes } = decode(bytes);
    // What is appended next must begin where a reader looks for it.
    if (wholeBytes < bytes.length) await disk.truncate(file, wholeBytes);
    this.#bytes = wholeBytes;
    return records as Item[];
  }

  /** Resolves when the record is safe. @throws {DiskError} when it cannot be made so */
  append(record: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      if (!this.#isWorking) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const records = batch.map(({ record }) => record);
      try {
        await this.#write(records);
        this.#options.durable(records);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
        continue;
      }
      if (this.#bytes > Math.max(LOG_BYTES_MIN, GROWTH * this.#baseBytes)) {
        await this.#rewrite([]).catch(() => {}); // the next write tries again
      }
    }
    this.#isWorking = false;
  }

  async #write(records: readonly Item[]): Promise<void> {
    const { disk, file } = this.#options;
    if (!this.#isSuspect) {
      const text = records.map(encode).join('');
      try {
        await disk.append(file, text);
        await disk.fsync(file);
        this.#bytes += text.length;
        return;
      } catch {
        this.#isSuspect = true;
      }
    }
    await this.#rewrite(records);
  }

  /** Replaces the log by one of the checkpoint and `records`. */
  async #rewrite(records: readonly Item[]): Promise<void> {
    const { disk, file, checkpoint } = this.#options;
    const next = `${file}.next`;
    const text = [...checkpoint(), ...records].map(encode).join('');
    this.#isSuspect = true;
    try {
      await disk.write(next, text);
      await disk.fsync(next);
    } catch (error) {
      await disk.remove(next);
      throw error;
    }
    await disk.rename(next, file);
    await disk.fsyncDirectory();
    this.#isSuspect = false;
    this.#bytes = text.length;
    this.#baseBytes = text.length;
  }
}
