/** A client that says no more than it knows. */
import { type PgCluster, type PgSession, SqlError, sleep } from 'faultlab/postgres';
import type { Outcome } from './contract.ts';

/** Less than a caller waits. */
const PATIENCE_MS = 2000;
const INSERT = 'INSERT INTO payments VALUES ($1, $2)';

export async function write(
  cluster: PgCluster,
  node: string,
  id: number,
  body: string,
): Promise<Outcome> {
  let session: PgSession;
  try {
    session = await cluster.node(node).connect();
  } catch {
    return 'fail'; // Nothing was sent.
  }
  const silence = sleep(PATIENCE_MS).then(() => 'unknown' as const);
  const outcome = await Promise.race([attempt(session, id, body), silence]);
  void session.close();
  return outcome;
}

async function attempt(session: PgSession, id: number, body: string): Promise<Outcome> {
  try {
    const { notices } = await session.query(INSERT, [id, body]);
    // "The transaction has already committed locally, but might not have been replicated."
    return notices.some(({ severity }) => severity === 'WARNING') ? 'unknown' : 'ok';
  } catch (error) {
    return error instanceof SqlError && !mayBeCommitted(error) ? 'fail' : 'unknown';
  }
}

/** The connection was lost (08), or the server ended the session (57): after the commit, perhaps. */
function mayBeCommitted({ wasSent, code }: SqlError): boolean {
  return wasSent && /^(08|57)/.test(code);
}
