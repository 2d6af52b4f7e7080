/** An accident, and the way back to just before it. */
import { type PgCluster, type PgNode, until } from 'faultlab/postgres';

export async function repair(cluster: PgCluster): Promise<void> {
  const [primary, spare] = [cluster.node('n1'), cluster.node('n2')];
  const [deploy] = await primary.sql<{ xid: number }>(
    "SELECT xid FROM deploys WHERE what LIKE '%cleanup%' ORDER BY at DESC LIMIT 1",
  );
  if (deploy === undefined) throw new Error('no deploy is to blame');
  await archiveAll(cluster, primary);
  await recover(cluster, spare, `${cluster.archiveDir}/base`, {
    recovery_target_xid: String(deploy.xid),
    // Up to the transaction, but without it.
    recovery_target_inclusive: 'off',
  });
  await bringBack(spare, primary);
}

const archiveCommand = (cluster: PgCluster) =>
  `test ! -f ${cluster.archiveDir}/%f && cp %p ${cluster.archiveDir}/%f`;

/** Gets everything written by now into the archive; repairs archiving if it has stopped. */
async function archiveAll(cluster: PgCluster, primary: PgNode): Promise<void> {
  await primary.configure({ archive_command: archiveCommand(cluster) });
  const [row] = await primary.sql<{ file: string }>(
    'SELECT pg_walfile_name(pg_switch_wal()) AS file',
  );
  const file = row?.file ?? '';
  await until(`${file} is archived`, async () =>
    (await primary.list(cluster.archiveDir)).includes(file),
  );
}

/** A server on `node` from a base backup and the archive, open for writes when this returns. */
async function recover(
  cluster: PgCluster,
  node: PgNode,
  base: string,
  target: Record<string, string>,
): Promise<void> {
  if (await node.isRunning()) await node.stop();
  await node.remove();
  await must(node, 'cp', '-Rp', base, node.dataDir);
  await must(node, 'chmod', '700', node.dataDir);
  await must(node, 'mkdir', '-p', `${node.dataDir}/pg_wal`);
  await node.configure({
    restore_command: `cp ${cluster.archiveDir}/%f %p`,
    recovery_target_action: 'promote',
    // What happens here is another history: it does not belong in the archive of the first.
    archive_mode: 'off',
    ...target,
  });
  await node.writeFile('recovery.signal', '');
  await node.start();
  await until(`${node.name} has recovered`, async () => {
    const [row] = await node.sql('SELECT pg_is_in_recovery() AS recovering');
    return row?.recovering === false;
  });
}

async function must(node: PgNode, program: string, ...args: string[]): Promise<void> {
  const { exitCode, output } = await node.run(program, ...args);
  if (exitCode !== 0) throw new Error(`${program}: ${output}`);
}

/** Puts back, as they were, the rows that are gone or changed; what is newer stays. */
async function bringBack(spare: PgNode, primary: PgNode): Promise<void> {
  const rows = await spare.sql('SELECT * FROM writes');
  await primary.sql(
    `INSERT INTO writes SELECT * FROM json_populate_recordset(null::writes, $1)
     ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE writes.body <> excluded.body`,
    [JSON.stringify(rows)],
  );
}

export async function backup(cluster: PgCluster): Promise<void> {
  const [primary, spare] = [cluster.node('n1'), cluster.node('n2')];
  await archiveAll(cluster, primary);
  const base = `${cluster.archiveDir}/backup`;
  // Taken from the other machine, over its own link to the primary.
  await must(
    spare,
    'pg_basebackup',
    '-D',
    base,
    '-d',
    spare.conninfo('n1'),
    '-c',
    'fast',
    '-X',
    'none',
  );
}

export async function restore(cluster: PgCluster): Promise<string> {
  const spare = cluster.node('n2');
  await recover(cluster, spare, `${cluster.archiveDir}/backup`, {});
  return spare.name;
}
