/** What holds freezing back is found by its age, and by who waits for whom. */
import { type PgCluster, type PgNode, until } from 'faultlab/postgres';
import type { Alarm, Holder } from './contract.ts';

export { trigger } from './trigger.ts';

/** How many transactions behind the present can be told from those ahead; and what is kept in reserve. */
const WRAP = 2 ** 31;
const RESERVE = 3_000_000;
const HALF = 2 ** 30;
/** Vacuum comes every second here; a table as large as theirs takes longer. */
const FREEZE_WITHIN_MS = 45_000;

export async function repair(cluster: PgCluster): Promise<void> {
  const n1 = cluster.node('n1');
  for (const holder of await holdersOf(n1)) {
    if (holder.kind === 'slot') {
      await n1.sql('SELECT pg_drop_replication_slot($1)', [holder.name]);
    } else await n1.sql('SELECT pg_terminate_backend($1)', [holder.pid]);
  }
  // The server freezes every database without help, even those that take no connections.
  await until('all databases are frozen', async () => (await ageOf(n1)) < HALF, {
    withinMs: FREEZE_WITHIN_MS,
    everyMs: 100,
  });
  await n1.sql('VACUUM (FREEZE)');
}

/** The age of the oldest transaction that is not frozen, in any database. */
async function ageOf(node: PgNode): Promise<number> {
  const [row] = await node.sql<{ age: number }>(
    'SELECT max(age(datfrozenxid)) AS age FROM pg_database',
  );
  return row?.age ?? 0;
}

async function holdersOf(node: PgNode): Promise<Holder[]> {
  const slots = await node.sql<{ name: string }>(
    `SELECT slot_name AS name FROM pg_replication_slots
     WHERE greatest(age(xmin), age(catalog_xmin)) > ${HALF}`,
  );
  // Vacuum of an old table cannot begin while somebody holds one of these locks on it.
  const sessions = await node.sql<{ pid: number }>(
    `SELECT DISTINCT l.pid FROM pg_locks l
     JOIN pg_class c ON c.oid = l.relation
     JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.granted AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
       AND c.relfrozenxid <> '0' AND age(c.relfrozenxid) > ${HALF}
       AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                      'ExclusiveLock', 'AccessExclusiveLock')`,
  );
  return [
    ...slots.map(({ name }) => ({ kind: 'slot', name }) as const),
    ...sessions.map(({ pid }) => ({ kind: 'session', pid }) as const),
  ];
}

export async function alarms(cluster: PgCluster): Promise<Alarm[]> {
  const n1 = cluster.node('n1');
  if ((await ageOf(n1)) < HALF) return [];
  return [{ holders: await holdersOf(n1) }];
}

export async function left(cluster: PgCluster): Promise<number> {
  return WRAP - RESERVE - (await ageOf(cluster.node('n1')));
}
