/**
 * System V shared memory, of which PostgreSQL keeps a few bytes as a lock. A segment belongs to no folder
 * and outlives a server that is killed; a machine that has 4096 of them (32 on macOS) starts no more
 * servers.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Removes what these processes, now dead, had created. */
export function removeSegmentsOf(pids: readonly number[]): void {
  if (pids.length === 0) return;
  const dead = new Set(pids);
  const ids = segments().filter(({ creator }) => dead.has(creator));
  for (const { id } of ids) spawnSync('ipcrm', ['-m', String(id)], { stdio: 'ignore' });
}

export interface Segment {
  readonly id: number;
  /** Process id. */
  readonly creator: number;
}

/** All segments of this machine; none where the system does not tell. */
export function segments(): Segment[] {
  try {
    if (process.platform === 'linux') {
      return columns(readFileSync('/proc/sysvipc/shm', 'utf8'), 'shmid', 'cpid');
    }
    return columns(execFileSync('ipcs', ['-mp'], { encoding: 'utf8' }), 'ID', 'CPID');
  } catch {
    return [];
  }
}

/** Two columns of a table, by the names in its header. */
function columns(table: string, id: string, creator: string): Segment[] {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const head = rows.find((row) => row.includes(id) && row.includes(creator)) ?? [];
  const [idAt, creatorAt] = [head.indexOf(id), head.indexOf(creator)];
  return rows
    .slice(rows.indexOf(head) + 1)
    .map((row) => ({ id: Number(row[idAt]), creator: Number(row[creatorAt]) }))
    .filter((segment) => Number.isInteger(segment.id) && Number.isInteger(segment.creator));
}
