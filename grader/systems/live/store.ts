/**
 * A replicated store beside the servers: one member on each machine, each in a process of its own,
 * joined by links that faults act on. What runs there is a submission of `kv-raft`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Isolation, nodeOptionsOnServers } from '../../isolation.ts';
import type { NodeId } from '../../node.ts';
import { ROOT } from '../../paths.ts';
import { type Loaded, makeLocator } from '../../realm/load.ts';
import { Links } from '../links.ts';
import type { Address } from '../machine.ts';
import { freePorts } from '../ports.ts';
import { ServerError, StoreError } from '../postgres.ts';
import { InfrastructureError, waitFor, within } from '../wait.ts';
import { type FromLive, STORE_OPS, type StoreOp, type ToLive } from './protocol.ts';

const LIVE_FILE = join(ROOT, 'dist', 'grader', 'systems', 'live', 'main.js');
const HOST = '127.0.0.1';
const START_WITHIN_MS = 20_000;
const ANSWERS_IN_A_ROW = 5;
/** How long to wait for an operation, unless the caller says otherwise. */
const ANSWER_WITHIN_MS = 1000;

export interface StoreSpec {
  readonly names: readonly NodeId[];
  /** The bundle of the store: `{ n: Server, c: Client }`. */
  readonly loaded: Loaded;
  /** Removed with the cluster, and everything in it. */
  readonly folder: string;
  readonly isolation: Isolation;
  /** How many times slower the members' clocks run than this machine's. @default 1 */
  readonly pace?: number;
  /** A member threw. */
  readonly onCrash: (name: NodeId, text: string) => void;
}

export class Store {
  readonly links: Links;
  readonly #members: readonly StoreMember[];

  private constructor(links: Links, members: readonly StoreMember[]) {
    this.links = links;
    this.#members = members;
  }

  /** Resolves when the store has answered a first question. */
  static async open(spec: StoreSpec): Promise<Store> {
    const { names, loaded, folder, isolation, onCrash, pace = 1 } = spec;
    const locate = makeLocator(loaded);
    const ports = await freePorts(folder, names.length);
    const members = names.map((name, i) => {
      const tell = (text: string, stack: string) => {
        const where = locate(stack);
        onCrash(name, where === undefined ? text : `${text} at ${where}`);
      };
      const { code } = loaded;
      return new StoreMember({
        name,
        port: ports[i] as number,
        code,
        folder,
        isolation,
        pace,
        onCrash: tell,
      });
    });
    await Promise.all(members.map((member) => member.listen()));
    const targets = Object.fromEntries(
      names.map((name, i) => [name, { host: HOST, port: ports[i] as number }]),
    );
    const links = await Links.open({ targets, proxyHost: HOST, proxyAddress: HOST });
    for (const member of members) {
      member.addresses = Object.fromEntries(
        names.map((name) => [
          name,
          name === member.name ? (targets[name] as Address) : links.address(member.name, name),
        ]),
      );
    }
    const store = new Store(links, members);
    await Promise.all(members.map((member) => member.boot()));
    await Promise.all(members.map(settled));
    return store;
  }

  member(name: NodeId): StoreMember {
    const found = this.#members.find((member) => member.name === name);
    if (found) return found;
    throw new Error(`the store has no member ${name}`);
  }

  async close(): Promise<void> {
    this.links.close();
    for (const member of this.#members) member.kill();
  }
}

/** A few answers in a row: a leader is found, and stays one. */
async function settled(member: StoreMember): Promise<void> {
  let inARow = 0;
  const ask = async () => {
    const isAnswered = await member.perform('get', ['']).then(
      () => true,
      () => false,
    );
    inARow = isAnswered ? inARow + 1 : 0;
    return inARow >= ANSWERS_IN_A_ROW;
  };
  await waitFor(`the store to answer on ${member.name}`, ask, { withinMs: START_WITHIN_MS });
}

interface MemberOptions {
  readonly name: NodeId;
  /** The same in each life. */
  readonly port: number;
  readonly code: string;
  readonly folder: string;
  readonly isolation: Isolation;
  readonly pace: number;
  readonly onCrash: (text: string, stack: string) => void;
}

export class StoreMember {
  readonly name: NodeId;
  /** Where it finds each member. */
  addresses: Readonly<Record<NodeId, Address>> = {};
  readonly #options: MemberOptions;
  readonly #waiting = new Map<number, (value: unknown) => void>();
  #child: ChildProcess | undefined;
  #heard: Partial<Record<FromLive['type'], (message: FromLive) => void>> = {};
  #next = 1;

