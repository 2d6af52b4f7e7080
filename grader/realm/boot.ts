/**
 * The part of the grader that lives inside a realm: everything that a node can touch. It is
 * bundled into a script, evaluated first in each new realm, and given the host's functions once.
 *
 * Walls, in order of importance:
 * - No object of the host is ever reachable from a submission. Host functions are kept in closures,
 *   take and return primitives (or read objects of a realm), and whatever they throw is swallowed
 *   here and replaced by an error of this realm.
 * - The host calls only functions of this file. Promises are made and awaited in here: a host
 *   `.then` on a promise of a realm would not run when it seems to.
 * - All globals are frozen afterwards, so nothing but the disk survives a crash or a run.
 */

import { kindOf } from '../names.ts';
import { DiskError, type DiskErrorCode, type NodeId, RpcError, sleep } from '../node.ts';
import { mix } from '../sim/prng.ts';
import { copy, meter, whyNotPlain } from './copy.ts';
import { hardenGlobals, installGlobals, type TimerSet, type Timers } from './globals.ts';
import { binaryToBytes, bytesToBinary, fromBinary, toBinary } from './text.ts';

/** What the host offers to the realm. Primitives only, except `args` and `value`: read, not kept. */
export interface HostFunctions {
  wallMs(): number;
  monotonicMs(): number;
  setTimer(id: number, delayMs: number): void;
  clearTimer(id: number): void;
  /** '' or what is wrong. */
  send(peer: NodeId, method: string, args: unknown, callId: number, timeoutMs: number): string;
  /** '' or what is wrong. */
  reply(token: number, value: unknown): string;
  disk(operation: number, kind: string, file: string, data: string, size: number): void;
  /** Keeps a CPU of the node busy; `workDone` follows. */
  work(operation: number, costMs: number): void;
  emit(name: string, value: unknown): void;
  /** `stack` of the error that `value` tells; '' when there is none. */
  answer(token: number, ok: boolean, value: unknown, stack: string): void;
  log(text: string): void;
  /** The program of this node threw an error, or broke the rules of the API. */
  failed(kind: 'crash' | 'contract', doing: string, text: string, stack: string): void;
}

/** What the host can call. */
export interface RealmApi {
  readonly meter: Float64Array;
  copy(value: unknown): unknown;
  /** In a realm of several nodes: the life that all later calls concern. The others are untouched. */
  select(slot: number): void;
  /** Begins a new life: module state, node object. False when the submission failed to load. */
  boot(id: NodeId, peers: string, methods: string, randomSeed: number): boolean;
  fireTimer(id: number): void;
  deliver(from: NodeId, method: string, args: unknown, token: number): boolean;
  settle(callId: number, value: unknown): void;
  timeOut(callId: number): void;
  diskDone(operation: number, error: string, data: string | undefined): void;
  workDone(operation: number): void;
  invoke(method: string, argsJson: string): unknown;
  request(method: string, argsJson: string, token: number): void;
  inspect(): unknown;
  /** JSON of { text, stack, own }; `own` when the error was made in this realm. */
  describe(error: unknown): string;
}

/** The submission, compiled: called once per life, like a module that is loaded afresh. */
type Factory = (
  require: (name: string) => unknown,
  module: { exports: Record<string, unknown> },
  exports: Record<string, unknown>,
) => void;

const CALL_TIMEOUT_MS = 1000;
const PromiseResolve = Promise.resolve.bind(Promise);

