/** What the scenarios of this lab share: WAL that is written, recycled, kept and replayed. */
import type { Drill, PgServer } from 'faultlab';

export async function createTables({ cluster }: Drill): Promise<void> {
  await cluster.primary.sql(`
    CREATE TABLE ledger (id bigserial PRIMARY KEY, body text NOT NULL);
    CREATE TABLE inventory (node text PRIMARY KEY, purpose text NOT NULL);`);
}

/**
 * Writes about this many megabytes of WAL, and lets the server recycle what nobody needs. A streaming
 * standby gets each one before the next: otherwise even one that is well would miss some in a slow moment.
 */
export async function writeAndRecycle(drill: Drill, megabytes: number): Promise<void> {
  const { primary } = drill.cluster;
  for (let i = 0; i < megabytes; i++) {
    await primary.sql(
      'INSERT INTO ledger (body) SELECT repeat(md5(i::text), 16) FROM generate_series(1, 1500) AS i',
    );
    await primary.sql('SELECT pg_switch_wal()');
    const end = await endOfWal(primary);
    await drill.assume(`streaming standbys to have ${end}`, async () => {
      const missing = await primary.sql(
        "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND flush_lsn < $1::pg_lsn",
        [end],
      );
      return missing.length === 0;
    });
  }
  await primary.sql('CHECKPOINT');
  await primary.sql('CHECKPOINT');
}

export async function endOfWal(node: PgServer): Promise<string> {
  const [row] = await node.sql<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  return row?.lsn ?? '0/0';
}

export async function hasReplayed(standby: PgServer, lsn: string): Promise<boolean> {
  if (!(await standby.isRunning())) return false;
  const [row] = await standby.sql<{ done: boolean | null }>(
    'SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $1::pg_lsn AS done',
    [lsn],
  );
  return row?.done === true;
}

export async function streams({ cluster }: Drill, standby: string): Promise<boolean> {
  const rows = await cluster.primary.sql(
    "SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'",
    [standby],
  );
  return rows.length > 0;
}

/** Takes a standby down while the primary writes more WAL than it keeps. */
export async function outage(drill: Drill, standby: PgServer, megabytes: number): Promise<void> {
  await standby.stop('immediate');
  await writeAndRecycle(drill, megabytes);
}

/** Megabytes in a node's `pg_wal`. */
export async function walMegabytes(node: PgServer): Promise<number> {
  const [row] = await node.sql<{ size: number }>('SELECT sum(size) AS size FROM pg_ls_waldir()');
  return Math.round((row?.size ?? 0) / 1024 / 1024);
}

/** The last line of a server's log, without time and process. */
export async function lastWords(node: PgServer): Promise<string> {
  return (await node.logTail(1)).replace(/^.*?\] /, '').replaceAll(/\s+/g, ' ');
}

export interface Identity {
  readonly systemId: string;
  readonly startedAt: Date;
}

/** Tells whether a server is still the one it was: the same database, not restarted. */
export async function identityOf(node: PgServer): Promise<Identity> {
  const [row] = await node.sql<Identity>(
    'SELECT system_identifier::text AS "systemId", pg_postmaster_start_time() AS "startedAt" FROM pg_control_system()',
  );
  if (row === undefined) throw new Error(`${node.name} did not say who it is`);
  return row;
}
