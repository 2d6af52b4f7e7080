/**
 * How the nightly job came by its `pg_dump` (given). The package held the programs of two major
 * versions, and took those that fitted the data directory on the same host; without one, the older.
 *
 * There is one PostgreSQL on your machine, so the older `pg_dump` is imitated: it does what every
 * `pg_dump` does with a server of a newer major version.
 */
import type { PgNode, ToolResult } from 'faultlab/postgres';

/** Runs `pg_dump` on `host`, of the database on `server`, into `file`. */
export async function pgDump(host: PgNode, server: PgNode, file: string): Promise<ToolResult> {
  const hasData = await host.readFile('PG_VERSION').then(
    () => true,
    () => false,
  );
  if (!hasData) return { exitCode: 1, output: await mismatch(server) };
  const args = host === server ? ['-h', '127.0.0.1', '-p', `${server.port}`] : [];
  const from = host === server ? [] : ['-d', host.conninfo(server.name)];
  return host.run('pg_dump', ...args, ...from, '-f', file);
}

async function mismatch(server: PgNode): Promise<string> {
  const [row] = await server.sql<{ version: string }>(
    "SELECT current_setting('server_version') AS version",
  );
  const newer = row?.version.split(' ')[0] ?? '?';
  const older = Number.parseInt(newer, 10) - 1;
  return `pg_dump: server version: ${newer}; pg_dump version: ${older}.0\npg_dump: aborting because of server version mismatch`;
}