interface PendingCall {
  readonly peer: NodeId;
  readonly method: string;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface PendingDisk {
  readonly file: string;
  resolve(data: string | undefined): void;
  reject(error: unknown): void;
}

type Handler = (args: unknown, from: NodeId) => unknown;

/** All the state of one node between a boot and a crash. */
interface Life {
  readonly calls: Map<number, PendingCall>;
  readonly handlers: Map<string, Handler>;
  readonly diskOperations: Map<number, PendingDisk>;
  readonly work: Map<number, () => void>;
  readonly timers: TimerSet;
  nextId: number;
  node: Record<string, unknown>;
  randomState: number;
  /** All nodes run the same class: a method that one of them does not serve, none does. */
  isOneProgram: boolean;
}

/** The text of an error that may be hostile: every access to it is guarded. */
function describe(error: unknown): string {
  try {
    if (error instanceof Error) {
      const { name, message } = error;
      return `${typeof name === 'string' ? name : 'Error'}: ${typeof message === 'string' ? message : ''}`;
    }
    if ((typeof error === 'object' && error !== null) || typeof error === 'function')
      return 'something that is not an Error';
    return `${typeof error === 'string' ? JSON.stringify(error) : String(error)} (not an Error)`;
  } catch {
    return 'an error that cannot be read';
  }
}

function stackOf(error: unknown): string {
  try {
    const stack = error instanceof Error ? error.stack : '';
    return typeof stack === 'string' ? stack.slice(0, 4000) : '';
  } catch {
    return '';
  }
}

export function install(rawHost: HostFunctions, factory: Factory): RealmApi {
  const host = wrapHost(rawHost);

  // Several nodes may share a realm. Only one node's code runs at a time, to the end of its
  // microtasks, so `life` is that node's for as long as its code is on the stack.
  const lives: Life[] = [];
  let slot = 0;
  let life: Life;

  function crashed(doing: string, error: unknown): void {
    host.failed('crash', doing, describe(error), stackOf(error));
  }

  /** Runs a piece of the submission; if it throws or rejects, the node has crashed. */
  function guarded(doing: string, run: () => unknown): void {
    try {
      const result = run();
      if (isThenable(result)) {
        PromiseResolve(result).then(undefined, (error: unknown) => crashed(doing, error));
      }
    } catch (error) {
      crashed(doing, error);
    }
  }

  const timers: Timers = installGlobals({
    wallMs: host.wallMs,
    monotonicMs: host.monotonicMs,
    setTimer: host.setTimer,
    clearTimer: host.clearTimer,
    log: host.log,
    guarded,
    random() {
      life.randomState = (life.randomState + 0x9e3779b9) | 0;
      return (mix(mix(life.randomState) ^ 0x3c6ef372) >>> 0) / 0x1_0000_0000;
    },
  });
  life = newLife(0);

  /** Nothing is left of an earlier life. */
  function newLife(randomSeed: number): Life {
    const fresh: Life = {
      calls: new Map(),
      handlers: new Map(),
      diskOperations: new Map(),
      work: new Map(),
      timers: timers.none(),
      nextId: 1,
      node: {},
      randomState: randomSeed,
      isOneProgram: true,
    };
    lives[slot] = fresh;
    timers.use(fresh.timers);
    return fresh;
  }

  function diskOperation(
    kind: string,
    file: unknown,
    data = '',
    size = 0,
  ): Promise<string | undefined> {
    if (typeof file !== 'string' || file === '') {
      throw new TypeError(`disk.${kind}: the file name must be a string that is not empty`);
    }
    const id = life.nextId++;
    return new Promise((resolve, reject) => {
      life.diskOperations.set(id, { file, resolve, reject });
      host.disk(id, kind, file, data, size);
    });
  }

  function diskData(kind: string, data: unknown): string {
    if (typeof data === 'string') return toBinary(data);
    if (data instanceof Uint8Array) return bytesToBinary(data);
    throw new TypeError(
      `disk.${kind}: the data must be a string or a Uint8Array, not ${typeof data}`,
    );
  }

  const done = () => undefined;
  const disk = Object.freeze({
    read: (file: string) =>
      diskOperation('read', file).then((data) =>
        data === undefined ? undefined : fromBinary(data),
      ),
    readBytes: (file: string) =>
      diskOperation('read', file).then((data) =>
        data === undefined ? undefined : binaryToBytes(data),
      ),
    write: (file: string, data: unknown) =>
      diskOperation('write', file, diskData('write', data)).then(done),
    append: (file: string, data: unknown) =>
      diskOperation('append', file, diskData('append', data)).then(done),
    fsync: (file: string) => diskOperation('fsync', file).then(done),
    fsyncDirectory: () => diskOperation('fsyncDirectory', '.').then(done),
    rename: (from: string, to: string) => diskOperation('rename', from, String(to)).then(done),
    truncate: (file: string, sizeBytes: number) => {
      if (!Number.isInteger(sizeBytes) || sizeBytes < 0) {
        throw new TypeError(`disk.truncate: ${String(sizeBytes)} is not a size in bytes`);
      }
      return diskOperation('truncate', file, '', sizeBytes).then(done);
    },
    remove: (file: string) => diskOperation('remove', file).then(done),
    list: () => diskOperation('list', '.').then((names) => (names ? names.split('\n') : [])),
  });

  function call(
    peer: NodeId,
    method: string,
    args: unknown,
    options?: { timeoutMs?: number },
  ): Promise<unknown> {
    const timeoutMs = options?.timeoutMs ?? CALL_TIMEOUT_MS;
    if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
      throw new TypeError(`call: timeoutMs must be a number above 0, not ${String(timeoutMs)}`);
    }
    if (life.isOneProgram && !life.handlers.has(method)) {
      const known = [...life.handlers.keys()].join(', ') || 'none';
      throw new TypeError(
        `call: no handler is registered for "${String(method)}" (registered: ${known}); call serve first`,
      );
    }
    const id = life.nextId++;
    const problem = host.send(peer, method, args, id, timeoutMs);
    if (problem !== '') {
      const why = problem === 'not plain' ? whyNotPlain(args, 'args') : problem;
      throw new TypeError(`call("${peer}", "${method}"): ${why ?? 'args cannot be copied'}`);
    }
    return new Promise((resolve, reject) => {
      life.calls.set(id, { peer, method, resolve, reject });
    });
  }

