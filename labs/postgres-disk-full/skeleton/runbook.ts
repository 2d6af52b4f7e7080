/**
 * The disk is full. Yours to write.
 *
 * `n1` is the primary, on a disk of 96 MB; `n2` is its standby. Everything you can do is in
 * `faultlab/postgres`; the contract is in the handout.
 */
import type { PgCluster } from 'faultlab/postgres';
import type { Alarm } from './contract.ts';

/** The primary is down, and its disk is full. Brings it back as it was, and removes the cause. */
export async function repair(cluster: PgCluster): Promise<void> {
  const n1 = cluster.node('n1');
  // This is how to look at a machine whose server is down.
  const { output } = await n1.run('du', '-sk', 'data', 'data/pg_wal');
  cluster.log(output, await n1.logTail(3));
  // TODO(A): what can go, so that it starts? And why was the disk full?
}

/** Sees to it that WAL which nobody fetches cannot fill the disk of `n1`. */
export async function protect(cluster: PgCluster): Promise<void> {
  // TODO(B): how much may be kept, and for whom?
  void cluster;
}

/** What fills the disk of `n1`, when less than `FREE_SHARE_MIN` of it is free; otherwise nothing. */
export async function alarms(cluster: PgCluster): Promise<Alarm[]> {
  const { output } = await cluster.node('n1').run('df', '-Pk', cluster.node('n1').dataDir);
  cluster.log(output);
  // TODO(B): is enough free, and what has taken the rest?
  return [{ node: 'n1', cause: 'data' }];
}
