/**
 * An accident, and the way back to just before it. Yours to write.
 *
 * `n1` is the primary; `n2` is a machine to restore on, and its data may go. Everything you can do
 * is in `faultlab/postgres`; the contract is in the handout.
 */
import type { PgCluster } from 'faultlab/postgres';

/** Brings back what the accident took, into `n1`, while everybody goes on working there. */
export async function repair(cluster: PgCluster): Promise<void> {
  const primary = cluster.node('n1');
  cluster.log(await primary.sql('SELECT * FROM deploys'));
  cluster.log(await primary.list(cluster.archiveDir));
  // TODO(A): is all the WAL that you need in the archive?
  // TODO(A): restore the base backup on n2, up to the right point, and fetch what is lost.
}

/** Takes a base backup from which `restore` can work. */
export async function backup(cluster: PgCluster): Promise<void> {
  // TODO(B): where to, and what has to go with it?
  void cluster;
}

/** `n1` has lost its disk. Builds a server from the backup and the archive; returns the node's name. */
export async function restore(cluster: PgCluster): Promise<string> {
  // TODO(B): on which node, and up to where?
  void cluster;
  return '';
}