  function work(costMs: number): Promise<void> {
    if (typeof costMs !== 'number' || !(costMs >= 0 && costMs < Number.POSITIVE_INFINITY)) {
      throw new TypeError(
        `work: the cost must be a number of milliseconds of at least 0, not ${String(costMs)}`,
      );
    }
    const id = life.nextId++;
    return new Promise((resolve) => {
      life.work.set(id, resolve);
      host.work(id, costMs);
    });
  }

  function serve(method: string, handler: Handler): void {
    if (typeof method !== 'string' || typeof handler !== 'function') {
      throw new TypeError('serve: needs a method name and a function');
    }
    if (life.handlers.has(method)) throw new TypeError(`serve: "${method}" has a handler already`);
    life.handlers.set(method, handler);
  }

  function emit(name: string, value: unknown): void {
    const plain = copy(value);
    if (meter[0] === -1)
      throw new TypeError(`emit("${name}"): ${whyNotPlain(value, 'value') ?? 'not plain data'}`);
    host.emit(String(name), plain);
  }

  function sendReply(method: string, token: number, value: unknown): void {
    const problem = host.reply(token, value);
    if (problem === '') return;
    const why =
      problem === 'not plain' ? (whyNotPlain(value, 'the reply') ?? 'not plain data') : problem;
    host.failed('contract', `its handler of ${method}`, `the reply cannot be sent: ${why}`, '');
  }

  /** Evaluates the submission's modules and makes the node. Returns '' or what is wrong. */
  function load(id: NodeId, context: unknown, methods: readonly string[]): string {
    const module = { exports: {} as Record<string, unknown> };
    factory(requireGiven, module, module.exports);
    let exported = module.exports.default;
    life.isOneProgram = typeof exported === 'function';
    if (typeof exported === 'object' && exported !== null) {
      exported = (exported as Record<string, unknown>)[kindOf(id)];
    }
    if (typeof exported !== 'function') {
      return 'it has no default export that is a class (export default class …)';
    }
    life.node = new (exported as new (context: unknown) => Record<string, unknown>)(context);
    const missing = methods.filter((name) => typeof life.node[name] !== 'function');
    if (missing.length === 0) return '';
    return `its class has no method ${missing.map((name) => `${name}()`).join(', ')}`;
  }

  hardenGlobals();

