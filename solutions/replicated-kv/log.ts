/**
 * The replicated log in memory, and its form on the disk. A snapshot stands for everything up to its
 * index; an entry that is appended replaces whatever stood at its index and after it, so that the log
 * on the disk needs no operation to cut it.
 */
import type { Entry, LogIndex, Place, Snapshot } from './contract.ts';

/** What a replica writes: an entry, a snapshot, or the epoch that it has promised itself to. */
export type Item = Entry | { readonly snapshot: Snapshot } | { readonly promised: number };

export class Log {
  base: Snapshot = { index: 0, epoch: 0, values: {} };
  #entries: Entry[] = [];

  get last(): Place {
    return this.#entries.at(-1) ?? this.base;
  }

  at(index: LogIndex): Entry | undefined {
    return this.#entries[index - this.base.index - 1];
  }

  /** True if this log has that entry, as far as it can tell. */
  has({ index, epoch }: Place): boolean {
    return (index === this.base.index ? this.base : this.at(index))?.epoch === epoch;
  }

  place(index: LogIndex): Place {
    const { index: i, epoch } = this.at(index) ?? this.base;
    return { index: i, epoch };
  }

  /** At most `count` entries from `index` on. */
  from(index: LogIndex, count = Number.POSITIVE_INFINITY): Entry[] {
    const first = index - this.base.index - 1;
    return this.#entries.slice(first, first + count);
  }

  put(entry: Entry): void {
    if (entry.index <= this.base.index) return; // the snapshot has it
    this.#entries.length = entry.index - this.base.index - 1;
    this.#entries.push(entry);
  }

  /** The snapshot becomes the base; the entries after it stay if this log has its place. */
  rebase(snapshot: Snapshot): void {
    this.#entries = this.has(snapshot) ? this.from(snapshot.index + 1) : [];
    this.base = snapshot;
  }
}
