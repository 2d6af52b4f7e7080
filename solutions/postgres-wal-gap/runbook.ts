/** WAL that is gone, and WAL that never goes. */
import { type PgCluster, type PgNode, until } from 'faultlab/postgres';

/** More than a standby misses in an hour, less than the disk holds. */
const SLOT_KEEPS = '24MB';
const MISSING = /requested WAL segment \w+ has already been removed/;

export async function repair(cluster: PgCluster): Promise<void> {
  const primary = cluster.node('n1');
  await dropGhosts(cluster, primary);
  await primary.configure({ max_slot_wal_keep_size: SLOT_KEEPS });
  await primary.sql('CHECKPOINT');
  for (const standby of cluster.nodes) {
    // A standby that is away comes back with the data that it has: its slot waits.
    if (standby === primary || !(await standby.isRunning())) continue;
    if (!(await isLost(primary, standby))) continue;
    if (!(await replayFromArchive(cluster, standby))) await rebuild(primary, standby);
    await until(`${standby.name} streams`, () => streams(primary, standby.name));
  }
}

/** A slot without a node would keep WAL forever. */
async function dropGhosts(cluster: PgCluster, primary: PgNode): Promise<void> {
  const slots = await primary.sql<{ name: string }>(
    'SELECT slot_name AS name FROM pg_replication_slots WHERE NOT active',
  );
  const nodes = cluster.nodes.map(({ name }) => name);
  for (const { name } of slots) {
    if (!nodes.includes(name)) await primary.sql('SELECT pg_drop_replication_slot($1)', [name]);
  }
}

/**
 * Whether it asks for a segment that the primary no longer has. It keeps trying, so a receiver that shows up
 * for a moment proves nothing.
 */
async function isLost(primary: PgNode, standby: PgNode): Promise<boolean> {
  if (await streams(primary, standby.name)) return false;
  return MISSING.test(await standby.logTail(20));
}

/** Lets a standby read from the archive; false when there is none. Heals every later gap, too. */
async function replayFromArchive(cluster: PgCluster, standby: PgNode): Promise<boolean> {
  const files = await standby.list(cluster.archiveDir);
  if (files.length === 0) return false;
  await standby.configure({ restore_command: `cp ${cluster.archiveDir}/%f %p` });
  return true;
}

/** A new base backup, with a slot so that the primary keeps what this standby misses from now on. */
async function rebuild(primary: PgNode, standby: PgNode): Promise<void> {
  const slot = standby.name;
  const there = await primary.sql('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1', [
    slot,
  ]);
  if (there.length === 0) {
    await primary.sql('SELECT pg_create_physical_replication_slot($1, true)', [slot]);
  }
  await standby.stop();
  await standby.remove();
  await standby.baseBackup(primary.name, { slot });
  await standby.start();
}

async function streams(primary: PgNode, standby: string): Promise<boolean> {
  const rows = await primary.sql(
    "SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'",
    [standby],
  );
  return rows.length > 0;
}
