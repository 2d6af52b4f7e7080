/**
 * Sequential consistency (Lamport, 1979): is there one order of all operations in which each client's
 * own operations stay in their order, whatever the clock said? It is weaker than linearizability, and
 * harder to decide: keys cannot be checked one by one, and nothing but the clients' orders bounds the
 * search. It is exponential only in the number of clients, and gives up after a number of steps.
 */
import type { History, Operation } from './history.ts';
import type { Model } from './models.ts';

const STEPS_MAX = 500_000;

export type Sequential<Input, Output> =
  | { readonly verdict: 'ok'; readonly order: History<Input, Output> }
  | { readonly verdict: 'illegal' | 'undecided'; readonly steps: number };

export function checkSequential<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  { stepsMax = STEPS_MAX }: { readonly stepsMax?: number } = {},
): Sequential<Input, Output> {
  const sessions = sessionsOf(history);
  const states = new Interner<State>();
  const initial = states.idOf(model.initial);
  const tried = new Set<string>();
  const order: Operation<Input, Output>[] = [];
  const at = sessions.map(() => 0);
  const now = new Map<string, number>();
  let steps = 0;

  const isDone = () =>
    sessions.every((session, s) => session.slice(at[s]).every(({ outcome }) => outcome !== 'ok'));

  /** True: an order was found. Undefined: out of steps. */
  const search = (): boolean | undefined => {
    if (isDone()) return true;
    const config = `${at.join(',')} ${[...now].map(([key, state]) => `${key}=${state}`).sort()}`;
    if (tried.has(config)) return false;
    tried.add(config);
    for (const [s, session] of sessions.entries()) {
      const operation = session[at[s] as number];
      if (operation === undefined) continue;
      if (++steps > stepsMax) return undefined;
      const { input, output, outcome } = operation;
      const key = model.key?.(input) ?? '';
      const before = now.get(key);
      const state = states.valueOf(before ?? initial);
      const next = model.step(state, input, outcome === 'ok' ? output : undefined);
      if (next === undefined) continue;
      now.set(key, states.idOf(next));
      at[s] = (at[s] as number) + 1;
      order.push(operation);
      const found = search();
      if (found !== false) return found;
      order.pop();
      at[s] = (at[s] as number) - 1;
      if (before === undefined) now.delete(key);
      else now.set(key, before);
      // A read that is possible is placed for good: it changes nothing that others need.
      if (outcome === 'ok' && model.isRead?.(input, output)) return false;
    }
    return false;
  };
  const found = search();
  if (found) return { verdict: 'ok', order };
  return { verdict: found === undefined ? 'undecided' : 'illegal', steps };
}

/**
 * The operations of each client in their order. One without an answer may take effect at any time,
 * even after the client has gone on: it is a session of its own.
 */
function sessionsOf<Input, Output>(history: History<Input, Output>): Operation<Input, Output>[][] {
  const sessions = new Map<string, Operation<Input, Output>[]>();
  for (const [i, operation] of history.entries()) {
    if (operation.outcome === 'fail') continue;
    const name = operation.outcome === 'ok' ? operation.client : `${operation.client} ${i}`;
    const session = sessions.get(name);
    if (session) session.push(operation);
    else sessions.set(name, [operation]);
  }
  for (const session of sessions.values()) session.sort((a, b) => a.callAt - b.callAt);
  return [...sessions.values()];
}

/** States as small numbers, so that a configuration is a short string. */
class Interner<State> {
  readonly #ids = new Map<string, number>();
  readonly #values: State[] = [];

  idOf(state: State): number {
    const key = JSON.stringify(state);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#values.length;
      this.#ids.set(key, id);
      this.#values.push(state);
    }
    return id;
  }

  valueOf(id: number): State {
    return this.#values[id] as State;
  }
}
