/** What the scenarios of this lab share. */
import { type Drill, lsnToBytes, type PgServer } from 'faultlab';

/** WAL that a standby has received and flushed. */
export async function received(standby: PgServer): Promise<bigint> {
  const [row] = await standby.sql<{ lsn: string | null }>(
    'SELECT pg_last_wal_receive_lsn() AS lsn',
  );
  return lsnToBytes(row?.lsn ?? '0/0');
}

/** Whether everything that the primary has written is flushed on this standby. */
export async function hasAll({ cluster }: Drill, standby: PgServer): Promise<boolean> {
  const [row] = await cluster.primary.sql<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  return (await received(standby)) >= lsnToBytes(row?.lsn ?? '0/0');
}

export async function isPrimary(node: PgServer): Promise<boolean> {
  if (!(await node.isRunning())) return false;
  const [row] = await node.sql<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  return row?.standby === false;
}

/**
 * The claim about every failover: the name that was returned is that of a running node, which becomes the
 * primary. Resolves to it.
 */
export async function expectFailover(
  drill: Drill,
  chosen: unknown,
  living: readonly PgServer[],
): Promise<PgServer> {
  const node = living.find(({ name }) => name === chosen);
  if (node === undefined) {
    return drill.fail({
      kind: 'contract',
      ruleId: 'no-primary',
      rule: 'failover returns the name of the new primary (handout, The contract)',
      evidence: `failover returned ${JSON.stringify(chosen) ?? 'undefined'}; running nodes: ${living.map(({ name }) => name).join(', ')}`,
      lookAt: 'which node takes writes from now on?',
    });
  }
  await drill.eventually(() => isPrimary(node), {
    ruleId: 'not-promoted',
    rule: 'The new primary takes writes (handout, The contract)',
    evidence: () => `${node.name} is still in recovery, or down`,
    lookAt: 'when is a promotion over?',
  });
  return node;
}

export async function expectFollowers(
  drill: Drill,
  primary: PgServer,
  followers: readonly PgServer[],
): Promise<void> {
  await primary.sql('CREATE TABLE after_failover AS SELECT 1 AS one');
  for (const follower of followers) {
    await drill.eventually(
      async () => {
        if (!(await follower.isRunning()) || (await isPrimary(follower))) return false;
        const rows = await follower.sql(
          "SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'",
        );
        const [row] = await follower.sql<{ there: boolean }>(
          "SELECT to_regclass('after_failover') IS NOT NULL AS there",
        );
        return rows.length > 0 && row?.there === true;
      },
      {
        ruleId: 'not-following',
        rule: 'The other standbys follow the new primary (handout, The contract)',
        evidence: async () =>
          `${follower.name} does not show what ${primary.name} has written since${(await isPrimary(follower)) ? `, and is a primary itself` : ''}`,
        lookAt: 'from whom does each of the others receive WAL?',
      },
    );
  }
}
