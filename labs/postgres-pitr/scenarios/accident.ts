/** Base backups, archives and accidents. */
import { type Drill, type PgServer, sleep, type Workload } from 'faultlab';

/** The base backup that exists when a scenario begins. */
export const baseOf = (drill: Drill) => `${drill.cluster.archiveDir}/base`;

export async function begin(drill: Drill): Promise<Workload> {
  const { primary } = drill.cluster;
  await primary.sql('CREATE TABLE deploys (at timestamptz DEFAULT now(), xid bigint, what text)');
  const workload = await drill.workload({ to: () => primary.name, pauseMs: 10 });
  await drill.assume('some writes', async () => workload.acknowledged > 20);
  return workload;
}

export async function takeBase(drill: Drill): Promise<void> {
  const spare = drill.node('n2');
  const args = ['-D', baseOf(drill), '-d', spare.conninfo('n1'), '-c', 'fast', '-X', 'none'];
  const { exitCode, output } = await spare.run('pg_basebackup', ...args, '--no-sync');
  await drill.assume(`the base backup (${output.trim()})`, async () => exitCode === 0, {
    withinMs: 0,
  });
  drill.note('a base backup is in the archive');
}

/** One transaction that should not have been; clients write before, during and after it. */
export async function accident(
  drill: Drill,
  workload: Workload,
  kind: 'delete' | 'update',
): Promise<void> {
  const { primary } = drill.cluster;
  await more(drill, workload, 30);
  const session = await primary.connect('cleanup');
  await session.query('BEGIN');
  await session.query(
    "INSERT INTO deploys (xid, what) VALUES (pg_current_xact_id()::text::bigint, 'cleanup of old rows')",
  );
  const where = `id % 3 = ${drill.seed % 3}`;
  const { rowCount } = await session.query(
    kind === 'delete'
      ? `DELETE FROM writes WHERE ${where}`
      : `UPDATE writes SET body = 'cleaned' WHERE ${where}`,
  );
  await session.query('COMMIT');
  await session.close();
  drill.note(`a cleanup ${kind}s ${rowCount} rows; nobody notices`);
  await more(drill, workload, 30);
}

export async function more(drill: Drill, workload: Workload, count: number): Promise<void> {
  const seen = workload.acknowledged;
  await drill.assume('more writes', async () => workload.acknowledged > seen + count);
}

/** Waits until the WAL written so far is in the archive. */
export async function archived(drill: Drill, node: PgServer): Promise<void> {
  const [row] = await node.sql<{ file: string }>('SELECT pg_walfile_name(pg_switch_wal()) AS file');
  const file = row?.file ?? '';
  await drill.assume(`${file} to be in the archive`, async () => {
    await sleep(50);
    return (await node.list(drill.cluster.archiveDir)).includes(file);
  });
}

/** Every row that a client was told of is there, and says what the client wrote. */
export async function expectWhole(drill: Drill, workload: Workload, node: PgServer): Promise<void> {
  await drill.expectKept(
    workload,
    node.name,
    'up to which transaction did you restore, and what came after it?',
  );
  const [row] = await node.sql<{ n: number }>(
    "SELECT count(*) AS n FROM writes WHERE body !~ '^x+$'",
  );
  drill.expect(row?.n === 0, {
    ruleId: 'rows-changed',
    rule: 'Rows are as the clients wrote them (handout, The contract)',
    evidence: `${row?.n} rows on ${node.name} are still as the cleanup left them`,
    lookAt: 'which rows are there, but not as they were?',
  });
}
