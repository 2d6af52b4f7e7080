/** What the scenarios share: a counter that is moved on, and what is left of it. */
import type { Drill, PgServer, Workload } from 'faultlab';

/** WAL with what logical slots need; vacuum looks every second, and nothing is turned off. */
export const SETTINGS = {
  wal_level: 'logical',
  autovacuum: 'on',
  autovacuum_naptime: '1s',
  track_commit_timestamp: 'off',
};

/** Half of 2^32: what is older than this many transactions would look as if it were still to come. */
const WRAP = 2 ** 31;
export const HALF = WRAP / 2;
/** A server stops this far short of the wrap (14 and later). */
const MARGIN = 3_000_000;
/** The files of `pg_xact`: commit states in a page, and pages in a file. */
const PER_PAGE = 32_768;
const PAGES = 32;
const PAGE_BYTES = 8192;
const PAGES_MAX = 4;
export const FORGOTTEN = 'search_indexer';

/** A site that is written to; `events` is its largest table. */
export async function begin(drill: Drill): Promise<Workload> {
  const { primary } = drill.cluster;
  await primary.sql(`
    CREATE TABLE events (id bigserial PRIMARY KEY, body text NOT NULL);
    INSERT INTO events (body) SELECT repeat(md5(i::text), 4) FROM generate_series(1, 2000) AS i;
    CREATE TABLE consumers (slot text PRIMARY KEY, state text NOT NULL);`);
  const workload = await drill.workload({ to: () => primary.name, pauseMs: 10 });
  await drill.assume('some writes', async () => workload.acknowledged > 20);
  return workload;
}

/** A logical slot that nobody reads: rows of the catalog are kept for it, from now on. */
export const createSlot = (node: PgServer, name: string) =>
  node.sql("SELECT pg_create_logical_replication_slot($1, 'test_decoding')", [name]);

/**
 * This many millions of transactions later, at the beginning of a page of commit states, which is empty, and
 * before which nobody will look.
 */
export async function moveOn(drill: Drill, node: PgServer, millions: number): Promise<void> {
  const wanted = Math.floor((millions * 1_000_000) / PER_PAGE);
  // Early in a file, as all pages of it before this one have to be there.
  const page = wanted - Math.max(0, (wanted % PAGES) - PAGES_MAX);
  await node.stop();
  const xid = `${page * PER_PAGE}`;
  const { exitCode, output } = await node.run('pg_resetwal', '-x', xid, '-D', node.dataDir);
  await drill.assume(`pg_resetwal (${output.trim()})`, async () => exitCode === 0, { withinMs: 0 });
  const file = Math.floor(page / PAGES)
    .toString(16)
    .toUpperCase()
    .padStart(4, '0');
  // The first file is there, and holds what has been.
  const pages = (page % PAGES) + 1;
  if (file !== '0000') await node.writeFile(`pg_xact/${file}`, '\0'.repeat(pages * PAGE_BYTES));
  await node.start();
}

/** The age of the oldest transaction that is not frozen, in any database. */
export async function oldestAge(node: PgServer, database?: string): Promise<number> {
  const [row] = await node.sql<{ age: number }>(
    'SELECT max(age(datfrozenxid)) AS age FROM pg_database WHERE datname = coalesce($1, datname)',
    [database ?? null],
  );
  return row?.age ?? 0;
}

/** The number of the next transaction, counting those of earlier rounds. */
export async function counter(node: PgServer): Promise<number> {
  const [row] = await node.sql<{ next: string }>(
    'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next',
  );
  return Number(row?.next);
}

export const leftOf = (age: number) => WRAP - MARGIN - age;

/** `undefined` when a write is taken, or SQLSTATE: 54000 is a limit of the program. */
export async function refusal(node: PgServer): Promise<string | undefined> {
  try {
    await node.sql("INSERT INTO events (body) VALUES ('a write')");
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  }
}

export const PROGRAM_LIMIT = '54000';