  constructor(options: MemberOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get #disk(): string {
    return join(this.#options.folder, `store-${this.name}`);
  }

  /** Starts the process. */
  async listen(): Promise<void> {
    const { folder, isolation, pace, port } = this.#options;
    mkdirSync(this.#disk, { recursive: true });
    // The folder is there so that a child that no longer hears us is found and ended with the cluster.
    const child = fork(LIVE_FILE, [`${folder}/`], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { LC_ALL: 'C', TZ: 'UTC' },
      execArgv: ['--max-old-space-size=256', ...nodeOptionsOnServers(isolation, this.#disk)],
    });
    this.#child = child;
    child.on('message', (message: FromLive) => this.#receive(message));
    child.on('error', () => {});
    const listening = this.#expect('listening');
    this.#send({ type: 'listen', id: this.name, port, pace });
    await listening;
  }

  async boot(): Promise<void> {
    const booted = this.#expect('booted');
    const { code } = this.#options;
    this.#send({ type: 'boot', code, folder: this.#disk, addresses: this.addresses });
    await booted;
  }

  /** Starts it again, on the disk that it left behind. */
  async start(): Promise<void> {
    await this.listen();
    await this.boot();
  }

  /** Power off. */
  kill(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  /** `SIGSTOP`, `SIGCONT`. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Carries out one operation. @throws {StoreError} when no answer comes in time */
  async perform(op: string, args: readonly unknown[]): Promise<unknown> {
    if (!(STORE_OPS as readonly string[]).includes(op)) {
      throw new ServerError(
        `a store has no operation ${JSON.stringify(op)}: ${STORE_OPS.join(', ')}`,
      );
    }
    const texts = args.filter((arg) => typeof arg === 'string');
    const wanted = { get: 1, put: 2, cas: 3 }[op as StoreOp];
    if (texts.length !== wanted) {
      throw new ServerError(`${op} of a store takes ${wanted} texts, and got ${texts.length}`);
    }
    const { withinMs = ANSWER_WITHIN_MS } = (args[wanted] ?? {}) as { withinMs?: number };
    const id = this.#next++;
    const late = new StoreError(`${op} ${texts[0]}: no answer within ${withinMs} ms`);
    const answered = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#send({ type: 'do', id, op: op as StoreOp, args: texts, withinMs });
    // The member itself may stand still, or be gone.
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise((resolve) => {
      timer = setTimeout(resolve, 2 * withinMs);
    });
    const value = await Promise.race([answered, silence]);
    clearTimeout(timer);
    this.#waiting.delete(id);
    if (value === undefined) throw late;
    return value;
  }

  #send(message: ToLive): void {
    if (this.#child?.connected) this.#child.send(message, () => {});
  }

  #expect(type: FromLive['type']): Promise<FromLive> {
    const what = `the member of the store on ${this.name} to be ${type}`;
    const heard = new Promise<FromLive>((resolve, reject) => {
      this.#heard[type] = resolve;
      this.#child?.once('exit', () => reject(new InfrastructureError(`${what}: it ended`)));
    });
    heard.catch(() => {});
    return within(what, START_WITHIN_MS, heard);
  }

  #receive(message: FromLive): void {
    if (message.type === 'done') this.#waiting.get(message.id)?.(message.value);
    else if (message.type === 'crashed') this.#options.onCrash(message.text, message.stack);
    else this.#heard[message.type]?.(message);
  }
}
