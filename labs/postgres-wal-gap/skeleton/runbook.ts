/**
 * WAL that is gone, and WAL that never goes. Yours to write.
 *
 * `n1` is the primary, `n2` and `n3` are its standbys. Everything you can do is in `faultlab/postgres`;
 * the contract is in the handout.
 */
import type { PgCluster } from 'faultlab/postgres';

/** Repairs what is broken, and sees to it that it cannot break again. Called once. */
export async function repair(cluster: PgCluster): Promise<void> {
  for (const node of cluster.nodes) {
    if (!(await node.isRunning())) continue;
    // This is how to look at a server, and at its log.
    const [row] = await node.sql('SELECT pg_is_in_recovery() AS standby');
    cluster.log(node.name, row, await node.logTail(3));
  }
  // TODO(A): which standby does not follow, why, and where is what it lacks?
  // TODO(B): for whom does the primary keep WAL, and how much of it at most?
}
