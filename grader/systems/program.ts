/** A submission that runs in a process of its own, seen from the grader. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { type Isolation, nodeOptionsOnServers } from '../isolation.ts';
import { ROOT } from '../paths.ts';
import { type Loaded, makeLocator } from '../realm/load.ts';
import type { FromChild, ToChild } from './child.ts';
import type { PgServers } from './cluster.ts';
import { Desk, factsOf, type Place, type Request, requestWords } from './desk.ts';
import { within } from './wait.ts';

const CHILD_FILE = join(ROOT, 'dist', 'grader', 'systems', 'child.js');
const OPEN_WITHIN_MS = 20_000;

/** The submission threw. `where` is a place in its own files: `runbook.ts:12:5`. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly where: string | undefined;
  /** It waited for something that did not come, which on a busy machine is no fault of its own. */
  readonly hasWaited: boolean;

  constructor(message: string, where: string | undefined, hasWaited = false) {
    super(message);
    this.hasWaited = hasWaited;
    this.where = where;
  }
}

export interface ProgramOptions {
  readonly loaded: Loaded;
  readonly cluster: PgServers;
  readonly onRequest: (request: Request) => void;
  readonly onLog: (text: string) => void;
  /** @default 'home' */
  readonly isolation?: Isolation | undefined;
  /** Where it runs, when it is a controller. */
  readonly place?: (Place & { readonly leaseMs: number }) | undefined;
}

export class Program {
  /** What it was doing last, in words. */
  lastRequest: string | undefined;
  readonly #child: ChildProcess;
  readonly #desk: Desk;
  readonly #locate: (stack: string) => string | undefined;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(e: Error): void }>();
  #exports: readonly string[] = [];
  #next = 1;
  #ended: Error | undefined;

  private constructor(options: ProgramOptions) {
    const { loaded, cluster, onRequest, onLog, place, isolation = 'home' } = options;
    this.#locate = makeLocator(loaded);
    this.#desk = new Desk(
      cluster,
      (request) => {
        this.lastRequest = requestWords(request);
        onRequest(request);
      },
      place,
    );
    // The folder is there so that a child that no longer hears us is found and ended with the cluster.
    this.#child = fork(CHILD_FILE, [`${cluster.folder}/`], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { LC_ALL: 'C', TZ: 'UTC' },
      execArgv: ['--max-old-space-size=256', ...nodeOptionsOnServers(isolation)],
    });
    this.#child.on('message', (message: FromChild) => this.#receive(message, onLog));
    this.#child.on('exit', (code, signal) => {
      this.#end(
        new ProgramError(`the runbook's process ended (${signal ?? `exit ${code}`})`, undefined),
      );
    });
    this.#child.on('error', (error) => this.#end(error));
  }

  /** Starts the process and loads the code. @throws {ProgramError} when loading it throws */
  static async open(options: ProgramOptions): Promise<Program> {
    const program = new Program(options);
    const opened = program.#expect(0);
    const { loaded, cluster, place } = options;
    const { archiveDir } = cluster;
    const machine = place && { node: place.node, leaseMs: place.leaseMs };
    program.#send({
      ...{ type: 'open', code: loaded.code, nodes: factsOf(cluster), archiveDir },
      ...(machine ? { machine } : {}),
    });
    try {
      await within('the runbook to be loaded', OPEN_WITHIN_MS, opened);
    } catch (error) {
      await program.close();
      throw error;
    }
    return program;
  }

  has(name: string): boolean {
    return this.#exports.includes(name);
  }

  /** Calls an exported function with the cluster as its first argument. @throws {ProgramError} */
  call(name: string, ...args: readonly unknown[]): Promise<unknown> {
    if (!this.has(name)) {
      const there = this.#exports.join(', ') || 'nothing';
      const message = `there is no exported function "${name}"; exported: ${there}`;
      return Promise.reject(new ProgramError(message, undefined));
    }
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#next++;
    const result = this.#expect(id);
    this.#send({ type: 'call', id, name, args });
    return result;
  }

  /** Ends the process, whatever it is doing, and closes its connections. */
  async close(): Promise<void> {
    this.#ended ??= new Error('closed');
    this.#child.kill('SIGKILL');
    await this.#desk.close();
  }

  /** Sends the process a signal: `SIGSTOP` is a pause that it does not notice. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  #send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #expect(id: number): Promise<unknown> {
    const result = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    result.catch(() => {});
    return result;
  }

  #receive(message: FromChild, onLog: (text: string) => void): void {
    if (message.type === 'log') onLog(message.text);
    else if (message.type === 'request') {
      const { id, node, op, args } = message;
      void this.#desk.perform({ node, op, args }).then((reply) => {
        this.#send({ type: 'reply', id, reply });
      });
    } else if (message.type === 'opened') {
      this.#exports = message.exports;
      this.#settle(0)?.resolve(undefined);
    } else if (message.type === 'result') this.#settle(message.id)?.resolve(message.value);
    else {
      const error = new ProgramError(
        `${message.name}: ${message.message}`,
        this.#locate(message.stack),
        message.name === 'TimeoutError',
      );
      // An error that nobody caught belongs to every call that is under way.
      if (message.id === 0) this.#end(error);
      else this.#settle(message.id)?.reject(error);
    }
  }

  #settle(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
