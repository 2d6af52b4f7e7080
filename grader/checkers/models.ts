/**
 * Sequential specifications: what an object may answer if operations happen one at a time. A model
 * is about ten lines; the checkers do the rest. `step` gets each operation with what its client was
 * told, and returns the state of the object afterwards, or says that this answer was impossible.
 */
import type { Operation } from './history.ts';

export interface Model<State, Input, Output> {
  readonly name: string;
  readonly initial: State;
  /**
   * The state after the operation; undefined when `output` is impossible in `state`. When the
   * outcome is unknown, `output` is undefined: any answer is possible. Pure; never changes `state`.
   */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Operations on different keys do not see each other, and are checked one key at a time. */
  key?(input: Input): string;
  /** The operation never changes the state. Makes checking fast; when in doubt, false. */
  isRead?(input: Input, output: Output | undefined): boolean;
  /**
   * Necessary conditions for the rest of a history: prepared once for its operations, then checked in
   * many states. Makes hard histories of appends easy.
   */
  lookAhead?(operations: readonly Operation<Input, Output>[]): LookAhead<State> | undefined;
  /** `get x → 3`, for messages. */
  describe(input: Input, output: Output | undefined): string;
  /** The value that the operation leaves behind, if its input says so; for explanations. */
  written?(input: Input): string | undefined;
  /** The value that a successful read saw; for explanations. */
  seen?(input: Input, output: Output | undefined): string | undefined;
}

/**
 * False when the operations that are left cannot be placed from `state`. `isPlaced(i)` tells which
 * are already placed.
 */
export type LookAhead<State> = (state: State, isPlaced: (operation: number) => boolean) => boolean;

const text = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');

// ── Registers ───────────────────────────────────────────────────────────────────────────────────

export type RegisterInput<Value> =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly value: Value }
  | { readonly kind: 'cas'; readonly from: Value; readonly to: Value };

/** Of a read: the value. Of a compare-and-set: whether it was done. */
export type RegisterOutput<Value> = Value | boolean | undefined;

/** One register with read, write, and compare-and-set. */
export function casRegister<Value>(
  initial: Value,
): Model<Value, RegisterInput<Value>, { readonly value: Value } | { readonly done: boolean }> {
  return {
    name: 'register',
    initial,
    step(state, input, output) {
      if (input.kind === 'write') return input.value;
      if (input.kind === 'read') {
        const isRight = output === undefined || ('value' in output && output.value === state);
        return isRight ? state : undefined;
      }
      const done = state === input.from;
      if (output !== undefined && (!('done' in output) || output.done !== done)) return undefined;
      return done ? input.to : state;
    },
    isRead: (input, output) =>
      input.kind === 'read' ||
      (input.kind === 'cas' && output !== undefined && 'done' in output && !output.done),
    describe(input, output) {
      if (input.kind === 'write') return `write ${text(input.value)}`;
      if (input.kind === 'read') {
        return `read → ${output && 'value' in output ? text(output.value) : '?'}`;
      }
      const came = output && 'done' in output ? (output.done ? 'done' : 'refused') : '?';
      return `change ${text(input.from)} to ${text(input.to)} → ${came}`;
    },
    written(input) {
      if (input.kind === 'read') return undefined;
      return text(input.kind === 'write' ? input.value : input.to);
    },
    seen: (input, output) =>
      input.kind === 'read' && output && 'value' in output ? text(output.value) : undefined,
  };
}

// ── Key-value stores ────────────────────────────────────────────────────────────────────────────

export type KvInput =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'append'; readonly key: string; readonly value: string }
  | { readonly kind: 'cas'; readonly key: string; readonly from: string; readonly to: string };

/** Of a get: the value, '' for a missing key. Of a cas: whether it was done. Otherwise nothing. */
export interface KvOutput {
  readonly value?: string;
  readonly done?: boolean;
}

/** Put, append, get and compare-and-set on keys; a key that was never written is ''. */
export const kv: Model<string, KvInput, KvOutput> = {
  name: 'kv',
  initial: '',
  key: (input) => input.key,
  step(state, input, output) {
    switch (input.kind) {
      case 'put':
        return input.value;
      case 'append':
        return state + input.value;
      case 'get':
        return output === undefined || output.value === state ? state : undefined;
      case 'cas': {
        const done = state === input.from;
        if (output !== undefined && output.done !== done) return undefined;
        return done ? input.to : state;
      }
    }
  },
  isRead: (input, output) =>
    input.kind === 'get' || (input.kind === 'cas' && output !== undefined && output.done === false),
  lookAhead: appendLookAhead,
  describe(input, output) {
    switch (input.kind) {
      case 'get':
        return `get ${input.key} → ${output === undefined ? '?' : JSON.stringify(output.value)}`;
      case 'cas': {
        const came = output?.done === undefined ? '?' : output.done ? 'done' : 'refused';
        return `change ${input.key} from ${input.from} to ${input.to} → ${came}`;
      }
      default:
        return `${input.kind} ${input.key} ${JSON.stringify(input.value)}`;
    }
  },
  written(input) {
    if (input.kind === 'put') return input.value;
    return input.kind === 'cas' ? input.to : undefined;
  },
  seen: (input, output) => (input.kind === 'get' ? output?.value : undefined),
};

