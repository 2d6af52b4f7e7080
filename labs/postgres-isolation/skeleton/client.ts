/** Transactions that are serializable, happen once, and finish. Yours to write. */
import type { PgCluster } from 'faultlab/postgres';
import type { Ended, ListOperation } from './contract.ts';

/** Performs the operations as one transaction on `n1`. */
export async function transact(
  cluster: PgCluster,
  operations: readonly ListOperation[],
): Promise<Ended> {
  // TODO(B): at which level, and what if the server says 40001?
  void [cluster, operations];
  return 'aborted';
}
