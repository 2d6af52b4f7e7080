/** What the scenarios share: a site that is written to, copies of it, and what is in them. */
import type { Drill, PgServer, Workload } from 'faultlab';

const WEBHOOKS = 20;

/** On a busy machine a standby must not look as if it were gone. */
export const PATIENT = { wal_sender_timeout: '60s', wal_receiver_timeout: '60s' };

export const dumpsOf = ({ cluster }: Drill) => `${cluster.archiveDir}/dumps`;
export const snapshotsOf = ({ cluster }: Drill) => `${cluster.archiveDir}/snapshots`;

/** A copy, and what was in the database when it was begun. */
export interface Taken {
  readonly path: string;
  /** Numbers of the writes that had been acknowledged before it was begun: they are all in it. */
  readonly known: readonly number[];
  /** How many writes had been asked for when it was done: it has no more. */
  readonly most: number;
}

/** Tables, clients that write, and two folders for copies. */
export async function begin(drill: Drill, to = () => drill.cluster.primary.name) {
  const serving = drill.node(to());
  await serving.sql(`
    CREATE TABLE projects (id bigserial PRIMARY KEY, name text NOT NULL);
    CREATE TABLE webhooks (id bigint PRIMARY KEY, url text NOT NULL);`);
  await addWebhooks(serving);
  await addProjects(serving);
  for (const folder of [dumpsOf(drill), snapshotsOf(drill)]) {
    await must(drill, serving, 'mkdir', folder);
  }
  const workload = await drill.workload({ to, at: to(), pauseMs: 10 });
  await more(drill, workload, 20);
  return workload;
}

export const addProjects = (node: PgServer) =>
  node.sql("INSERT INTO projects (name) SELECT 'project ' || i FROM generate_series(1, 5) AS i");

const addWebhooks = (node: PgServer) =>
  node.sql(
    `INSERT INTO webhooks SELECT i, 'https://example.org/' || i FROM generate_series(1, ${WEBHOOKS}) AS i`,
  );

export async function more(drill: Drill, workload: Workload, count: number): Promise<void> {
  const seen = workload.acknowledged;
  await drill.assume('more writes', async () => workload.acknowledged > seen + count);
}

/** A tool of the set-up, which has to work. */
export async function must(
  drill: Drill,
  node: PgServer,
  program: string,
  ...args: readonly string[]
): Promise<void> {
  const { exitCode, output } = await node.run(program, ...args);
  await drill.assume(`${program} (${output.trim()})`, async () => exitCode === 0, { withinMs: 0 });
}

export const known = (workload: Workload) => workload.with('ok').map(({ id }) => id);

export interface SnapshotOptions {
  /** Without the WAL that a server needs to start from it. */
  readonly torn?: boolean;
  /** Pages of `projects` are garbage: recovery would rewrite those of a table that clients write to. */
  readonly damaged?: boolean;
  /** As it was loaded into staging: webhooks are removed there, so that nobody calls them. */
  readonly forStaging?: boolean;
}

/** A copy of the data directory, as a snapshot of its disk would be. */
export async function snapshot(
  drill: Drill,
  workload: Workload,
  name: string,
  { torn = false, damaged = false, forStaging = false }: SnapshotOptions = {},
): Promise<Taken> {
  const { primary } = drill.cluster;
  const viewer = drill.node('n2');
  const taken = { path: `${snapshotsOf(drill)}/${name}`, known: known(workload) };
  if (forStaging) await primary.sql('DELETE FROM webhooks');
  const args = ['-D', taken.path, '-d', viewer.conninfo(primary.name), '-c', 'fast', '--no-sync'];
  await must(drill, viewer, 'pg_basebackup', ...args, '-X', torn ? 'none' : 'fetch');
  if (forStaging) await addWebhooks(primary);
  if (damaged) await damage(drill, viewer, taken.path, await fileOf(primary, 'projects'));
  return { ...taken, most: workload.writes.length };
}

export async function fileOf(node: PgServer, table: string): Promise<string> {
  const [row] = await node.sql<{ file: string }>('SELECT pg_relation_filepath($1) AS file', [
    table,
  ]);
  return row?.file ?? '';
}

