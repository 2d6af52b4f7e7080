/** The ways in which a standby falls behind here, each probed until it has really struck. */
import { type Drill, lsnToBytes, type PgServer, sleep } from 'faultlab';
import type { Cause } from '../contract.ts';

/** Less than this is no lag: a few records are always under way. */
export const NOISE_BYTES = 64 * 1024;

/** In the order in which seeds go through them. */
export const CAUSES: readonly Exclude<Cause, 'none'>[] = [
  'replay paused',
  'slow link',
  'query conflict',
  'apply delay',
];

export async function createTables({ cluster }: Drill): Promise<void> {
  await cluster.primary.sql(`
    CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL);
    INSERT INTO accounts SELECT i, 100 FROM generate_series(1, 2000) AS i;
    CREATE TABLE events (id bigserial PRIMARY KEY, body text NOT NULL);
    CREATE TABLE kv (key text PRIMARY KEY, value text NOT NULL);
    CREATE TABLE inventory (node text PRIMARY KEY, purpose text NOT NULL);`);
}

/** Writes about this many kilobytes of WAL. */
export async function writeWal({ cluster }: Drill, kilobytes: number): Promise<void> {
  await cluster.primary.sql(
    'INSERT INTO events (body) SELECT repeat(md5(i::text), 32) FROM generate_series(1, $1::int) AS i',
    [kilobytes],
  );
}

/** Where the primary's WAL ends now. */
export async function endOfWal({ cluster }: Drill): Promise<string> {
  const [row] = await cluster.primary.sql<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  return row?.lsn ?? '0/0';
}

/** Bytes that a standby has not replayed yet. */
export async function bytesBehind(drill: Drill, standby: PgServer): Promise<number> {
  const end = await endOfWal(drill);
  const [row] = await standby.sql<{ lsn: string }>('SELECT pg_last_wal_replay_lsn() AS lsn');
  return Number(lsnToBytes(end) - lsnToBytes(row?.lsn ?? '0/0'));
}

export async function hasReplayed(standby: PgServer, lsn: string): Promise<boolean> {
  const [row] = await standby.sql<{ done: boolean }>(
    'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done',
    [lsn],
  );
  return row?.done ?? false;
}

/** Waits until all standbys have replayed everything written so far. */
export async function caughtUp(drill: Drill): Promise<void> {
  const end = await endOfWal(drill);
  for (const standby of drill.cluster.standbys) {
    await drill.assume(`${standby.name} to replay ${end}`, () => hasReplayed(standby, end));
  }
}

/** Makes a standby fall behind, and waits until the cause has taken hold. */
export async function strike(drill: Drill, cause: Cause, standby: PgServer): Promise<void> {
  if (cause === 'replay paused') {
    await standby.sql('SELECT pg_wal_replay_pause()');
  } else if (cause === 'apply delay') {
    await standby.configure({ recovery_min_apply_delay: '30min' });
    // A delay holds back commits, beginning with the next one after the reload.
    await drill.assume(`${standby.name} to replay later`, async () => {
      await writeWal(drill, 1);
      const end = await endOfWal(drill);
      await sleep(60);
      return !(await hasReplayed(standby, end));
    });
  } else if (cause === 'slow link') {
    drill.cluster.links.shape('n1', standby.name, { kbPerSecond: 40 });
  } else if (cause === 'query conflict') {
    await standby.configure({ max_standby_streaming_delay: '-1' });
    await forgetTransaction(drill, standby);
    // Until then, a reader that begins would be in the way as well.
    await drill.assume(`replay on ${standby.name} to wait for a reader`, async () => {
      const [startup] = await standby.sql<{ waits: string | null }>(
        "SELECT wait_event AS waits FROM pg_stat_activity WHERE backend_type = 'startup'",
      );
      return startup?.waits?.startsWith('RecoveryConflict') ?? false;
    });
  }
  drill.note(`${standby.name}: ${cause}`);
}

/** A session on a standby that has read, and neither commits nor asks again. */
export async function forgetTransaction(drill: Drill, standby: PgServer): Promise<number> {
  const session = await standby.connect('forgotten shell');
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await session.query('SELECT sum(balance) FROM accounts');
  const { rows } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  // Makes garbage that this snapshot still sees, and clears it away.
  await drill.cluster.primary.sql('UPDATE accounts SET balance = balance + 1');
  await drill.cluster.primary.sql('VACUUM accounts');
  return rows[0]?.pid ?? 0;
}

/** Waits until a fault shows: the standby is well behind. */
export async function shows(drill: Drill, standby: PgServer): Promise<void> {
  const isBehind = async () => (await bytesBehind(drill, standby)) > 2 * NOISE_BYTES;
  await drill.assume(`${standby.name} to fall behind`, isBehind);
}
