/**
 * A realm in a process of its own, as the simulation sees it. The process has no files, no network
 * and, where possible, a user of its own; it knows neither seed nor scenario nor checker. All that it
 * can do is what a node does: send messages, write to its disk and so on.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealedOptions } from '../isolation.ts';
import { NODE_MAIN_FILE } from '../paths.ts';
import type { HostFunctions, RealmApi } from './boot.ts';
import { copy, meter } from './copy.ts';
import { NodeGone } from './gone.ts';
import type { NodeRealm, Tenant } from './realm.ts';
import type { Watchdog } from './watchdog.ts';
import { Disconnected, Wire } from './wire.ts';

/** User and group "nobody". */
const NOBODY = 65534;
const isRoot = () => process.getuid?.() === 0;

const NETWORK_SEALS = [
  ['unshare', '-n', '--'],
  ['unshare', '-rn', '--'],
];
const USER_DROPS = [
  ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--no-new-privs', '--'],
];

const works = ([command = '', ...args]: readonly string[]) =>
  spawnSync(command, [...args, 'true'], { stdio: 'ignore' }).status === 0;

interface Seals {
  /** Put before a command: a network of its own with nothing in it. */
  readonly network: readonly string[] | undefined;
  /** Put before a command: a user that owns nothing. */
  readonly user: readonly string[] | undefined;
}

let found: Seals | undefined;

/** What this machine lets us do, found by trying. */
function seals(): Seals {
  found ??= {
    network: NETWORK_SEALS.find(works),
    user: isRoot() ? USER_DROPS.find(works) : undefined,
  };
  return found;
}

/** Which promises of this level cannot be kept on this machine, in words; empty when all can. */
export function gapsOfRemote(): readonly string[] {
  const { network, user } = seals();
  return [
    ...(user ? [] : ['nodes run as the grading user (one of their own needs root and setpriv)']),
    ...(network ? [] : ['nodes could reach the network (unshare does not work here)']),
  ];
}

/** What runs in the process of a node. */
export interface NodeCode {
  readonly bootCode: string;
  /** The bundle of the submission. */
  readonly code: string;
  /** Replaces `node-main.ts`, to try what a process can do that is no longer ours. */
  readonly program?: string;
}

export class RemoteRealm implements NodeRealm {
  readonly api: RealmApi;
  readonly #child: ChildProcess;
  readonly #wire: Wire;
  readonly #watchdog: Watchdog;
  readonly #fds: readonly number[];
  #tenant: Tenant | undefined;

  constructor(code: NodeCode, watchdog: Watchdog) {
    this.#watchdog = watchdog;
    const { child, wire, fds } = start(code.program);
    this.#child = child;
    this.#wire = wire;
    this.#fds = fds;
    this.#wire.send([code.bootCode, code.code]);
    this.#guarded(() => this.#wire.receive());
    const call =
      (name: string) =>
      (...args: readonly unknown[]) =>
        this.#call(name, args);
    this.api = {
      meter,
      copy,
      // Said with each call.
      select: () => {},
      boot: call('boot') as RealmApi['boot'],
      fireTimer: call('fireTimer'),
      deliver: call('deliver') as RealmApi['deliver'],
      settle: call('settle'),
      timeOut: call('timeOut'),
      diskDone: call('diskDone'),
      workDone: call('workDone'),
      invoke: call('invoke'),
      request: call('request'),
      inspect: call('inspect'),
      describe: () => '{}',
    };
  }

  attach(tenant: Tenant): Tenant | undefined {
    const before = this.#tenant;
    this.#tenant = tenant;
    return before;
  }

  /** The call itself has done it. */
  drain(): void {}

  /** A rejection that was not caught in the last run. */
  uncaught(): { readonly text: string; readonly stack: string } | undefined {
    const value = this.#call('uncaught', []);
    if (typeof value !== 'object' || value === null) return undefined;
    const { text, stack } = value as Record<string, unknown>;
    return { text: String(text), stack: String(stack) };
  }

