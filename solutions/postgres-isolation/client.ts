/** Transactions that are serializable, happen once, and finish. */
import { type PgCluster, type PgSession, SqlError, sleep } from 'faultlab/postgres';
import type { Ended, ListOperation } from './contract.ts';

const LEVEL = 'SERIALIZABLE';
const ATTEMPTS_MAX = 60;
const BACKOFF_MS_MAX = 60;
/** serialization_failure and deadlock_detected: nothing has happened, and another attempt may succeed. */
const AGAIN = ['40001', '40P01'];

const APPEND = `
  INSERT INTO lists VALUES ($1, ARRAY[$2::int])
  ON CONFLICT (key) DO UPDATE SET items = lists.items || excluded.items`;

export async function transact(
  cluster: PgCluster,
  operations: readonly ListOperation[],
): Promise<Ended> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    let session: PgSession;
    try {
      session = await cluster.node('n1').connect();
    } catch {
      return 'aborted'; // Nothing was sent.
    }
    let isCommitting = false;
    try {
      const output = await perform(session, operations);
      isCommitting = true;
      await session.query('COMMIT');
      return output;
    } catch (error) {
      const code = error instanceof SqlError ? error.code : '';
      if (!AGAIN.includes(code)) {
        // Until COMMIT was sent, the end of the session is the end of the transaction.
        return isCommitting ? 'unknown' : 'aborted';
      }
    } finally {
      await session.close();
    }
    await sleep(Math.random() * Math.min(BACKOFF_MS_MAX, 4 * attempt));
  }
  return 'aborted';
}

/** All of it again at each attempt: what was read before has no meaning any more. */
async function perform(
  session: PgSession,
  operations: readonly ListOperation[],
): Promise<ListOperation[]> {
  await session.query(`BEGIN ISOLATION LEVEL ${LEVEL}`);
  const output: ListOperation[] = [];
  for (const operation of operations) {
    const [f, key] = operation;
    if (f === 'append') {
      await session.query(APPEND, [key, operation[2]]);
      output.push(operation);
    } else {
      const { rows } = await session.query<{ items: number[] }>(
        'SELECT items FROM lists WHERE key = $1',
        [key],
      );
      output.push(['r', key, rows[0]?.items ?? []]);
    }
  }
  return output;
}
