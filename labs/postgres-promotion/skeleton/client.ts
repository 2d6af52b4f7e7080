/** A client that says no more than it knows. Yours to write. */
import type { PgCluster } from 'faultlab/postgres';
import type { Outcome } from './contract.ts';

/** Inserts a row into `payments (id, body)` on a node, and says what has become of it, within 3 s. */
export async function write(
  cluster: PgCluster,
  node: string,
  id: number,
  body: string,
): Promise<Outcome> {
  // TODO(B): what does each answer, each error and each silence say?
  void [cluster, node, id, body];
  return 'unknown';
}