  close(): void {
    this.#child.kill('SIGKILL');
    for (const fd of this.#fds) closeSync(fd);
  }

  #call(name: string, args: readonly unknown[]): unknown {
    const { host, slot = 0 } = this.#tenant ?? {};
    const clocks = host === undefined ? [0, 0] : [host.wallMs(), host.monotonicMs()];
    return this.#guarded(() => {
      this.#wire.send([name, args, clocks, slot]);
      for (;;) {
        const answer = this.#wire.receive() as Answer;
        for (const one of listOf(answer?.effects)) {
          const [effect, values] = listOf(one);
          this.#perform(host as HostFunctions, effect, listOf(values));
        }
        if (answer.ask === undefined) return answer.value;
        this.#wire.send({ answer: this.#answer(host as HostFunctions, listOf(answer.ask)) });
      }
    });
  }

  /** Performs these effects only, whatever the other side asks for. */
  #perform(host: HostFunctions, effect: unknown, values: readonly unknown[]): void {
    const [a, b, c, d, e] = values;
    if (effect === 'setTimer') host.setTimer(number(a), number(b));
    else if (effect === 'clearTimer') host.clearTimer(number(a));
    else if (effect === 'disk')
      host.disk(number(a), String(b), String(c), String(d ?? ''), number(e ?? 0));
    else if (effect === 'work') host.work(number(a), number(b));
    else if (effect === 'answer') host.answer(number(a), b === true, copy(c), String(d ?? ''));
    else if (effect === 'log') host.log(String(a));
    else if (effect === 'failed')
      host.failed(a === 'contract' ? a : 'crash', String(b), String(c), String(d));
    else if (effect !== 'emit') throw new Disconnected('an effect that no node has');
    else {
      // Copied on this side for its hash, which goes into that of the run.
      const value = copy(b);
      if (meter[0] !== -1) host.emit(String(a), value);
    }
  }

  #answer(host: HostFunctions, [name, values]: readonly unknown[]): string {
    const [a, b, c, d, e] = listOf(values);
    if (name === 'send') return host.send(String(a), String(b), c, number(d), number(e));
    if (name === 'reply') return host.reply(number(a), b);
    throw new Disconnected('a question that no node asks');
  }

  /** Runs under the eyes of the watchdog, which kills a process that does not return. */
  #guarded<T>(run: () => T): T {
    this.#watchdog.begin(this.#child.pid ?? 0);
    try {
      return run();
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
      throw (
        this.#watchdog.reason() ??
        new NodeGone('ended', `the process of a node ended: ${error.message}`)
      );
    } finally {
      this.#watchdog.end();
    }
  }
}

interface Answer {
  readonly effects: unknown;
  readonly ask?: unknown;
  readonly value?: unknown;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Times, sizes and operation numbers are finite and not negative, or the sender is not our program. */
function number(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw new Disconnected('a number that no node sends');
}

/** Two pipes that can be read synchronously, and a process at the other end of them. */
function start(program = readFileSync(NODE_MAIN_FILE, 'utf8')) {
  const folder = mkdtempSync(join(tmpdir(), 'faultlab-node-'));
  const names = ['to', 'from'].map((name) => join(folder, name));
  execFileSync('mkfifo', ['-m', '600', ...names]);
  // Opening a FIFO both ways never blocks; while that is held, neither does opening its ends.
  const held = names.map((name) => openSync(name, constants.O_RDWR));
  const [to = '', from = ''] = names;
  const mine = [openSync(from, constants.O_RDONLY), openSync(to, constants.O_WRONLY)] as const;
  const theirs = [openSync(to, constants.O_RDONLY), openSync(from, constants.O_WRONLY)] as const;
  rmSync(folder, { recursive: true });
  const node = [process.execPath, ...sealedOptions(), '--input-type=module', '--eval', program];
  const { network = [], user = [] } = seals();
  const [command = '', ...args] = [...network, ...user, ...node];
  const child = spawn(command, args, {
    cwd: '/',
    env: { TZ: 'UTC', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', process.env.DEBUG ? 'inherit' : 'ignore', ...theirs],
    detached: true,
  });
  child.on('error', () => {});
  child.unref();
  for (const fd of [...held, ...theirs]) closeSync(fd);
  return { child, wire: new Wire(...mine), fds: mine };
}
