/**
 * The runbooks of that night, as they were. Yours to repair.
 *
 * Everything you can do is in `faultlab/postgres`; the contract is in the handout.
 */
import type { PgCluster } from 'faultlab/postgres';
import type { Backup, Copy, Resync } from './contract.ts';
import { pgDump } from './omnibus.ts';

export { trigger } from './trigger.ts';

/** Everything is gone from `n1`. Makes it serve again, with the least possible loss. */
export async function repair(cluster: PgCluster): Promise<void> {
  for (const folder of ['dumps', 'snapshots']) {
    cluster.log(folder, await cluster.node('n2').list(`${cluster.archiveDir}/${folder}`));
  }
  // TODO(F1): which of these copies, and what else, can be restored, and how far does each go?
}

/** The nightly job. `n2` is an application server that night, and has no data directory. */
export async function backup(cluster: PgCluster): Promise<Backup> {
  const path = `${cluster.archiveDir}/dumps/nightly.sql`;
  const { exitCode, output } = await pgDump(cluster.node('n2'), cluster.node('n1'), path);
  if (exitCode !== 0) cluster.log('a mail was sent, and rejected:', output);
  // TODO(F2): how do you know that this is a backup?
  return { path };
}

/** Rebuilds a standby that has fallen too far behind: `name` is what somebody has typed. */
export async function resync(cluster: PgCluster, name: string): Promise<Resync> {
  const node = cluster.node(name);
  const source = cluster.nodes.find((other) => other !== node);
  // TODO(F3): is this the node that you think it is?
  if (await node.isRunning()) await node.stop();
  await node.remove();
  // TODO(F4): what is left when this fails?
  try {
    await node.baseBackup(source?.name ?? '');
    await node.start();
  } catch (error) {
    return { refused: (error as Error).message };
  }
  return { done: true };
}

/** Says of each copy in `dumps` and `snapshots` what it is worth, while all is well with `n1`. */
export async function audit(cluster: PgCluster): Promise<Copy[]> {
  // TODO(E): which copies have you seen restored?
  void cluster;
  return [];
}
