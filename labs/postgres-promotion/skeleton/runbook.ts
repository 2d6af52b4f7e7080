/**
 * Who has the data? Promote the right standby, and know what a commit is worth. Yours to write.
 *
 * `n1` is the primary, the others are its standbys. Everything you can do is in `faultlab/postgres`; the
 * contract is in the handout.
 */
import type { PgCluster } from 'faultlab/postgres';

export { write } from './client.ts';

/**
 * The primary is gone and will not come back. Makes one of the standbys the primary and the others
 * its standbys, and returns its name.
 */
export async function failover(cluster: PgCluster): Promise<string> {
  for (const node of cluster.nodes) {
    if (!(await node.isRunning())) continue;
    const [row] = await node.sql(
      'SELECT pg_is_in_recovery() AS standby, pg_last_wal_replay_lsn() AS replayed',
    );
    cluster.log(node.name, row);
  }
  // TODO(A): which of them has every write that was acknowledged?
  return '';
}

/**
 * Sets the cluster up so that a commit is on two nodes before it is acknowledged, and so that writes go
 * on when any one standby is away.
 */
export async function makeDurable(cluster: PgCluster): Promise<void> {
  // TODO(C): which standbys does a commit wait for?
  void cluster;
}
