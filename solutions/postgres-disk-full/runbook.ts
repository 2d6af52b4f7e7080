/** The disk is full: what is not PostgreSQL's goes first, and only a checkpoint removes WAL. */
import type { PgCluster, PgNode } from 'faultlab/postgres';
import { type Alarm, FREE_SHARE_MIN } from './contract.ts';

/** More than a standby misses in a moment, less than the disk has room for. */
const SLOT_KEEPS = '16MB';

export async function repair(cluster: PgCluster): Promise<void> {
  const n1 = cluster.node('n1');
  const notes = await notesOf(n1);
  for (const { kind, name, words } of notes) {
    if (kind === 'file' && words === 'may go') await n1.run('rm', name);
  }
  await n1.start();
  const inUse = notes.filter(({ kind }) => kind === 'slot').map(({ name }) => name);
  const slots = await n1.sql('SELECT slot_name AS name FROM pg_replication_slots WHERE NOT active');
  for (const { name } of slots) {
    if (!inUse.includes(name)) await n1.sql('SELECT pg_drop_replication_slot($1)', [name]);
  }
  await n1.sql('CHECKPOINT');
}

interface Note {
  readonly kind: string;
  readonly name: string;
  readonly words: string;
}

/** `file  exports.csv  may go` */
async function notesOf(node: PgNode): Promise<Note[]> {
  const { output } = await node.run('cat', 'NOTES');
  return output.split('\n').flatMap((line) => {
    const [kind = '', name = '', words = ''] = line.split(/\s{2,}/);
    return name === '' ? [] : [{ kind, name, words }];
  });
}

export async function protect(cluster: PgCluster): Promise<void> {
  await cluster.node('n1').configure({ max_slot_wal_keep_size: SLOT_KEEPS });
}

export async function alarms(cluster: PgCluster): Promise<Alarm[]> {
  const n1 = cluster.node('n1');
  const { free, size } = await diskOf(n1);
  if (free > FREE_SHARE_MIN * size) return [];
  // The cause is whatever keeps more than is missing.
  const missing = FREE_SHARE_MIN * size - free;
  const [archive] = await n1.sql(`
    SELECT count(*) * (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') AS kept
    FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`);
  if (Number(archive?.kept) > missing) return [{ node: 'n1', cause: 'archive' }];
  const [slot] = await n1.sql(`
    SELECT slot_name AS name, pg_current_wal_lsn() - restart_lsn AS kept
    FROM pg_replication_slots ORDER BY kept DESC NULLS LAST LIMIT 1`);
  if (Number(slot?.kept) > missing) return [{ node: 'n1', cause: 'slot', slot: slot?.name }];
  return [{ node: 'n1', cause: 'data' }];
}

/** Bytes. */
async function diskOf(node: PgNode): Promise<{ free: number; size: number }> {
  const { output } = await node.run('df', '-Pk', node.dataDir);
  const [, , used = 0, free = 0] = (output.trim().split('\n').at(-1) ?? '')
    .split(/\s+/)
    .map(Number);
  return { free: free * 1024, size: (used + free) * 1024 };
}
