/**
 * An accident, and the way back to just before it. Yours to write.
 *
 * `n1` is the primary; `n2` is a machine to restore on, its data may go. All that you can do is in
 * `faultlab/postgres`; the handout has the contract.
 */
import type { PgCluster } from 'faultlab/postgres';

/** Brings back what the accident took, into `n1`, while everybody goes on to work there. */
export async function repair(cluster: PgCluster): Promise<void> {
  const primary = cluster.node('n1');
  cluster.log(await primary.sql('SELECT * FROM deploys'));
  cluster.log(await primary.list(cluster.archiveDir));
  // TODO(A): is all WAL in the archive that you need?
  // TODO(A): restore the base backup on n2, up to the right point, and fetch what is lost.
}

/** Takes a base backup from which `restore` can work. */
export async function backup(cluster: PgCluster): Promise<void> {
  // TODO(B): where to, and what belongs to it?
  void cluster;
}

/** `n1` has lost its disk. Makes a server of the backup and the archive; returns the node's name. */
export async function restore(cluster: PgCluster): Promise<string> {
  // TODO(B): on which node, and up to where?
  void cluster;
  return '';
}
