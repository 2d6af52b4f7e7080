/** For the checkers' tests: what random operations on each model look like. */

import type { Stream } from '../sim/prng.ts';
import * as models from './models.ts';
import type { Sampler } from './random.ts';

// biome-ignore lint/suspicious/noExplicitAny: samplers of all models in one list
type Any = Sampler<any, any, any>;

const few = (draw: Stream) => `v${draw.int(1, 3)}`;

const register: Sampler<
  number,
  models.RegisterInput<number>,
  { readonly value: number } | { readonly done: boolean }
> = {
  model: models.casRegister(0),
  input(draw) {
    const kind = draw.pick(['read', 'write', 'cas'] as const);
    if (kind === 'read') return { kind };
    if (kind === 'write') return { kind, value: draw.int(0, 2) };
    return { kind, from: draw.int(0, 2), to: draw.int(0, 2) };
  },
  answer: (state, input) =>
    input.kind === 'cas' ? { done: state === input.from } : { value: state },
  guess: (draw, input) =>
    input.kind === 'cas' ? { done: draw.chance(0.5) } : { value: draw.int(0, 2) },
};

const kv: Sampler<string, models.KvInput, models.KvOutput> = {
  model: models.kv,
  input(draw) {
    const key = draw.pick(['a', 'b']);
    const kind = draw.pick(['get', 'get', 'append', 'append', 'put'] as const);
    if (kind === 'get') return { kind, key };
    return { kind, key, value: draw.pick(['a.', 'b.', 'c.', 'd.']) };
  },
  answer: (state, input) => (input.kind === 'get' ? { value: state } : {}),
  guess: (draw, input) =>
    input.kind === 'get' ? { value: draw.pick(['', 'a.', 'b.', 'a.b.', 'b.a.']) } : {},
};

const versioned: Any = {
  model: models.versionedKv,
  input(draw) {
    if (draw.chance(0.5)) return { kind: 'get', key: 'a' };
    return { kind: 'put', key: 'a', value: few(draw), version: draw.int(0, 2) };
  },
  answer(state, input) {
    if (input.kind === 'get') {
      return state.version === 0 ? { ok: false, error: 'no-key' } : { ok: true, ...state };
    }
    if (input.version === state.version) return { ok: true, version: state.version + 1 };
    return { ok: false, error: state.version === 0 ? 'no-key' : 'version' };
  },
  guess: (draw, input) =>
    draw.chance(0.5)
      ? { ok: false, error: draw.pick(['version', 'no-key']) }
      : {
          ok: true,
          version: draw.int(1, 3),
          ...(input.kind === 'get' ? { value: few(draw) } : {}),
        },
};

const mutex: Any = {
  model: models.mutex,
  input: (draw) => ({ kind: draw.pick(['acquire', 'release']), owner: draw.pick(['c1', 'c2']) }),
  answer: () => undefined,
  guess: () => undefined,
};

const fenced: Any = {
  model: models.fencedLock,
  input: (draw) => ({ kind: draw.pick(['acquire', 'release']), owner: draw.pick(['c1', 'c2']) }),
  answer: (state) => ({ token: state.token + 1 }),
  guess: (draw) => ({ token: draw.int(1, 3) }),
};

const queue: Any = {
  model: models.queue,
  input: (draw) => (draw.chance(0.5) ? { kind: 'enqueue', value: few(draw) } : { kind: 'dequeue' }),
  answer: (state, input) => (input.kind === 'dequeue' ? { value: state[0] ?? null } : undefined),
  guess: (draw, input) =>
    input.kind === 'dequeue' ? { value: draw.pick(['v1', 'v2', 'v3', null]) } : undefined,
};

const counter: Any = {
  model: models.counter,
  input: (draw) => (draw.chance(0.5) ? { kind: 'add', by: draw.int(-1, 2) } : { kind: 'read' }),
  answer: (state, input) => (input.kind === 'read' ? { value: state } : undefined),
  guess: (draw, input) => (input.kind === 'read' ? { value: draw.int(-1, 4) } : undefined),
};

const set: Any = {
  model: models.growOnlySet,
  input: (draw) => (draw.chance(0.5) ? { kind: 'add', value: few(draw) } : { kind: 'read' }),
  answer: (state, input) => (input.kind === 'read' ? { values: [...state] } : undefined),
  guess: (draw, input) =>
    input.kind === 'read' ? { values: draw.pick([[], ['v1'], ['v2', 'v1'], ['v3']]) } : undefined,
};

const several: Any = {
  model: models.multiRegister({ x: 0, y: 0 }),
  input: (draw) =>
    Array.from({ length: draw.int(1, 2) }, () =>
      draw.chance(0.5)
        ? { kind: 'read', key: draw.pick(['x', 'y']) }
        : { kind: 'write', key: draw.pick(['x', 'y']), value: draw.int(0, 2) },
    ),
  answer(state, input) {
    let now = state;
    return input.map((part: { kind: string; key: string; value: number }) => {
      if (part.kind === 'write') now = { ...now, [part.key]: part.value };
      return part.kind === 'write' ? null : now[part.key];
    });
  },
  guess: (draw, input) => input.map(() => draw.int(0, 2)),
};

export const samplers: readonly Any[] = [
  register,
  kv,
  versioned,
  mutex,
  fenced,
  queue,
  counter,
  set,
  several,
];