/** Garbage over the first pages of a file. */
export const damage = (drill: Drill, node: PgServer, folder: string, file: string) =>
  must(drill, node, 'cp', `${folder}/postgresql.conf`, `${folder}/${file}`);

export interface DumpOptions {
  /** It ends in the middle of a table. */
  readonly truncated?: boolean;
  /** All tables, and no row. */
  readonly empty?: boolean;
}

export async function dump(
  drill: Drill,
  workload: Workload,
  name: string,
  { truncated = false, empty = false }: DumpOptions = {},
): Promise<Taken> {
  const viewer = drill.node('n2');
  const taken = { path: `${dumpsOf(drill)}/${name}`, known: known(workload) };
  const args = ['-d', viewer.conninfo(drill.cluster.primary.name), '-f', taken.path];
  await must(drill, viewer, 'pg_dump', ...args, ...(empty ? ['--schema-only'] : []));
  if (truncated) {
    const text = await viewer.readFile(taken.path);
    // At the end of a line: psql takes the end of the file for the end of the data.
    const end = text.lastIndexOf('\n', text.indexOf('COPY public.writes') + 1500) + 1;
    await viewer.writeFile(taken.path, text.slice(0, end));
  }
  return { ...taken, most: workload.writes.length };
}

/**
 * Restores a backup on `node`, whose data goes; resolves to the numbers of the writes in it, or to the
 * reason why it is not one.
 */
export async function restored(
  node: PgServer,
  helper: PgServer,
  path: string,
): Promise<readonly number[] | string> {
  if (await node.isRunning()) await node.stop('immediate');
  await node.remove();
  const isFolder = await helper.list(path).then(
    () => true,
    () => false,
  );
  const problem = await (isFolder ? fromFolder(node, path) : fromDump(node, helper, path));
  if (problem !== undefined) return problem;
  return readWrites(node).catch((error: Error) => error.message);
}

/** Reads every row whole, as a client would. */
export async function readWrites(node: PgServer): Promise<number[]> {
  const rows = await node.sql<{ id: number; body: string }>('SELECT id, body FROM writes');
  await node.sql('SELECT id, name FROM projects');
  return rows.map(({ id }) => id);
}

async function fromFolder(node: PgServer, path: string): Promise<string | undefined> {
  for (const args of [
    ['cp', '-Rp', path, node.dataDir],
    ['chmod', '700', node.dataDir],
  ]) {
    const { exitCode, output } = await node.run(args[0] as string, ...args.slice(1));
    if (exitCode !== 0) return output.trim();
  }
  return start(node);
}

async function fromDump(
  node: PgServer,
  helper: PgServer,
  path: string,
): Promise<string | undefined> {
  const made = await node.run('initdb', '-D', node.dataDir, '-U', 'postgres', '-A', 'trust', '-N');
  if (made.exitCode !== 0) return made.output.trim();
  await node.writeFile('pg_hba.conf', 'host all all all trust\nhost replication all all trust\n');
  const problem = await start(node);
  if (problem !== undefined) return problem;
  const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', helper.conninfo(node.name), '-f', path];
  const { exitCode, output } = await helper.run('psql', ...args);
  return exitCode === 0 ? undefined : output.trim();
}

async function start(node: PgServer): Promise<string | undefined> {
  try {
    await node.start();
    return undefined;
  } catch (error) {
    if (await node.isRunning()) await node.stop('immediate').catch(() => {});
    return (error as Error).message;
  }
}

/** A server does not start, or does not answer. By name: programs are bundled apart from labs. */
export const isRefusal = (error: unknown): boolean =>
  ['ServerError', 'SqlError'].includes((error as Error).name);

/** Whether a node takes writes. */
export async function serves(node: PgServer): Promise<boolean> {
  if (!(await node.isRunning())) return false;
  try {
    const [row] = await node.sql<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
    return row?.standby === false;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

export const webhooksOf = async (node: PgServer): Promise<number> => {
  const [row] = await node.sql<{ n: number }>(
    "SELECT count(DISTINCT id) AS n FROM webhooks WHERE url = 'https://example.org/' || id",
  );
  return row?.n ?? 0;
};

export { WEBHOOKS };
