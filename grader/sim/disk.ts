/**
 * A disk with a volatile cache. Content is kept as "binary strings", one character per byte: cheap
 * to append, to cut and to pass into a realm.
 *
 * A file has its durable content and the operations since then, in order. A crash keeps a prefix of
 * these operations, perhaps followed by a torn one: cut at a sector boundary, or anywhere if it fits
 * into one sector. Nothing unsynced is sure to survive, and nothing synced is ever lost. An append goes
 * to the end of the file as the cache shows it: after data that a failed fsync has dropped, it leaves a
 * hole of zeros, as on ext4 and XFS (Rebello et al., "Can Applications Recover from fsync Failures?").
 * Creating a file becomes durable with its first fsync; renames and removals with `syncDirectory` (POSIX
 * as practised by ext4 and XFS: Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014).
 */

/** How long operations take, in virtual milliseconds; each varies by ± 40 %. */
export interface DiskProfile {
  readonly writeMs: number;
  readonly fsyncMs: number;
}

type Change =
  | { readonly kind: 'write'; readonly data: string }
  | { readonly kind: 'append'; readonly data: string; readonly atByte: number }
  | { readonly kind: 'truncate'; readonly sizeBytes: number };

interface Inode {
  /** What a read sees. */
  content: string;
  /** What is on the platter, and the changes since. */
  durable: string;
  unsynced: Change[];
  /** The platter has at least an empty file. */
  created: boolean;
}

/** How a crash treats unsynced changes. */
export type CrashMode = 'seeded' | 'lose' | 'keep' | 'torn';

/** Seeded choices for one crash: uniform in [0, 1), one for each question, by its number. */
export type CrashChoice = (question: number) => number;

export const SECTOR_BYTES = 512;

function apply(content: string, change: Change): string {
  switch (change.kind) {
    case 'write':
      return change.data;
    case 'append':
      return upTo(content, change.atByte) + change.data;
    case 'truncate':
      return content.slice(0, change.sizeBytes);
  }
}

/** The first `sizeBytes` of the content; bytes that are missing read as zeros. */
function upTo(content: string, sizeBytes: number): string {
  if (content.length === sizeBytes) return content; // as it nearly always is
  return content.slice(0, sizeBytes).padEnd(sizeBytes, '\0');
}

/** The content when the power fails in the middle of a change. */
function tear(content: string, change: Change, share: number): string {
  if (change.kind === 'truncate') return content;
  const whole = change.data.length;
  let kept = Math.floor(whole * share);
  if (whole > SECTOR_BYTES) kept -= kept % SECTOR_BYTES;
  const piece = change.data.slice(0, kept);
  if (change.kind === 'write') return piece;
  return kept === 0 ? content : upTo(content, change.atByte) + piece;
}

export class SimDisk {
  #files = new Map<string, Inode>();
  /** The directory as it is on the platter. */
  #durableNames = new Map<string, Inode>();
  limitBytes = Number.POSITIVE_INFINITY;
  /** The next fsync fails. */
  failNextFsync = false;

  read(file: string): string | undefined {
    return this.#files.get(file)?.content;
  }

