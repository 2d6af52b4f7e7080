/**
 * The globals of a realm: virtual timers, clocks, chance and console. Whatever would let in real time,
 * real chance or shared memory is removed; then all is frozen, so that no state survives outside a node.
 */

export interface GlobalsHost {
  wallMs(): number;
  monotonicMs(): number;
  setTimer(id: number, delayMs: number): void;
  clearTimer(id: number): void;
  log(text: string): void;
  random(): number;
  guarded(doing: string, run: () => unknown): void;
}

export interface Timers {
  fire(id: number): void;
  /** A set without timers, for a new life. */
  none(): TimerSet;
  /** The timers that are set and fired from now on. */
  use(timers: TimerSet): void;
  /** Text of console and log arguments. */
  format(values: readonly unknown[]): string;
}

const DELAY_MS_MAX = 2 ** 31 - 1;
/** For one node: no sound program has more of them waiting. */
export const TIMERS_MAX = 20_000;

interface Timer {
  readonly run: () => unknown;
  readonly everyMs: number;
}

/** The timers of one life of one node. */
export interface TimerSet {
  readonly waiting: Map<number, Timer>;
  nextId: number;
}

export function installGlobals(host: GlobalsHost): Timers {
  let timers: TimerSet = noTimers();

  /** What setTimeout returns: converts to a number, and has the methods of Node's `Timeout`. */
  class Timeout {
    #id: number;
    readonly #run: () => unknown;
    readonly #delayMs: number;
    readonly #everyMs: number;
    constructor(run: () => unknown, delayMs: number, everyMs: number) {
      this.#run = run;
      this.#delayMs = delayMs;
      this.#everyMs = everyMs;
      this.#id = start(run, delayMs, everyMs);
    }
    get id(): number {
      return this.#id;
    }
    ref(): this {
      return this;
    }
    unref(): this {
      return this;
    }
    hasRef(): boolean {
      return true;
    }
    refresh(): this {
      stop(this.#id);
      this.#id = start(this.#run, this.#delayMs, this.#everyMs);
      return this;
    }
    [Symbol.toPrimitive](): number {
      return this.#id;
    }
  }

  function start(run: () => unknown, delayMs: number, everyMs: number): number {
    const id = timers.nextId++;
    timers.waiting.set(id, { run, everyMs });
    host.setTimer(id, delayMs);
    // The grader has its verdict by now; a loop that sets timers would go on until memory runs out.
    if (timers.waiting.size > TIMERS_MAX) {
      throw new RangeError(`more than ${TIMERS_MAX} timers are waiting`);
    }
    return id;
  }

  function stop(id: number): void {
    if (timers.waiting.delete(id)) host.clearTimer(id);
  }

  /** As in Node: anything that is not a number in 1 … 2^31-1 counts as 1. */
  function delayOf(delay: unknown): number {
    const ms = Number(delay);
    return ms >= 1 && ms <= DELAY_MS_MAX ? ms : 1;
  }

  function makeTimer(name: string, repeats: boolean) {
    return (callback: unknown, delay?: unknown, ...args: unknown[]): Timeout => {
      if (typeof callback !== 'function') {
        throw new TypeError(`${name}: the callback must be a function, not ${typeof callback}`);
      }
      const ms = delayOf(delay);
      const run = args.length === 0 ? () => callback() : () => callback(...args);
      return new Timeout(run, ms, repeats ? ms : 0);
    };
  }

  function clear(timer: unknown): void {
    if (timer instanceof Timeout) stop(timer.id);
    else if (typeof timer === 'number') stop(timer);
  }

  const log = (...values: unknown[]) => host.log(format(values));
  define({
    setTimeout: makeTimer('setTimeout', false),
    setInterval: makeTimer('setInterval', true),
    setImmediate: (callback: unknown, ...args: unknown[]) =>
      makeTimer('setImmediate', false)(callback, 0, ...args),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    queueMicrotask(callback: () => unknown) {
      Promise.resolve().then(() => host.guarded('a microtask', callback));
    },
    performance: Object.freeze({ now: () => host.monotonicMs() }),
    console: Object.freeze({ log, info: log, debug: log, warn: log, error: log, trace: log }),
    crypto: Object.freeze({
      randomUUID() {
        const hex = (digits: number) =>
          Math.floor(host.random() * 16 ** digits)
            .toString(16)
            .padStart(digits, '0');
        return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(8)}${hex(4)}`;
      },
      getRandomValues(array: Uint8Array) {
        for (let i = 0; i < array.length; i++) array[i] = Math.floor(host.random() * 256);
        return array;
      },
    }),
    Date: virtualDate(host),
  });
  Object.defineProperty(Math, 'random', { value: host.random, writable: false });

  return {
    fire(id) {
      const timer = timers.waiting.get(id);
      if (timer === undefined) return;
      if (timer.everyMs > 0) host.setTimer(id, timer.everyMs);
      else timers.waiting.delete(id);
      host.guarded('a timer', timer.run);
    },
    none: noTimers,
    use(own) {
      timers = own;
    },
    format,
  };
}

function noTimers(): TimerSet {
  return { waiting: new Map(), nextId: 1 };
}

function define(members: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}

/** A `Date` that reads the node's wall clock; everything else is the built-in. */
function virtualDate(host: GlobalsHost): unknown {
  const Builtin = Date;
  function VirtualDate(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new Builtin(host.wallMs()).toString();
    return Reflect.construct(
      Builtin,
      args.length === 0 ? [Math.floor(host.wallMs())] : args,
      new.target,
    );
  }
  VirtualDate.prototype = Builtin.prototype;
  VirtualDate.now = () => Math.floor(host.wallMs());
  VirtualDate.parse = Builtin.parse;
  VirtualDate.UTC = Builtin.UTC;
  Object.defineProperty(VirtualDate, 'name', { value: 'Date' });
  Builtin.prototype.constructor = VirtualDate as unknown as DateConstructor;
  return VirtualDate;
}

function format(values: readonly unknown[]): string {
  let text = '';
  for (const value of values) {
    text += `${text === '' ? '' : ' '}${formatOne(value)}`;
    if (text.length > 2000) return `${text.slice(0, 2000)} …`;
  }
  return text;
}

function formatOne(value: unknown): string {
  try {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (value instanceof Map) return `Map ${JSON.stringify([...value])}`;
    if (value instanceof Set) return `Set ${JSON.stringify([...value])}`;
    return typeof value === 'object' ? (JSON.stringify(value) ?? 'undefined') : String(value);
  } catch {
    return '(unprintable)';
  }
}

/** Real time, real chance, garbage-collector timing, shared memory, locales: none may get in. */
const REMOVED = [
  'WeakRef',
  'FinalizationRegistry',
  'SharedArrayBuffer',
  'Atomics',
  'WebAssembly',
  'Intl',
  'eval',
];

const KEPT_OF_REGEXP = new Set(['length', 'name', 'prototype', 'escape']);

export function hardenGlobals(): void {
  const globals = globalThis as Record<string, unknown>;
  for (const name of REMOVED) delete globals[name];
  for (const type of [Date, Number, BigInt, Array, String]) {
    const prototype = type.prototype as unknown as Record<string, unknown>;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (name.startsWith('toLocale')) prototype[name] = prototype.toString;
      if (name === 'localeCompare') prototype[name] = compareText;
    }
  }
  // `RegExp.$1` and the like hold the last match of any node, even across a crash.
  for (const name of Object.getOwnPropertyNames(RegExp))
    if (!KEPT_OF_REGEXP.has(name)) Reflect.deleteProperty(RegExp, name);
  Error.stackTraceLimit = 30;
  allowOverrides();
  freezeAll();
}

function compareText(this: unknown, other: unknown): number {
  const a = String(this);
  const b = String(other);
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * A frozen prototype forbids assigning to a member of the same name in an object that inherits from
 * it (`this.name = …` in a class that extends Error). Accessors that define an own member keep such
 * ordinary code working.
 */
function allowOverrides(): void {
  const errors = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];
  const holders: [object, string[]][] = [
    [Object.prototype, ['toString', 'valueOf', 'constructor', 'toLocaleString', 'hasOwnProperty']],
    [Function.prototype, ['toString', 'name']],
    [Array.prototype, ['toString']],
    ...errors.map((type): [object, string[]] => [type.prototype, ['name', 'message', 'toString']]),
  ];
  for (const [holder, names] of holders) {
    for (const name of names) {
      const { value, writable } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
      if (value === undefined || writable !== true) continue;
      Object.defineProperty(holder, name, {
        get: () => value,
        set(this: object, own: unknown) {
          Object.defineProperty(this, name, {
            value: own,
            writable: true,
            enumerable: true,
            configurable: true,
          });
        },
        enumerable: false,
        configurable: false,
      });
    }
  }
}

/** Freezes everything that can be reached from the globals. */
function freezeAll(): void {
  const seen = new Set<object>();
  const waiting: unknown[] = [
    globalThis,
    // Not reachable by name, but shared by all code in the realm.
    Object.getPrototypeOf(async () => {}),
    Object.getPrototypeOf(function* () {}),
    Object.getPrototypeOf(async function* () {}),
    Object.getPrototypeOf([][Symbol.iterator]()),
    Object.getPrototypeOf(new Map().entries()),
    Object.getPrototypeOf(new Set().values()),
    Object.getPrototypeOf(''[Symbol.iterator]()),
    Object.getPrototypeOf(/x/g[Symbol.matchAll]('x')),
    Object.getPrototypeOf(Uint8Array),
  ];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue;
    if (seen.has(value)) continue;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key);
      waiting.push(property?.value, property?.get, property?.set);
    }
    waiting.push(Object.getPrototypeOf(value));
    if (ArrayBuffer.isView(value)) continue;
    Object.freeze(value);
  }
}
