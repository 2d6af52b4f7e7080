/** A program's disk operation as it comes from the realm: performed on a disk, and put into words. */
import type { SimDisk } from './disk.ts';

export interface DiskRequest {
  readonly operation: number;
  readonly kind: string;
  readonly file: string;
  readonly data: string;
  readonly size: number;
}

/** For all files of a node together: a simulated disk lives in memory. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** Performs it at once; `error` is '' on success. */
export function perform(
  disk: SimDisk,
  { kind, file, data, size }: DiskRequest,
): { error: string; data: string | undefined } {
  const outcome = (result: string) => ({ error: result === 'ok' ? '' : result, data: undefined });
  switch (kind) {
    case 'read':
      return { error: '', data: disk.read(file) };
    case 'list':
      return { error: '', data: disk.list().join('\n') };
    case 'write':
    case 'append':
      if (disk.sizeBytes + data.length > FILE_BYTES_MAX) return outcome('ENOSPC');
      return outcome(kind === 'write' ? disk.write(file, data) : disk.append(file, data));
    case 'truncate':
      return outcome(disk.truncate(file, size));
    case 'fsync':
      return outcome(disk.fsync(file));
    case 'fsyncDirectory':
      return outcome(disk.syncDirectory());
    case 'rename':
      return outcome(disk.rename(file, data));
    case 'remove':
      disk.remove(file);
      return outcome('ok');
    default:
      throw new Error(`unknown disk operation ${kind}`);
  }
}

/** For an operation in flight at a crash. An fsync that has not returned has promised nothing. */
export function performUnsynced(disk: SimDisk, request: DiskRequest): void {
  const { kind } = request;
  if (kind === 'write' || kind === 'append' || kind === 'truncate') perform(disk, request);
}

export function wordsOf(request: DiskRequest, error: string): string {
  const { kind, file, data, size } = request;
  const detail = kind === 'rename' ? ` to ${data}` : kind === 'truncate' ? ` to ${size} B` : '';
  const bytes = kind === 'write' || kind === 'append' ? ` ${data.length} B` : '';
  return `${kind} ${file}${detail}${bytes}${error === '' ? '' : ` fails: ${error}`}`;
}
