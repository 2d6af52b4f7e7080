/** Anomalies, made. */
import type { PgCluster, PgSession } from 'faultlab/postgres';

export { transact } from './client.ts';

/** Two transactions at once, both begun. */
async function two(cluster: PgCluster, level: string): Promise<[PgSession, PgSession]> {
  const sessions: [PgSession, PgSession] = [
    await cluster.node('n1').connect(),
    await cluster.node('n1').connect(),
  ];
  for (const session of sessions) await session.query(`BEGIN ISOLATION LEVEL ${level}`);
  return sessions;
}

/** Both read before either writes; each writes back what it has read, plus one. */
export async function lostUpdate(cluster: PgCluster): Promise<void> {
  const [ann, bob] = await two(cluster, 'READ COMMITTED');
  const seen: number[] = [];
  for (const session of [ann, bob]) {
    const { rows } = await session.query<{ n: number }>('SELECT n FROM counter');
    seen.push(rows[0]?.n ?? 0);
  }
  for (const [i, session] of [ann, bob].entries()) {
    await session.query('UPDATE counter SET n = $1', [(seen[i] ?? 0) + 1]);
    await session.query('COMMIT');
    await session.close();
  }
}

/** Each takes its snapshot before the other commits, and writes a row that the other only reads. */
export async function writeSkew(cluster: PgCluster): Promise<void> {
  const [ann, bob] = await two(cluster, 'REPEATABLE READ');
  for (const session of [ann, bob]) {
    await session.query('SELECT count(*) FROM doctors WHERE on_call');
  }
  await ann.query("UPDATE doctors SET on_call = false WHERE name = 'alice'");
  await bob.query("UPDATE doctors SET on_call = false WHERE name = 'bob'");
  for (const session of [ann, bob]) {
    await session.query('COMMIT');
    await session.close();
  }
}
