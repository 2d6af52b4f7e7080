/** Two primaries. Fence the old one, save what only it has, rewind it, and let it follow. */
import { type PgCluster, type PgNode, until } from 'faultlab/postgres';
import type { Salvaged } from './contract.ts';

const READ_ONLY = { default_transaction_read_only: 'on' };

export async function repair(cluster: PgCluster): Promise<void> {
  const { young, old } = await whoIsWho(cluster);
  await fence(old);
  await salvage(old, young);
  await old.stop();
  await rejoin(old, young);
}

/** The inventory on a primary says which of the two stays. */
async function whoIsWho(cluster: PgCluster): Promise<{ young: PgNode; old: PgNode }> {
  for (const node of cluster.nodes) {
    if (!(await node.isRunning()) || (await isStandby(node))) continue;
    const rows = await node.sql<{ node: string; purpose: string }>('SELECT * FROM inventory');
    const young = rows.find(({ purpose }) => /it stays/.test(purpose));
    const old = rows.find(({ purpose }) => /was the primary/.test(purpose));
    if (young && old) return { young: cluster.node(young.node), old: cluster.node(old.node) };
  }
  throw new Error('no primary has an inventory that says which one stays');
}

async function isStandby(node: PgNode): Promise<boolean> {
  const [row] = await node.sql<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  return row?.standby ?? true;
}

/** If it is down, it is fenced before it is started: it must not take writes even for a moment. */
async function fence(old: PgNode): Promise<void> {
  await old.configure(READ_ONLY);
  if (!(await old.isRunning())) await old.start();
  await until('transactions are read-only', async () => {
    const [row] = await old.sql('SHOW transaction_read_only');
    return row?.transaction_read_only === 'on';
  });
}

interface Account {
  readonly id: number;
  readonly balance: number;
  /** The transaction that wrote the row as it is. */
  readonly xid: number;
}

const ALL = 'SELECT id, balance, xmin::text::int8 AS xid FROM accounts';

/** Saves the rows that the old one has changed since they parted, where the young one differs. */
async function salvage(old: PgNode, young: PgNode): Promise<void> {
  const here = await old.sql<Account>(ALL);
  const there = new Map((await young.sql<Account>(ALL)).map((row) => [row.id, row]));
  // What nobody has touched since is the same on both, down to the transaction that wrote it. The
  // number alone says little: after they parted, both went on counting from the same one.
  const common = here.filter(({ id, xid, balance }) => {
    const other = there.get(id);
    return other?.xid === xid && other.balance === balance;
  });
  const fork = Math.max(0, ...common.map(({ xid }) => xid));
  await young.sql('CREATE TABLE salvaged (id int PRIMARY KEY, kind text, balance int)');
  for (const { id, balance, xid } of here) {
    const other = there.get(id);
    if (xid <= fork || other?.balance === balance) continue;
    const kind: Salvaged['kind'] = other ? 'conflict' : 'missing';
    await young.sql('INSERT INTO salvaged VALUES ($1, $2, $3)', [id, kind, balance]);
  }
}

async function rejoin(old: PgNode, young: PgNode): Promise<void> {
  // pg_rewind reads the timeline from the control file, which shows a promotion only after a checkpoint.
  await young.sql('CHECKPOINT');
  const source = `${old.conninfo(young.name)} dbname=postgres`;
  const { exitCode, output } = await old.run(
    ...['pg_rewind', '--target-pgdata', old.dataDir, '--source-server', source],
  );
  if (exitCode !== 0) throw new Error(`pg_rewind: ${output}`);
  // Its configuration is now a copy of the other one's.
  await old.configure({
    primary_conninfo: old.conninfo(young.name),
    default_transaction_read_only: null,
  });
  await old.writeFile('standby.signal', '');
  await old.start();
}