  list(): string[] {
    return [...this.#files.keys()].sort();
  }

  get sizeBytes(): number {
    let sum = 0;
    for (const inode of this.#files.values()) sum += inode.content.length;
    return sum;
  }

  write(file: string, data: string): 'ok' | 'ENOSPC' {
    return this.#change(file, { kind: 'write', data });
  }

  append(file: string, data: string): 'ok' | 'ENOSPC' {
    const atByte = this.#files.get(file)?.content.length ?? 0;
    return this.#change(file, { kind: 'append', data, atByte });
  }

  truncate(file: string, sizeBytes: number): 'ok' | 'ENOENT' | 'ENOSPC' {
    return this.#files.has(file) ? this.#change(file, { kind: 'truncate', sizeBytes }) : 'ENOENT';
  }

  #change(file: string, change: Change): 'ok' | 'ENOSPC' {
    const inode = this.#files.get(file);
    const content = apply(inode?.content ?? '', change);
    if (this.sizeBytes - (inode?.content.length ?? 0) + content.length > this.limitBytes) {
      return 'ENOSPC';
    }
    if (inode === undefined) {
      this.#files.set(file, { content, durable: '', unsynced: [change], created: false });
    } else {
      inode.content = content;
      inode.unsynced.push(change);
    }
    return 'ok';
  }

  fsync(file: string): 'ok' | 'ENOENT' | 'EIO' {
    const inode = this.#files.get(file);
    if (inode === undefined) return 'ENOENT';
    if (this.failNextFsync) {
      // As Linux does: the pages are marked clean, reads still show them, a crash loses them.
      this.failNextFsync = false;
      inode.unsynced = [];
      return 'EIO';
    }
    if (inode.unsynced.length > 0) {
      inode.durable = inode.unsynced.reduce(apply, inode.durable);
      inode.unsynced = [];
    }
    if (!inode.created) {
      inode.created = true;
      if (!this.#durableNames.has(file)) this.#durableNames.set(file, inode);
    }
    return 'ok';
  }

  rename(from: string, to: string): 'ok' | 'ENOENT' {
    const inode = this.#files.get(from);
    if (inode === undefined) return 'ENOENT';
    this.#files.delete(from);
    this.#files.set(to, inode);
    return 'ok';
  }

  remove(file: string): void {
    this.#files.delete(file);
  }

  syncDirectory(): 'ok' | 'EIO' {
    if (this.failNextFsync) {
      this.failNextFsync = false;
      return 'EIO';
    }
    this.#durableNames = new Map(this.#files);
    for (const inode of this.#files.values()) inode.created = true;
    return 'ok';
  }

  /**
   * Bit rot: flips one bit on the platter; `atByte` counts through all files in name order. Readers
   * get no error. Returns where, or undefined beyond the end.
   */
  flipBit(atByte: number, bit: number): string | undefined {
    let offset = atByte;
    for (const name of this.list()) {
      const inode = this.#files.get(name) as Inode;
      if (offset < inode.durable.length) {
        const flip = (text: string) => {
          const code = String.fromCharCode(text.charCodeAt(offset) ^ (1 << bit));
          return text.slice(0, offset) + code + text.slice(offset + 1);
        };
        inode.durable = flip(inode.durable);
        if (offset < inode.content.length) inode.content = flip(inode.content);
        return `bit ${bit} of byte ${offset} of ${name}`;
      }
      offset -= inode.durable.length;
    }
    return undefined;
  }

  /** Power loss. Returns how many unsynced changes were lost or torn, and the names that reverted. */
  crash(mode: CrashMode, choose: CrashChoice): { lost: number; undone: readonly string[] } {
    let question = 0;
    let lost = 0;
    const keepNames = mode === 'keep' || (mode !== 'lose' && choose(question++) < 0.5);
    const names = keepNames ? this.#files : this.#durableNames;
    for (const inode of new Set([...names.values(), ...this.#durableNames.values()])) {
      const { unsynced } = inode;
      let kept = unsynced.length;
      if (mode === 'lose' || mode === 'torn') kept = 0;
      else if (mode === 'seeded' && kept > 0) kept = Math.floor(choose(question++) * (kept + 1));
      let content = unsynced.slice(0, kept).reduce(apply, inode.durable);
      const torn = unsynced[kept];
      if (torn !== undefined) {
        if (mode === 'torn') content = tear(content, torn, 0.5);
        else if (mode === 'seeded' && choose(question++) < 0.5) {
          content = tear(content, torn, choose(question++));
        }
      }
      lost += unsynced.length - kept;
      inode.content = content;
      inode.durable = content;
      inode.unsynced = [];
    }
    const undone = [...new Set([...names.keys(), ...this.#files.keys()])].filter(
      (name) => names.get(name) !== this.#files.get(name),
    );
    this.#files = new Map(names);
    this.#durableNames = new Map(names);
    return { lost, undone };
  }
}
