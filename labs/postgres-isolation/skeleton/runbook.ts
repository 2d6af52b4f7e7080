/**
 * Anomalies, made and prevented. Yours to write.
 *
 * There is one server, `n1`. Everything you can do is in `faultlab/postgres`; the contract is in the handout.
 */
import type { PgCluster } from 'faultlab/postgres';

export { transact } from './client.ts';

/** Makes READ COMMITTED lose an update of `counter`. */
export async function lostUpdate(cluster: PgCluster): Promise<void> {
  // This is how to have two transactions at once.
  const [ann, bob] = [await cluster.node('n1').connect(), await cluster.node('n1').connect()];
  await ann.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  await bob.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  const { rows } = await ann.query('SELECT n FROM counter');
  cluster.log('ann sees', rows);
  // TODO(A): who reads, who writes and who commits, in which order?
  await ann.query('ROLLBACK');
  await bob.query('ROLLBACK');
  await ann.close();
  await bob.close();
}

/** Makes REPEATABLE READ leave no doctor on call, though every transaction sees two. */
export async function writeSkew(cluster: PgCluster): Promise<void> {
  // TODO(A): two transactions that do not touch the same row.
  void cluster;
}