/** The appends of one value, and how many of them the rest of a longer value needs. */
interface Needed {
  readonly operations: readonly number[];
  count: number;
}

/**
 * Every get that is left must still be possible. Either what it saw begins with the present value
 * and continues with appends that are left, or a put that is left starts it anew. A value shows what
 * was appended only if no appended value is a prefix of another; otherwise there is no look-ahead.
 */
function appendLookAhead(
  operations: readonly Operation<KvInput, KvOutput>[],
): LookAhead<string> | undefined {
  const appends = new Map<string, number[]>();
  const puts: number[] = [];
  let lengthMax = 0;
  for (const [i, { input }] of operations.entries()) {
    if (input.kind === 'cas') return undefined;
    if (input.kind === 'put') puts.push(i);
    if (input.kind !== 'append') continue;
    if (input.value === '') return undefined;
    appends.set(input.value, [...(appends.get(input.value) ?? []), i]);
    lengthMax = Math.max(lengthMax, input.value.length);
  }
  for (const value of appends.keys()) {
    for (let end = 1; end < value.length; end++) {
      if (appends.has(value.slice(0, end))) return undefined;
    }
  }
  /** The appends that make up `rest`; undefined when it is not made of appends. */
  const parse = (rest: string): Needed[] | undefined => {
    const parts = new Map<string, Needed>();
    for (let at = 0; at < rest.length; ) {
      let end = at + 1;
      while (end <= rest.length && end - at <= lengthMax && !appends.has(rest.slice(at, end)))
        end++;
      const value = rest.slice(at, end);
      const same = appends.get(value);
      if (same === undefined) return undefined;
      const part = parts.get(value);
      if (part) part.count++;
      else parts.set(value, { operations: same, count: 1 });
      at = end;
    }
    return [...parts.values()];
  };
  const gets = operations
    .map((operation, i) => ({ i, operation, value: operation.output?.value ?? '' }))
    .filter(({ operation }) => operation.input.kind === 'get' && operation.outcome === 'ok')
    .sort((a, b) => a.operation.returnAt - b.operation.returnAt)
    .map(({ i, operation, value }) => ({
      i,
      value,
      /** Puts that can start this value anew, with the appends that must follow. */
      anew: puts.flatMap((put) => {
        const { input, callAt } = operations[put] as Operation<KvInput, KvOutput>;
        if (input.kind !== 'put' || callAt > operation.returnAt) return [];
        if (!value.startsWith(input.value)) return [];
        const parts = parse(value.slice(input.value.length));
        return parts === undefined ? [] : [{ put, parts }];
      }),
      /** By state: the appends that must follow it, or undefined when it leads nowhere. */
      after: new Map<string, Needed[] | undefined>(),
    }));
  return (state, isPlaced) => {
    const isLeft = ({ operations: same, count }: Needed) => {
      let left = 0;
      for (const i of same) if (!isPlaced(i)) left++;
      return left >= count;
    };
    return gets.every(({ i, value, anew, after }) => {
      if (isPlaced(i)) return true;
      if (value.startsWith(state)) {
        if (!after.has(state)) after.set(state, parse(value.slice(state.length)));
        if (after.get(state)?.every(isLeft)) return true;
      }
      return anew.some(({ put, parts }) => !isPlaced(put) && parts.every(isLeft));
    });
  };
}

export type VersionedKvInput =
  | { readonly kind: 'get'; readonly key: string }
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: string;
      readonly version: number;
    };

export type VersionedKvOutput =
  | { readonly ok: true; readonly value?: string; readonly version: number }
  | { readonly ok: false; readonly error: string };

/** A key's value and version; version 0 is a key that was never written. */
interface Versioned {
  readonly value: string;
  readonly version: number;
}

/**
 * A put takes effect if it names the present version. Errors: `no-key` for a key that was never written,
 * `version` for another version.
 */
export const versionedKv: Model<Versioned, VersionedKvInput, VersionedKvOutput> = {
  name: 'versioned kv',
  initial: { value: '', version: 0 },
  key: (input) => input.key,
  step(state, input, output) {
    if (input.kind === 'get') {
      if (output === undefined) return state;
      if (!output.ok) return state.version === 0 && output.error === 'no-key' ? state : undefined;
      return output.version === state.version && output.value === state.value ? state : undefined;
    }
    const isDone = input.version === state.version;
    if (output !== undefined && output.ok !== isDone) return undefined;
    if (isDone) {
      if (output?.ok && output.version !== state.version + 1) return undefined;
      return { value: input.value, version: state.version + 1 };
    }
    if (output === undefined || output.ok) return state;
    return output.error === (state.version === 0 ? 'no-key' : 'version') ? state : undefined;
  },
  isRead: (input, output) => input.kind === 'get' || output?.ok === false,
  describe(input, output) {
    const came =
      output === undefined
        ? '?'
        : output.ok
          ? `${output.value === undefined ? 'ok, now' : `${output.value} at`} version ${output.version}`
          : `"${output.error}"`;
    return input.kind === 'get'
      ? `get ${input.key} → ${came}`
      : `put ${input.key}=${input.value} at version ${input.version} → ${came}`;
  },
  written: (input) => (input.kind === 'put' ? input.value : undefined),
  seen: (input, output) => (input.kind === 'get' && output?.ok ? output.value : undefined),
};

