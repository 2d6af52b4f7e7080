/** Reads from standbys that never show less than was promised. */
import { type PgCluster, type PgNode, sleep } from 'faultlab/postgres';
import type { Token } from './contract.ts';

const PRIMARY = 'n1';
/** A standby that keeps up is there by then. */
const PATIENCE_MS = 200;
const ASK_EVERY_MS = 10;

export async function write(cluster: PgCluster, key: string, value: string): Promise<Token> {
  const primary = cluster.node(PRIMARY);
  const upsert =
    'INSERT INTO kv VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
  await primary.sql(upsert, [key, value]);
  // After the commit: its record lies before this position.
  const [row] = await primary.sql<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
  return row?.lsn ?? '0/0';
}

let turn = 0;

export async function read(
  cluster: PgCluster,
  key: string,
  after: Token = '0/0',
): Promise<string | undefined> {
  const standbys = cluster.nodes.filter(({ name }) => name !== PRIMARY);
  const first = turn++ % standbys.length;
  const order = [...standbys.slice(first), ...standbys.slice(0, first)];
  const endMs = performance.now() + PATIENCE_MS;
  do {
    for (const node of order) {
      const answer = await readAt(node, key, after).catch(() => undefined);
      if (answer) return answer.value;
    }
    await sleep(ASK_EVERY_MS);
  } while (performance.now() < endMs);
  return (await readAt(cluster.node(PRIMARY), key))?.value;
}

/**
 * Undefined while the node has not got that far. First the position, then the value: a statement reads
 * with the snapshot that it began with, and replay may pass the token while one statement does both.
 */
async function readAt(node: PgNode, key: string, after?: Token) {
  if (after !== undefined) {
    const [position] = await node.sql<{ there: boolean }>(
      'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS there',
      [after],
    );
    if (!position?.there) return undefined;
  }
  const [row] = await node.sql<{ value: string }>('SELECT value FROM kv WHERE key = $1', [key]);
  return { value: row?.value };
}
