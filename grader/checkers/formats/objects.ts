/**
 * From recorded operations to those of a model: what `:f :cas :value [1 2]` means, and what a `:fail`
 * says. In most logs a failed operation did not happen; a failed compare-and-set in the etcd logs is
 * an observation: the register held something else.
 */
import type { Operation } from '../history.ts';
import {
  casRegister,
  type KvInput,
  type KvOutput,
  kv,
  type LockInput,
  type Model,
  type MultiRegisterInput,
  multiRegister,
  mutex,
  type RegisterInput,
} from '../models.ts';
import { HistoryError, type RawOperation } from './events.ts';

/** A model, and how recorded operations are read as operations of it. */
export interface ObjectKind<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  /** Undefined for an operation that says nothing. @throws {HistoryError} */
  read(raw: RawOperation): Operation<Input, Output> | undefined;
}

function unknownKind(raw: RawOperation, known: readonly string[]): never {
  throw new HistoryError(raw.line, `the operation is "${raw.f}"; expected ${known.join(', ')}`);
}

function frame(raw: RawOperation) {
  const { client, outcome, callAt, returnAt, line } = raw;
  return { client, outcome, callAt, returnAt, line };
}

function pairOf(raw: RawOperation): [unknown, unknown] {
  if (Array.isArray(raw.asked) && raw.asked.length === 2) return [raw.asked[0], raw.asked[1]];
  const shown = JSON.stringify(raw.asked);
  throw new HistoryError(raw.line, `the value of a cas is ${shown}; expected [from, to]`);
}

type RegisterOutput = { readonly value: unknown } | { readonly done: boolean };

/** Read, write and cas on one register. `failedCasSeen`: a failed cas saw another value. */
export function registerKind({
  initial,
  failedCasSeen,
}: {
  readonly initial: unknown;
  readonly failedCasSeen: boolean;
}): ObjectKind<unknown, RegisterInput<unknown>, RegisterOutput> {
  return {
    model: casRegister<unknown>(initial),
    read(raw) {
      const base = frame(raw);
      if (raw.f === 'read') {
        if (raw.outcome !== 'ok') return undefined;
        return { ...base, input: { kind: 'read' }, output: { value: raw.answered } };
      }
      if (raw.f === 'write') {
        return { ...base, input: { kind: 'write', value: raw.asked }, output: { done: true } };
      }
      if (raw.f !== 'cas') return unknownKind(raw, ['read', 'write', 'cas']);
      const [from, to] = pairOf(raw);
      const input = { kind: 'cas', from, to } as const;
      if (raw.outcome === 'fail' && failedCasSeen) {
        return { ...base, outcome: 'ok', input, output: { done: false } };
      }
      return { ...base, input, output: { done: true } };
    },
  };
}

/** Get, put, append and cas on keys. */
export const kvKind: ObjectKind<string, KvInput, KvOutput> = {
  model: kv,
  read(raw) {
    const base = frame(raw);
    const key = raw.key ?? '';
    if (raw.f === 'get') {
      if (raw.outcome !== 'ok') return undefined;
      return {
        ...base,
        input: { kind: 'get', key },
        output: { value: String(raw.answered ?? '') },
      };
    }
    if (raw.f === 'put' || raw.f === 'append') {
      return { ...base, input: { kind: raw.f, key, value: String(raw.asked ?? '') }, output: {} };
    }
    if (raw.f !== 'cas') return unknownKind(raw, ['get', 'put', 'append', 'cas']);
    const [from, to] = pairOf(raw).map(String) as [string, string];
    return { ...base, input: { kind: 'cas', key, from, to }, output: { done: true } };
  },
};

/** Acquire and release of one lock without owners. */
export const mutexKind: ObjectKind<string | null, LockInput, unknown> = {
  model: mutex,
  read(raw) {
    if (raw.f !== 'acquire' && raw.f !== 'release') return unknownKind(raw, ['acquire', 'release']);
    return { ...frame(raw), input: { kind: raw.f, owner: 'somebody' } };
  },
};

/** Transactions `[[:read :x 1] [:write :y 2]]` on registers that begin at `initial`. */
export function multiRegisterKind(
  initial: Readonly<Record<string, unknown>>,
): ObjectKind<Readonly<Record<string, unknown>>, MultiRegisterInput, readonly unknown[]> {
  return {
    model: multiRegister(initial),
    read(raw) {
      const parts = (raw.outcome === 'ok' ? raw.answered : raw.asked) as [
        string,
        string,
        unknown,
      ][];
      return {
        ...frame(raw),
        input: parts.map(([kind, key, value]) =>
          kind === 'read' ? { kind, key } : { kind: 'write', key, value },
        ),
        output: parts.map(([kind, , value]) => (kind === 'read' ? value : null)),
      };
    },
  };
}

/** The operations of a recorded history. @throws {HistoryError} */
export function readOperations<State, Input, Output>(
  kind: ObjectKind<State, Input, Output>,
  raw: readonly RawOperation[],
): Operation<Input, Output>[] {
  return raw.flatMap((operation) => kind.read(operation) ?? []);
}
