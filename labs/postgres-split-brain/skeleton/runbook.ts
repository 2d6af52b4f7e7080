/**
 * Two primaries. Save what only the wrong one has, and make one cluster again. Yours to write.
 *
 * The table `inventory` and the servers say which nodes are primaries, and which one stays. Everything you
 * can do is in `faultlab/postgres`; the contract is in the handout.
 */
import type { PgCluster } from 'faultlab/postgres';

/** Called once. The old primary runs, or has crashed. */
export async function repair(cluster: PgCluster): Promise<void> {
  for (const node of cluster.nodes) {
    if (!(await node.isRunning())) continue;
    const [row] = await node.sql(
      'SELECT pg_is_in_recovery() AS standby, timeline_id AS timeline FROM pg_control_checkpoint()',
    );
    cluster.log(node.name, row);
  }
  // TODO(A): nobody may write to the old primary any more.
  // TODO(A): what does it have that the new one lacks? Save that in the table `salvaged` of the new one.
  // TODO(B): make it a standby of the new one, without copying all that it has.
}
