/** Replication lag: see it, end it. */
import { type PgCluster, type PgNode, until } from 'faultlab/postgres';
import type { Cause, Diagnosis } from './contract.ts';

export { read, write } from './router.ts';

const PRIMARY = 'n1';
/** A few records are always under way. */
const NOISE_BYTES = 64 * 1024;

/** How far a standby has got. */
interface Progress {
  /** Written by the primary, not durable on the standby. */
  readonly missing: number;
  /** Written by the primary, not replayed by the standby. */
  readonly behind: number;
}

/** The standby's own word: the primary's view of it is empty while it reconnects. */
const PROGRESS = `
  SELECT pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_receive_lsn()) AS missing,
    pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn()) AS behind`;

async function progressOf(cluster: PgCluster, standby: PgNode): Promise<Progress> {
  const [end] = await cluster.node(PRIMARY).sql('SELECT pg_current_wal_lsn() AS lsn');
  const [progress] = await standby.sql<Progress>(PROGRESS, [end?.lsn]);
  return progress ?? { missing: 0, behind: 0 };
}

/** Ends the sessions that hold a snapshot and do nothing with it. */
const OLDEST_IDLE = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE state LIKE 'idle in transaction%' AND backend_xmin IS NOT NULL`;

export async function diagnose(cluster: PgCluster): Promise<Diagnosis[]> {
  const standbys = cluster.nodes.filter(({ name }) => name !== PRIMARY);
  return Promise.all(
    standbys.map(async (standby) => {
      const progress = await progressOf(cluster, standby);
      const cause = await causeOf(standby, progress);
      return { standby: standby.name, bytesBehind: progress.behind, cause };
    }),
  );
}

async function causeOf(standby: PgNode, { missing, behind }: Progress): Promise<Cause> {
  if (behind < NOISE_BYTES) return 'none';
  if (missing > NOISE_BYTES) return 'slow link';
  const [state] = await standby.sql<{ pause: string; delay: string; waits: string | null }>(`
    SELECT pg_get_wal_replay_pause_state() AS pause,
      current_setting('recovery_min_apply_delay') AS delay,
      (SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'startup') AS waits`);
  if (state?.pause !== 'not paused') return 'replay paused';
  if (state.delay !== '0') return 'apply delay';
  if (/^RecoveryConflict/.test(state.waits ?? '')) return 'query conflict';
  return 'none';
}

export async function repair(cluster: PgCluster): Promise<void> {
  const inventory = await cluster
    .node(PRIMARY)
    .sql<{ node: string; purpose: string }>('SELECT node, purpose FROM inventory');
  const isMeant = (name: string) =>
    inventory.some(({ node, purpose }) => node === name && /on purpose/.test(purpose));
  for (const { standby, cause } of await diagnose(cluster)) {
    if (cause === 'none' || isMeant(standby)) continue;
    await end(cluster.node(standby), cause);
    await caughtUp(cluster, cluster.node(standby));
  }
}

async function end(standby: PgNode, cause: Cause): Promise<void> {
  if (cause === 'replay paused') await standby.sql('SELECT pg_wal_replay_resume()');
  else if (cause === 'apply delay') await standby.configure({ recovery_min_apply_delay: null });
  else if (cause === 'query conflict') {
    // The next reader may hold back replay for this long. A wait that is under way ignores it.
    await standby.configure({ max_standby_streaming_delay: '2s' });
    await standby.sql(OLDEST_IDLE);
  }
}

async function caughtUp(cluster: PgCluster, standby: PgNode): Promise<void> {
  await until(`${standby.name} has caught up`, async () => {
    return (await progressOf(cluster, standby)).behind < NOISE_BYTES;
  });
}
