/** Who has the data? Promote the right standby, and know what a commit is worth. */
import { lsnToBytes, type PgCluster, type PgNode, until } from 'faultlab/postgres';

export { write } from './client.ts';

interface Candidate {
  readonly node: PgNode;
  readonly timeline: number;
  /** The end of what this node has of the log, replayed or not. */
  readonly end: bigint;
}

const POSITION = `
  SELECT greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) AS lsn,
    (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline`;

export async function failover(cluster: PgCluster): Promise<string> {
  const candidates: Candidate[] = [];
  for (const node of cluster.nodes) {
    if (await node.isRunning()) candidates.push(await candidateOf(node));
  }
  // A node that was promoted is on a timeline of its own: what it has is not what was acknowledged.
  const line = Math.min(...candidates.map(({ timeline }) => timeline));
  const [best] = candidates
    .filter(({ timeline }) => timeline === line)
    .sort((a, b) => Number(b.end - a.end));
  if (best === undefined) throw new Error('no standby is running');
  await best.node.sql('SELECT pg_promote()');
  await until(`${best.node.name} takes writes`, async () => {
    const [row] = await best.node.sql('SELECT pg_is_in_recovery() AS standby');
    return row?.standby === false;
  });
  for (const { node, timeline } of candidates) {
    if (node === best.node || timeline !== line) continue;
    await node.configure({ primary_conninfo: node.conninfo(best.node.name) });
  }
  return best.node.name;
}

async function candidateOf(node: PgNode): Promise<Candidate> {
  const [row] = await node.sql<{ lsn: string; timeline: number }>(POSITION);
  if (row === undefined) throw new Error(`${node.name} says nothing of its position`);
  return { node, timeline: row.timeline, end: lsnToBytes(row.lsn) };
}

export async function makeDurable(cluster: PgCluster): Promise<void> {
  const standbys = cluster.nodes.filter(({ name }) => name !== 'n1').map(({ name }) => name);
  await cluster
    .node('n1')
    .configure({ synchronous_standby_names: `ANY 1 (${standbys.join(', ')})` });
}