  const api: RealmApi = {
    meter,
    copy,
    describe: (error) =>
      JSON.stringify({
        text: describe(error),
        stack: stackOf(error),
        own: error instanceof Error,
      }),

    select(wanted) {
      if (wanted === slot) return;
      slot = wanted;
      life = lives[slot] ?? newLife(0);
      timers.use(life.timers);
    },

    boot(id, peers, methods, randomSeed) {
      life = newLife(randomSeed);
      const context = Object.freeze({
        id,
        peers: Object.freeze(peers.split(' ').filter((peer) => peer !== '')),
        disk,
        call,
        serve,
        work,
        emit,
        log: (...values: unknown[]) => host.log(timers.format(values)),
      });
      try {
        const problem = load(
          id,
          context,
          methods.split(' ').filter((name) => name !== ''),
        );
        if (problem !== '') {
          host.failed('contract', 'loading', problem, '');
          return false;
        }
      } catch (error) {
        crashed('its constructor', error);
        return false;
      }
      if (typeof life.node.start === 'function')
        guarded('start()', life.node.start.bind(life.node));
      return true;
    },

    fireTimer(id) {
      timers.fire(id);
    },

    deliver(from, method, args, token) {
      const handler = life.handlers.get(method);
      if (handler === undefined) return false;
      try {
        const result = handler(args, from);
        if (isThenable(result)) {
          PromiseResolve(result).then(
            (value) => sendReply(method, token, value),
            (error: unknown) => crashed(`its handler of ${method}`, error),
          );
        } else sendReply(method, token, result);
      } catch (error) {
        crashed(`its handler of ${method}`, error);
      }
      return true;
    },

    settle(callId, value) {
      const pending = life.calls.get(callId);
      life.calls.delete(callId);
      pending?.resolve(value);
    },

    timeOut(callId) {
      const pending = life.calls.get(callId);
      if (pending === undefined) return;
      life.calls.delete(callId);
      pending.reject(timeoutOf(pending.peer, pending.method));
    },

    workDone(operation) {
      const resolve = life.work.get(operation);
      life.work.delete(operation);
      resolve?.();
    },

    diskDone(operation, error, data) {
      const pending = life.diskOperations.get(operation);
      life.diskOperations.delete(operation);
      if (error === '') pending?.resolve(data);
      else
        pending?.reject(
          new DiskError(error as DiskErrorCode, pending.file, diskMessage(error, pending.file)),
        );
    },

    invoke(method, argsJson) {
      try {
        const result = (life.node[method] as (...args: unknown[]) => unknown).apply(
          life.node,
          JSON.parse(argsJson),
        );
        if (isThenable(result)) {
          PromiseResolve(result).then(undefined, (error: unknown) => crashed(`${method}()`, error));
          return undefined;
        }
        const plain = copy(result);
        if (meter[0] === -1) {
          const why =
            whyNotPlain(result, `what ${method}() returns`) ?? 'it returns something unreadable';
          host.failed('contract', `${method}()`, why, '');
        }
        return plain;
      } catch (error) {
        crashed(`${method}()`, error);
        return undefined;
      }
    },

    request(method, argsJson, token) {
      try {
        const result = (life.node[method] as (...args: unknown[]) => unknown).apply(
          life.node,
          JSON.parse(argsJson),
        );
        PromiseResolve(result).then(
          (value) => {
            const plain = copy(value);
            if (meter[0] === -1) {
              host.failed(
                'contract',
                `${method}()`,
                whyNotPlain(value, 'its result') ?? 'unreadable',
                '',
              );
            } else host.answer(token, true, plain, '');
          },
          (error: unknown) => host.answer(token, false, describe(error), stackOf(error)),
        );
      } catch (error) {
        crashed(`${method}()`, error);
      }
    },

    inspect() {
      if (typeof life.node.inspect !== 'function') return undefined;
      return api.invoke('inspect', '[]');
    },
  };
  return api;
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** The members of an {@link RpcError}, defined as those of a real error are. */
class TimedOut {
  declare readonly message: string;
  declare readonly stack: string;
  readonly name = 'RpcError';
  readonly code = 'timeout';
  readonly peer: NodeId;
  readonly method: string;

  constructor(peer: NodeId, method: string) {
    const message = `no reply from ${peer} to ${method} in time; the outcome is unknown`;
    hide(this, 'message', message);
    hide(this, 'stack', `RpcError: ${message}`);
    this.peer = peer;
    this.method = method;
  }
}

function hide(target: object, name: string, value: unknown): void {
  defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
}

const { defineProperty } = Object;
const { construct } = Reflect;

/**
 * What a call that timed out rejects with. Not `new RpcError`: for its stack, V8 would visit every frame
 * down to the grader's first, which takes several times as long as the rest of the event and yields no
 * line of the submission.
 */
function timeoutOf(peer: NodeId, method: string): RpcError {
  return construct(TimedOut, [peer, method], RpcError) as RpcError;
}

function diskMessage(error: string, file: string): string {
  if (error === 'ENOSPC') return `ENOSPC: no space left on the disk for ${file}`;
  if (error === 'ENOENT') return `ENOENT: there is no file ${file}`;
  return `${error}: the disk failed on ${file}; what was not yet durable may be lost`;
}

const GIVEN = Object.freeze({ RpcError, DiskError, sleep });

function requireGiven(name: string): unknown {
  if (name === 'faultlab/node') return GIVEN;
  throw new Error(
    `cannot import ${JSON.stringify(name)}: a node has only its own files and faultlab/node`,
  );
}

/** Host errors (a stack exhausted in host code, say) must not reach the submission. */
function wrapHost(raw: HostFunctions): HostFunctions {
  const wrapped: Record<string, unknown> = {};
  for (const [name, fn] of Object.entries(raw) as [string, (...args: unknown[]) => unknown][]) {
    wrapped[name] = (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) => {
      try {
        return fn(a, b, c, d, e);
      } catch {
        throw new Error(`the simulator could not do ${name} (is the call stack exhausted?)`);
      }
    };
  }
  return wrapped as unknown as HostFunctions;
}
