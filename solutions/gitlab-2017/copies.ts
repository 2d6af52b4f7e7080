/** What a copy is worth is known only when it has been restored, and read to its end. */
import { type PgCluster, type PgNode, until } from 'faultlab/postgres';

/** What was found in a restored copy. */
export interface Contents {
  readonly path: string;
  readonly ids: readonly number[];
  readonly webhooks: readonly unknown[];
}

export async function pathsIn(cluster: PgCluster, node: PgNode): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of ['dumps', 'snapshots'].map((name) => `${cluster.archiveDir}/${name}`)) {
    for (const name of await node.list(folder)) paths.push(`${folder}/${name}`);
  }
  return paths;
}

/** Restores a copy on `node` and reads all of it. @throws {Error} when it is not whole */
export async function open(node: PgNode, helper: PgNode, path: string): Promise<Contents> {
  if (await node.isRunning()) await node.stop('immediate');
  await node.remove();
  if (path.endsWith('.sql')) await fromDump(node, helper, path);
  else await fromFolder(node, path);
  const writes = await node.sql<{ id: number; body: string }>('SELECT id, body FROM writes');
  await node.sql('SELECT id, name FROM projects');
  return {
    path,
    ids: writes.map(({ id }) => id),
    webhooks: await node.sql('SELECT * FROM webhooks'),
  };
}

async function fromFolder(node: PgNode, path: string): Promise<void> {
  await must(node, 'cp', '-Rp', path, node.dataDir);
  await must(node, 'chmod', '700', node.dataDir);
  await node.start();
  const [row] = await node.sql<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  // The data directory of a standby: what it has is as good as a copy.
  if (row?.standby) await promote(node);
}

async function fromDump(node: PgNode, helper: PgNode, path: string): Promise<void> {
  // psql takes the end of the file for the end of the data.
  if (!(await node.readFile(path)).includes('PostgreSQL database dump complete')) {
    throw new Error('the dump has no end');
  }
  await must(node, 'initdb', '-D', node.dataDir, '-U', 'postgres', '-A', 'trust', '-N');
  await node.writeFile('pg_hba.conf', 'host all all all trust\nhost replication all all trust\n');
  await node.start();
  const to = ['-d', helper.conninfo(node.name), '-v', 'ON_ERROR_STOP=1'];
  await must(helper, 'psql', '-X', '-q', ...to, '-f', path);
}

export async function promote(node: PgNode): Promise<void> {
  await node.sql('SELECT pg_promote()');
  await until(`${node.name} takes writes`, async () => {
    const [row] = await node.sql('SELECT pg_is_in_recovery() AS standby');
    return row?.standby === false;
  });
}

export async function must(node: PgNode, program: string, ...args: string[]): Promise<void> {
  const { exitCode, output } = await node.run(program, ...args);
  if (exitCode !== 0) throw new Error(`${program}: ${output.trim()}`);
}
