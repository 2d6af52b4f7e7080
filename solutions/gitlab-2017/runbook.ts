/** Copies that are proven, a backup that is honest, and a standby that is rebuilt without risk. */
import type { PgCluster, PgNode } from 'faultlab/postgres';
import type { Backup, Copy, Resync } from './contract.ts';
import { type Contents, must, open, pathsIn, promote } from './copies.ts';

export { trigger } from './trigger.ts';

/** More ids than can have been given since the copy. */
const IDS_LEFT_OUT = 100_000;

export async function repair(cluster: PgCluster): Promise<void> {
  const [primary, spare] = [cluster.node('n1'), cluster.node('n2')];
  const paths = await pathsIn(cluster, spare);
  // What the standby still has may be the best copy of all: it is set aside before anything is tried.
  const own = await setAside(spare);
  if (own !== undefined) paths.push(own);
  const found: Contents[] = [];
  for (const path of paths) {
    try {
      found.push(await open(spare, primary, path));
    } catch (error) {
      cluster.log(path, 'is no copy:', (error as Error).message);
    }
  }
  const [best] = found.sort((a, b) => b.ids.length - a.ids.length);
  if (best === undefined) throw new Error('no copy can be restored');
  const hooks = found.find(({ webhooks }) => webhooks.length > 0)?.webhooks ?? [];
  await open(spare, primary, best.path);
  await complete(spare, hooks);
  await primary.baseBackup(spare.name);
  await primary.start();
  await promote(primary);
}

/** The data directory under another name; undefined when there is none. */
async function setAside(node: PgNode): Promise<string | undefined> {
  if (await node.isRunning()) await node.stop();
  const files: string[] = await node.list().catch(() => []);
  if (!files.includes('PG_VERSION')) return undefined;
  const path = `${node.dataDir}.old`;
  await must(node, 'mv', node.dataDir, path);
  return path;
}

/** What the copy lacks: webhooks, which copies for tests are without, and ids that were given since. */
async function complete(node: PgNode, hooks: readonly unknown[]): Promise<void> {
  await node.sql(
    `INSERT INTO webhooks SELECT * FROM json_populate_recordset(null::webhooks, $1)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(hooks)],
  );
  await node.sql(
    `SELECT setval('projects_id_seq', (SELECT last_value FROM projects_id_seq) + ${IDS_LEFT_OUT})`,
  );
}

export async function backup(cluster: PgCluster): Promise<Backup> {
  const [primary, spare] = [cluster.node('n1'), cluster.node('n2')];
  const path = `${cluster.archiveDir}/dumps/nightly.sql`;
  try {
    const [before] = await primary.sql<{ n: number }>('SELECT count(*) AS n FROM writes');
    // On the host of the server: its pg_dump is of the same version.
    await must(primary, 'pg_dump', '-h', '127.0.0.1', '-p', `${primary.port}`, '-f', path);
    const { ids } = await open(spare, primary, path);
    if (ids.length < (before?.n ?? 0)) throw new Error(`${path} has ${ids.length} of ${before?.n}`);
  } catch (error) {
    return { problem: (error as Error).message };
  }
  return { path };
}

export async function resync(cluster: PgCluster, name: string): Promise<Resync> {
  const node = cluster.node(name);
  const source = await servingNode(cluster);
  if (source === undefined) return { refused: 'no other node serves: this may be the last copy' };
  if (source === node) return { refused: `${name} serves` };
  if (await follows(source, node)) return { refused: `${name} follows ${source.name}` };
  const old = await setAside(node);
  try {
    await node.baseBackup(source.name);
    await node.start();
  } catch (error) {
    if (await node.isRunning()) await node.stop('immediate');
    await node.remove();
    if (old !== undefined) {
      await must(node, 'mv', old, node.dataDir);
      await node.start();
    }
    return { refused: (error as Error).message };
  }
  if (old !== undefined) await node.run('rm', '-rf', old);
  return { done: true };
}

/** The node that takes writes: asked, not known by its name. */
async function servingNode(cluster: PgCluster): Promise<PgNode | undefined> {
  for (const node of cluster.nodes) {
    if (!(await node.isRunning())) continue;
    const [row] = await node.sql<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
    if (row?.standby === false) return node;
  }
  return undefined;
}

async function follows(source: PgNode, { name }: PgNode): Promise<boolean> {
  const rows = await source.sql(
    "SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'",
    [name],
  );
  return rows.length > 0;
}

export async function audit(cluster: PgCluster): Promise<Copy[]> {
  const [primary, spare] = [cluster.node('n1'), cluster.node('n2')];
  const now = await primary.sql<{ id: number }>('SELECT id FROM writes');
  const copies: Copy[] = [];
  for (const path of await pathsIn(cluster, primary)) {
    try {
      const there = new Set((await open(spare, primary, path)).ids);
      const lost = now.filter(({ id }) => !there.has(id)).length;
      copies.push({ path, isWhole: true, lost });
    } catch (error) {
      cluster.log(path, (error as Error).message);
      copies.push({ path, isWhole: false });
    }
  }
  return copies;
}