// ── Locks ───────────────────────────────────────────────────────────────────────────────────────

export interface LockInput {
  readonly kind: 'acquire' | 'release';
  /** Who; the same for all in a lock without owners. */
  readonly owner: string;
}

/** A lock: acquire is possible while it is free, release only by its owner. */
export const mutex: Model<string | null, LockInput, unknown> = {
  name: 'mutex',
  initial: null,
  step(state, { kind, owner }) {
    if (kind === 'acquire') return state === null ? owner : undefined;
    return state === owner ? null : undefined;
  },
  describe: ({ kind, owner }) => `${kind} by ${owner}`,
};

/** A lock with fencing tokens: each acquire is answered with a higher token than all before. */
export const fencedLock: Model<
  { readonly owner: string | null; readonly token: number },
  LockInput,
  { readonly token: number }
> = {
  name: 'fenced lock',
  initial: { owner: null, token: 0 },
  step(state, { kind, owner }, output) {
    if (kind === 'release') return state.owner === owner ? { ...state, owner: null } : undefined;
    if (state.owner !== null) return undefined;
    const token = output?.token ?? state.token;
    return output === undefined || token > state.token ? { owner, token } : undefined;
  },
  describe: ({ kind, owner }, output) =>
    kind === 'acquire'
      ? `acquire by ${owner} → token ${output?.token ?? '?'}`
      : `release by ${owner}`,
};

// ── Collections ─────────────────────────────────────────────────────────────────────────────────

export type QueueInput =
  | { readonly kind: 'enqueue'; readonly value: string }
  | { readonly kind: 'dequeue' };

/** A first-in-first-out queue; a dequeue of an empty one is answered with null. */
export const queue: Model<readonly string[], QueueInput, { readonly value: string | null }> = {
  name: 'queue',
  initial: [],
  step(state, input, output) {
    if (input.kind === 'enqueue') return [...state, input.value];
    const [first = null, ...rest] = state;
    return output === undefined || output.value === first ? rest : undefined;
  },
  isRead: (input, output) => input.kind === 'dequeue' && output?.value === null,
  describe: (input, output) =>
    input.kind === 'enqueue'
      ? `enqueue ${input.value}`
      : `dequeue → ${output === undefined ? '?' : (output.value ?? 'empty')}`,
};

export type CounterInput =
  | { readonly kind: 'add'; readonly by: number }
  | { readonly kind: 'read' };

/** A counter that begins at 0. */
export const counter: Model<number, CounterInput, { readonly value: number }> = {
  name: 'counter',
  initial: 0,
  step(state, input, output) {
    if (input.kind === 'add') return state + input.by;
    return output === undefined || output.value === state ? state : undefined;
  },
  isRead: (input) => input.kind === 'read',
  describe: (input, output) =>
    input.kind === 'add' ? `add ${input.by}` : `read → ${output?.value ?? '?'}`,
};

export type SetInput = { readonly kind: 'add'; readonly value: string } | { readonly kind: 'read' };

/** A set that only grows; a read is answered with its elements, in any order. */
export const growOnlySet: Model<
  readonly string[],
  SetInput,
  { readonly values: readonly string[] }
> = {
  name: 'set',
  initial: [],
  step(state, input, output) {
    if (input.kind === 'add') {
      return state.includes(input.value) ? state : [...state, input.value].sort();
    }
    if (output === undefined) return state;
    const isSame =
      output.values.length === state.length && output.values.every((v) => state.includes(v));
    return isSame ? state : undefined;
  },
  isRead: (input) => input.kind === 'read',
  describe: (input, output) =>
    input.kind === 'add' ? `add ${input.value}` : `read → {${output?.values.join(', ') ?? '?'}}`,
};

/** Several registers, read and written together: an operation is a list of reads and writes. */
export type MultiRegisterInput = readonly (
  | { readonly kind: 'read'; readonly key: string }
  | { readonly kind: 'write'; readonly key: string; readonly value: unknown }
)[];

export function multiRegister(
  initial: Readonly<Record<string, unknown>>,
): Model<Readonly<Record<string, unknown>>, MultiRegisterInput, readonly unknown[]> {
  return {
    name: 'multi-register',
    initial,
    step(state, input, output) {
      let now = state;
      for (const [i, part] of input.entries()) {
        if (part.kind === 'write') now = { ...now, [part.key]: part.value };
        else if (output !== undefined && output[i] !== now[part.key]) return undefined;
      }
      return now;
    },
    isRead: (input) => input.every((part) => part.kind === 'read'),
    describe: (input, output) =>
      input
        .map((part, i) =>
          part.kind === 'read'
            ? `read ${part.key} → ${text(output?.[i])}`
            : `write ${part.key}=${text(part.value)}`,
        )
        .join(', '),
  };
}
