/**
 * Replication lag: see it, end it, live with it. Yours to write.
 *
 * `n1` is the primary, `n2` and `n3` are its standbys. Everything you can do is in `faultlab/postgres`;
 * the contract is in the handout.
 */
import type { PgCluster } from 'faultlab/postgres';
import type { Diagnosis } from './contract.ts';

export { read, write } from './router.ts';

/** Says of each standby how far behind it is, and why. Changes nothing. */
export async function diagnose(cluster: PgCluster): Promise<Diagnosis[]> {
  // This is how to ask a server. PostgreSQL's manual explains the columns, under pg_stat_replication.
  const rows = await cluster
    .node('n1')
    .sql<{ standby: string; state: string }>(
      'SELECT application_name AS standby, state FROM pg_stat_replication',
    );
  cluster.log('the primary sees', rows);
  // TODO(A): one entry for each standby: how many bytes, and the cause.
  return [];
}

/** Ends the lag of the standbys that should have none, and sees to it that it does not come back. */
export async function repair(cluster: PgCluster): Promise<void> {
  // TODO(B): end the cause, and only the cause. The table `inventory` says what each node is for.
  void cluster;
}
