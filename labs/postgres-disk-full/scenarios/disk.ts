/** What the scenarios of this lab share: a small disk, and what fills it. */
import { type Drill, lsnToBytes, type PgServer } from 'faultlab';

export const DISK_MB = 96;
const MB = 1024 * 1024;

/** Keeps shared memory off the disk that fills. */
export const settings = { min_dynamic_shared_memory: '8MB' };

/** A file on the machine of a node, beside its data directory. */
export const beside = (node: PgServer, name: string) => node.dataDir.replace(/[^/]*$/, name);

/** Writes about this many megabytes of WAL. @throws {SqlError} when there is no room for it */
export async function writeWal(node: PgServer, sizeMb: number): Promise<void> {
  for (let i = 0; i < sizeMb; i++) {
    await node.sql("SELECT pg_logical_emit_message(true, 'noise', repeat('x', 1000000))");
  }
}

export async function walMb(node: PgServer): Promise<number> {
  const [row] = await node.sql<{ size: number }>('SELECT sum(size) AS size FROM pg_ls_waldir()');
  return Number(row?.size ?? 0) / MB;
}

/** How much of a node's disk is free, from 0 to 1. */
export async function freeShare(node: PgServer): Promise<number> {
  const { output } = await node.run('df', '-Pk', node.dataDir);
  const [, , used = 0, free = 0] = (output.trim().split('\n').at(-1) ?? '')
    .split(/\s+/)
    .map(Number);
  return free / (used + free);
}

export async function slotsOf(node: PgServer): Promise<string[]> {
  const rows = await node.sql<{ name: string }>(
    'SELECT slot_name AS name FROM pg_replication_slots ORDER BY 1',
  );
  return rows.map(({ name }) => name);
}

export async function hasReplayed({ cluster }: Drill, standby: PgServer): Promise<boolean> {
  const [end] = await cluster.primary.sql<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  const [row] = await standby.sql<{ lsn: string | null }>('SELECT pg_last_wal_replay_lsn() AS lsn');
  return lsnToBytes(row?.lsn ?? '0/0') >= lsnToBytes(end?.lsn ?? '0/0');
}

export const percent = (share: number) => `${Math.round(100 * share)} %`;
