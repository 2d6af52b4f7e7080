/**
 * A database that takes no writes any more, and how to see it coming. Yours to write.
 *
 * Everything you can do is in `faultlab/postgres`; the contract is in the handout.
 */
import type { PgCluster } from 'faultlab/postgres';
import type { Alarm } from './contract.ts';

export { trigger } from './trigger.ts';

/** `n1` takes no writes. When this returns it does, and nothing is lost. */
export async function repair(cluster: PgCluster): Promise<void> {
  const n1 = cluster.node('n1');
  cluster.log(await n1.sql('SELECT datname, age(datfrozenxid) FROM pg_database'));
  // TODO(F1): the popular advice. What does it change?
  await n1.sql('VACUUM (FREEZE)');
}

/** What is about to happen to `n1`, long before it happens. Called again and again. */
export async function alarms(cluster: PgCluster): Promise<Alarm[]> {
  // TODO(F2): when is it time, and who is to blame?
  void cluster;
  return [];
}

/** How many transactions `n1` will still take before it takes no writes. */
export async function left(cluster: PgCluster): Promise<number> {
  // TODO(E): from which number do you count, and to which?
  void cluster;
  return 0;
}
