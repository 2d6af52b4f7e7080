/** One PostgreSQL server: what runbooks may do to it (`PgNode`), and what only the grader may. */
import { isAbsolute, posix } from 'node:path';
import type { NodeId } from '../node.ts';
import { changedSettings, quoted } from './conf.ts';
import type { Links } from './links.ts';
import type { Capability, Machine } from './machine.ts';
import {
  type PgNode,
  type PgSession,
  ServerError,
  type SqlResult,
  type SqlRow,
  type ToolResult,
} from './postgres.ts';
import { openSession, type Session } from './sql.ts';
import { Overdue, waitFor } from './wait.ts';

const START_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 30_000;
const BACKUP_WITHIN_MS = 120_000;
const LOG_LINES = 20;

export interface ServerOptions {
  readonly machine: Machine;
  readonly links: Links;
  readonly can: ReadonlySet<Capability>;
  readonly find: (name: string) => PgServer;
}

/** A setting's name: SQL would take more, the labs do not. */
const SETTING = /^[a-z_][a-z0-9_.]*$/i;

const GRAVE = /\b(FATAL|PANIC|ERROR)\b/;
/** Logged only as LOG, and the FATAL after it does not name the setting. */
const WRONG_SETTING = /LOG: .*(parameter|in file) "/;

export class PgServer implements PgNode {
  readonly name: NodeId;
  readonly port: number;
  readonly dataDir: string;
  readonly #machine: Machine;
  readonly #links: Links;
  readonly #can: ReadonlySet<Capability>;
  readonly #find: (name: string) => PgServer;
  /** A connection for single statements, when one is free. */
  #idle: Session | undefined;

  constructor({ machine, links, can, find }: ServerOptions) {
    this.#machine = machine;
    this.#links = links;
    this.#can = can;
    this.#find = find;
    this.name = machine.name;
    this.port = machine.address.port;
    this.dataDir = machine.dataDir;
  }

  async sql<Row = SqlRow>(text: string, params?: readonly unknown[]): Promise<Row[]> {
    return (await this.query<Row>(text, params)).rows;
  }

  /** As `sql`, with everything that the server answered. */
  async query<Row = SqlRow>(text: string, params?: readonly unknown[]): Promise<SqlResult<Row>> {
    const session = this.#take() ?? (await openSession(this.#machine.address));
    try {
      return await session.query<Row>(text, params);
    } finally {
      this.#giveBack(session);
    }
  }

