/** Connections to servers: `pg`, with the errors and the numbers that the labs promise. */
import pg from 'pg';
import type { Address } from './machine.ts';
import {
  type PgSession,
  SqlError,
  type SqlNotice,
  type SqlResult,
  type SqlRow,
} from './postgres.ts';

const CONNECT_WITHIN_MS = 5000;
const INT8 = 20;
const NUMERIC = 1700;
/** SQLSTATE of connection failures, for errors that the driver makes itself. */
const CONNECTION_LOST = '08006';
const CANNOT_CONNECT = '08001';

const parse = (oid: number, format?: 'text' | 'binary') =>
  oid === INT8 || oid === NUMERIC
    ? (text: string) => Number(text)
    : pg.types.getTypeParser(oid, format as 'text');

export interface ConnectOptions {
  readonly user?: string;
  readonly application?: string;
}

/** Opens a connection. @throws {SqlError} with `wasSent` false */
export async function openSession(
  address: Address,
  { application = 'faultlab' }: ConnectOptions = {},
): Promise<Session> {
  const client = new pg.Client({
    ...address,
    user: 'postgres',
    database: 'postgres',
    application_name: application,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    types: { getTypeParser: parse as typeof pg.types.getTypeParser },
  });
  // Without a listener a lost connection would end this process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    client.end().catch(() => {});
    throw faultOf(error, false);
  }
  return new Session(client);
}

export class Session implements PgSession {
  readonly #client: pg.Client;
  #notices: SqlNotice[] = [];
  isLost = false;

  constructor(client: pg.Client) {
    this.#client = client;
    client.on('notice', ({ severity = '', code = '', message = '' }) => {
      this.#notices.push({ severity, code, message });
    });
    client.on('end', () => {
      this.isLost = true;
    });
    client.on('error', () => {
      this.isLost = true;
    });
  }

  async query<Row = SqlRow>(
    text: string,
    params: readonly unknown[] = [],
  ): Promise<SqlResult<Row>> {
    if (this.isLost) {
      throw new SqlError({
        message: 'the connection is lost',
        code: CONNECTION_LOST,
        wasSent: false,
      });
    }
    this.#notices = [];
    try {
      const values = params.length > 0 ? [...params] : undefined;
      const result = await this.#client.query(text, values);
      // Several statements in one text: the last one's answer.
      const last = Array.isArray(result) ? (result.at(-1) as typeof result) : result;
      const notices = this.#notices;
      return { rows: last.rows as Row[], rowCount: last.rowCount ?? 0, notices };
    } catch (error) {
      throw faultOf(error, true);
    }
  }

  async close(): Promise<void> {
    this.isLost = true;
    await this.#client.end().catch(() => {});
  }
}

function faultOf(error: unknown, wasSent: boolean): SqlError {
  const { message, code, detail, severity } = error as pg.DatabaseError & { errors?: Error[] };
  // Node's own codes (ECONNREFUSED) are not SQLSTATEs.
  const isServer = severity !== undefined && code !== undefined;
  return new SqlError({
    message: message || String((error as { errors?: Error[] }).errors?.[0]?.message ?? error),
    code: isServer ? code : wasSent ? CONNECTION_LOST : CANNOT_CONNECT,
    detail,
    wasSent,
  });
}
