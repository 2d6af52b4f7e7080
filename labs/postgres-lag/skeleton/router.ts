/** Reads from standbys that never show less than was promised. Yours to write. */
import type { PgCluster } from 'faultlab/postgres';
import type { Token } from './contract.ts';

/** Stores a value, and returns what a later read must not be older than. */
export async function write(cluster: PgCluster, key: string, value: string): Promise<Token> {
  const upsert =
    'INSERT INTO kv VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
  await cluster.node('n1').sql(upsert, [key, value]);
  // TODO(C): at which position in the WAL does this write become visible?
  return '0/0';
}

/** Reads a value that is at least as new as `after`, from a standby when one can give it in time. */
export async function read(
  cluster: PgCluster,
  key: string,
  after?: Token,
): Promise<string | undefined> {
  // TODO(C): choose a node, make sure that it is new enough, and do not wait for long.
  void [cluster, key, after];
  return undefined;
}