  #take(): Session | undefined {
    const session = this.#idle;
    this.#idle = undefined;
    return session?.isLost ? undefined : session;
  }

  #giveBack(session: Session): void {
    if (!session.isLost && this.#idle === undefined) this.#idle = session;
    else void session.close();
  }

  /** Closes the connection that is kept for single statements. */
  async forget(): Promise<void> {
    await this.#take()?.close();
  }

  connect(application?: string): Promise<PgSession> {
    return openSession(this.#machine.address, application === undefined ? {} : { application });
  }

  isRunning(): Promise<boolean> {
    return this.#machine.isUp();
  }

  async start(): Promise<void> {
    await this.launch();
    await this.ready();
  }

  /** Spawns the server without waiting for it. */
  async launch(): Promise<void> {
    await this.forget();
    await this.#machine.launch();
  }

  /** Waits until the server takes connections. @throws {ServerError} with the end of its log */
  async ready(withinMs = START_WITHIN_MS): Promise<void> {
    const take = async () => {
      const isUp = await this.#machine.isUp();
      const text = await this.#machine.readFile('postmaster.pid').catch(() => '');
      // Line 8 is the server's own word on its state; "ready" on a standby, too, once it answers.
      if (isUp && text.split('\n')[7]?.trim() === 'ready') return true;
      if (isUp) return false;
      throw new ServerError(`${this.name} did not start: ${await this.#lastWords()}`);
    };
    try {
      await waitFor(`${this.name} to take connections`, take, { withinMs, everyMs: 5 });
    } catch (error) {
      if (!(error instanceof Overdue)) throw error;
      throw new ServerError(`${error.message}; its log ends: ${await this.#lastWords()}`);
    }
  }

  async #lastWords(): Promise<string> {
    const lines = (await this.#machine.logTail(30)).split('\n');
    const last = lines.findLast((line) => GRAVE.test(line));
    // Of the same process: what an earlier start has left in the log would mislead.
    const process = last?.match(/\[\d+\]/)?.[0] ?? '';
    const own = lines.filter((line) => line.includes(process));
    const first = own.findIndex((line) => GRAVE.test(line) || WRONG_SETTING.test(line));
    const telling = own
      .slice(first)
      .filter((line) => !/ LOG: /.test(line) || WRONG_SETTING.test(line));
    return (last ? telling : lines).slice(-3).join(' | ') || '(its log is empty)';
  }

  async stop(mode: 'smart' | 'fast' | 'immediate' = 'fast'): Promise<void> {
    const signals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
    if (!Object.hasOwn(signals, mode)) {
      throw new ServerError(`stop got ${JSON.stringify(mode)}: smart, fast or immediate`);
    }
    if (!(await this.isRunning())) throw new ServerError(`${this.name} is not running`);
    await this.forget();
    await this.#machine.signalServer(signals[mode]);
    const isDown = async () => !(await this.#machine.isUp());
    await waitFor(`${this.name} to stop`, isDown, { withinMs: STOP_WITHIN_MS, everyMs: 5 });
  }

  async restart(): Promise<void> {
    if (await this.isRunning()) await this.stop();
    await this.start();
  }

  async configure(settings: Readonly<Record<string, string | null>>): Promise<void> {
    for (const name of Object.keys(settings)) {
      if (!SETTING.test(name)) throw new ServerError(`${JSON.stringify(name)} is not a setting`);
    }
    if (!(await this.isRunning())) {
      const file = 'postgresql.auto.conf';
      const text = await this.#machine.readFile(file).catch(() => '');
      await this.#machine.writeFile(file, changedSettings(text, settings));
      return;
    }
    for (const [name, value] of Object.entries(settings)) {
      if (value === null) await this.sql(`ALTER SYSTEM RESET ${name}`);
      else await this.sql(`ALTER SYSTEM SET ${name} = ${quoted(value)}`);
    }
    await this.sql('SELECT pg_reload_conf()');
  }

  conninfo(peer: string): string {
    if (peer === this.name) throw new ServerError(`${peer} does not follow itself`);
    const { host, port } = this.#links.address(this.name, this.#find(peer).name);
    return `host=${host} port=${port} user=postgres application_name=${this.name}`;
  }

  async run(program: string, ...args: readonly string[]): Promise<ToolResult> {
    if (program === 'pg_ctl' && args.some((arg) => /^(re)?start$/.test(arg))) {
      throw new ServerError('pg_ctl does not know the address of this node: use start or restart');
    }
    return this.#machine.run(program, args.map(String));
  }

  async baseBackup(from: string, { slot }: { readonly slot?: string } = {}): Promise<void> {
    const source = this.#find(from);
    if (await this.isRunning()) throw new ServerError(`${this.name} is running: stop it first`);
    const there = await this.#machine.list(this.dataDir).catch(() => []);
    if (there.length > 0) {
      throw new ServerError(`the data directory of ${this.name} is not empty: ${this.dataDir}`);
    }
    await (this.#can.has('pg_basebackup')
      ? this.#backupByTool(source.name, slot)
      : this.#backupByHand(source));
    await this.#machine.writeFile('standby.signal', '');
    const settings = { primary_conninfo: this.conninfo(from), primary_slot_name: slot ?? null };
    await this.configure(settings);
  }

  async #backupByTool(from: string, slot: string | undefined): Promise<void> {
    const args = ['-D', this.dataDir, '-d', this.conninfo(from), '-X', 'stream', '-c', 'fast'];
    args.push('--no-sync', ...(slot === undefined ? [] : ['-S', slot]));
    const { exitCode, output } = await this.#machine.run('pg_basebackup', args, BACKUP_WITHIN_MS);
    if (exitCode !== 0) throw new ServerError(`pg_basebackup: ${output.trim()}`);
  }

  /** The low-level protocol, for installations without the tool; there, all disks are one disk. */
  async #backupByHand(source: PgServer): Promise<void> {
    const session = await source.connect('base backup');
    try {
      await session.query(
        "SELECT pg_create_physical_replication_slot('base_backup_' || pg_backend_pid(), true, true)",
      );
      await session.query("SELECT pg_backup_start('base backup', true)");
      // Files may vanish while they are copied: the WAL since the start makes up for that.
      await this.#machine.run('cp', ['-Rp', source.dataDir, this.dataDir], BACKUP_WITHIN_MS);
      const { rows } = await session.query('SELECT labelfile FROM pg_backup_stop(false)');
      await this.#machine.run('cp', ['-Rp', `${source.dataDir}/pg_wal`, this.dataDir]);
      for (const name of [
        'postmaster.pid',
        'postmaster.opts',
        'standby.signal',
        'recovery.signal',
      ]) {
        await this.#machine.remove(name);
      }
      for (const name of await this.#machine.list(`${this.dataDir}/pg_replslot`)) {
        await this.#machine.remove(`pg_replslot/${name}`);
      }
      await this.#machine.writeFile('backup_label', rows[0]?.labelfile);
    } finally {
      await session.close();
    }
  }

  readFile(path: string): Promise<string> {
    return this.#file(path, () => this.#machine.readFile(path));
  }

  writeFile(path: string, text: string): Promise<void> {
    return this.#file(path, () => this.#machine.writeFile(path, text));
  }

  list(path = this.dataDir): Promise<string[]> {
    return this.#file(path, () =>
      this.#machine.list(isAbsolute(path) ? path : posix.join(this.dataDir, path)),
    );
  }

  remove(path = this.dataDir): Promise<void> {
    return this.#file(path, () => this.#machine.remove(path));
  }

  async #file<T>(path: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw new ServerError(`${this.name}: ${path}: ${(error as Error).message}`);
    }
  }

  logTail(lines = LOG_LINES): Promise<string> {
    return this.#machine.logTail(lines);
  }

  // What follows is for the grader only.

  /** Power off, at this instruction. */
  async crash(): Promise<void> {
    await this.#machine.powerOff();
    await this.forget();
  }

  /** Every process of the server stands still; connections hang. */
  async pause(): Promise<void> {
    await this.#machine.freeze();
  }

  async resume(): Promise<void> {
    await this.#machine.thaw();
  }
}
