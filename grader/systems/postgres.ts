/**
 * What a runbook may use: the whole of `faultlab/postgres`.
 *
 * A runbook is an ordinary program that runs beside a cluster of real PostgreSQL servers and
 * operates them: by SQL, by the tools of PostgreSQL, by starting and stopping servers, and by
 * editing their files. Nothing here knows what is wrong with the cluster; nothing here asks whether
 * you are sure. Times are real, and a database does not wait for you.
 */

/** What a node answers to one statement. */
export interface SqlResult<Row = SqlRow> {
  readonly rows: Row[];
  /** Rows read or changed; 0 for statements that do neither. */
  readonly rowCount: number;
  /** What else the server said: a notice of severity `WARNING` can change what an answer is worth. */
  readonly notices: readonly SqlNotice[];
}

/** Columns by name. `int8` and `numeric` come as numbers, `pg_lsn` as text, `timestamptz` as Date. */
// biome-ignore lint/suspicious/noExplicitAny: what a column holds is up to the statement
export type SqlRow = Record<string, any>;

export interface SqlNotice {
  readonly severity: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
}

/** One connection, for what needs a single one: transactions, settings of a session, locks. */
export interface PgSession {
  /** @throws {SqlError} when the server refuses the statement, or the connection is lost */
  query<Row = SqlRow>(text: string, params?: readonly unknown[]): Promise<SqlResult<Row>>;
  close(): Promise<void>;
}

export interface ToolResult {
  readonly exitCode: number;
  /** Both streams, in the order in which they were written. */
  readonly output: string;
}

/** A machine with one PostgreSQL server, its data directory and its tools. */
export interface PgNode {
  /** `n1`, `n2` … */
  readonly name: string;
  /** Where `psql -h 127.0.0.1 -p PORT -U postgres` finds it, on its own machine and on yours. */
  readonly port: number;
  /** The data directory, a full path on the node's machine. */
  readonly dataDir: string;

  /** One statement on a connection of its own. The user is a superuser. @throws {SqlError} */
  sql<Row = SqlRow>(text: string, params?: readonly unknown[]): Promise<Row[]>;
  connect(): Promise<PgSession>;

  isRunning(): Promise<boolean>;
  /** Resolves when the server takes connections. @throws {ServerError} with the end of its log */
  start(): Promise<void>;
  /** As `pg_ctl stop -m MODE`. @default 'fast' */
  stop(mode?: 'smart' | 'fast' | 'immediate'): Promise<void>;
  restart(): Promise<void>;
  /**
   * Changes settings as `ALTER SYSTEM` does: on a running server, with a reload; on one that is down,
   * in its `postgresql.auto.conf`. `null` resets a setting to its default.
   */
  configure(settings: Readonly<Record<string, string | null>>): Promise<void>;
  /** How this node reaches another: the value for `primary_conninfo`, or `--source-server`. */
  conninfo(peer: string): string;

  /**
   * Runs a tool of PostgreSQL (`pg_rewind`, `pg_controldata` …), or `cp`, `mv`, `rm`, `ls`, `cat`, `mkdir`,
   * `touch`, `chmod`, `du` or `df`, on this node, as the server's user, in the folder above the data
   * directory. No shell: each argument arrives as it is. A tool that fails is an `exitCode`, not an error.
   */
  run(program: string, ...args: readonly string[]): Promise<ToolResult>;
  /**
   * A base backup of `from` into this node's data directory, which has to be empty: what
   * `pg_basebackup -R -X stream` does, with `-S slot` when there is one. Does not start the server.
   */
  baseBackup(from: string, options?: { readonly slot?: string }): Promise<void>;

  /** Paths are relative to the data directory, or full. @throws {ServerError} when the file is not there */
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
  /** File names in a directory; of the data directory by default. */
  list(path?: string): Promise<string[]>;
  /** `rm -rf`. Nobody asks whether this is the right node. @default the whole data directory */
  remove(path?: string): Promise<void>;
  /** The last lines of the server's log. @default 20 */
  logTail(lines?: number): Promise<string>;
}

/** The servers of a lab. */
export interface PgCluster {
  readonly nodes: readonly PgNode[];
  /** @throws {Error} when there is no node of this name */
  node(name: string): PgNode;
  /** Folder of archived WAL that all nodes reach, when the lab has an archive. */
  readonly archiveDir: string;
  /** Adds a line to the record of the run. `console.log` does the same. */
  log(...values: readonly unknown[]): void;
}

/**
 * A linearizable store of texts that is replicated over all machines: your `kv-raft`, running for real.
 * A key that was never written holds the empty text. Each operation needs a majority of the members; one
 * that fails with {@link StoreError} may have happened, or happen a little later.
 */
export interface Store {
  /** @throws {StoreError} */
  get(key: string, options?: StoreOptions): Promise<string>;
  /** @throws {StoreError} the outcome is unknown */
  put(key: string, value: string, options?: StoreOptions): Promise<void>;
  /** Writes `to` if the key holds `from`, and says whether it did. @throws {StoreError} the outcome is unknown */
  cas(key: string, from: string, to: string, options?: StoreOptions): Promise<boolean>;
}

export interface StoreOptions {
  /** How long to wait for an answer. @default 1000 */
  readonly withinMs?: number;
}

/** The machine of one controller: what it reaches, and nothing else. */
export interface PgMachine {
  /** Its own server. Other servers are reached by `node.conninfo(peer)` and `node.baseBackup(peer)`. */
  readonly node: PgNode;
  /** The names of the other machines. */
  readonly peers: readonly string[];
  readonly store: Store;
  /** How long a lease lasts unless it is renewed. */
  readonly leaseMs: number;
  /** Adds a line to the record of the run. `console.log` does the same. */
  log(...values: readonly unknown[]): void;
}

/** The server refused a statement, or the connection was lost on the way. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  /** SQLSTATE: `40001`, `25006` … `08006` when the connection was lost. */
  readonly code: string;
  readonly detail: string | undefined;
  /** False when nothing of the statement reached the server: then it certainly did not happen. */
  readonly wasSent: boolean;

  constructor({ message, code, detail, wasSent }: SqlFault) {
    super(message);
    this.code = code;
    this.detail = detail;
    this.wasSent = wasSent;
  }
}

export interface SqlFault {
  readonly message: string;
  readonly code: string;
  readonly detail?: string | undefined;
  readonly wasSent: boolean;
}

/** Something on a machine did not work: a server that does not start, a file that is not there. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}

/** The store did not answer in time: the outcome is unknown. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** What {@link until} throws when time runs out. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export interface UntilOptions {
  /** @default 10000 */
  readonly withinMs?: number;
  /** @default 25 */
  readonly everyMs?: number;
}

/**
 * Asks again and again until the answer is neither false nor undefined, and resolves to it.
 * @throws {TimeoutError} "waited 10 s until n2 has replayed 0/30001A8" when time runs out
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | false | undefined> | T | false | undefined,
  { withinMs = 10_000, everyMs = 25 }: UntilOptions = {},
): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() > endMs)
      throw new TimeoutError(`waited ${withinMs / 1000} s until ${what}`);
    await sleep(everyMs);
  }
}

/** `16/B374D848` as a number of bytes, to compare and subtract. */
export function lsnToBytes(lsn: string): bigint {
  const [high = '', low = ''] = lsn.split('/');
  if (!/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i.test(lsn)) {
    throw new Error(`lsnToBytes got ${JSON.stringify(lsn)}: give an LSN such as 0/3000060`);
  }
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
