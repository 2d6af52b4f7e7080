/** A run as the viewer knows it: the events of the page, with all that follows from them. */
import type { PageData, PageEvent } from '../data.ts';

/** What a node's `inspect` returned: field → value. */
export type State = Readonly<Record<string, unknown>>;

/** One field of `inspect` at some event; `was` is its old value, when that event changed it. */
export interface Field {
  readonly name: string;
  readonly value: unknown;
  readonly was?: unknown;
  readonly isNew: boolean;
}

export class Run {
  readonly data: PageData;
  readonly events: readonly PageEvent[];
  /** In full, by index. */
  readonly texts: readonly string[];
  /** Indices of the events that carry the same message or the same operation. */
  readonly #messages = new Map<number, number[]>();
  readonly #operations = new Map<number, number[]>();
  /** Operations of the illegal core: index of an event → is it the culprit? */
  readonly core = new Map<number, boolean>();

  constructor(data: PageData) {
    this.data = data;
    this.events = data.events;
    const states: State[] = data.nodes.map(() => ({}));
    this.texts = data.events.map((event, i) => {
      const { m, op, n, k, set } = event;
      if (m !== undefined) gather(this.#messages, m, i);
      if (op !== undefined) gather(this.#operations, op, i);
      if (n !== undefined && BEGINS.has(k)) states[n] = {};
      if (k !== 'change' || n === undefined || set === undefined) return this.#words(event);
      const before = states[n] as State;
      states[n] = { ...before, ...set };
      return Object.entries(set)
        .map(([name, value]) => changeWords(name, before[name], value))
        .join(', ');
    });
    for (const { call, end, isCulprit } of data.finding?.core ?? [])
      for (const i of [call, end]) if (i !== undefined) this.core.set(i, isCulprit);
  }

  #words({ m, k, text }: PageEvent): string {
    const send = m === undefined || k === 'send' ? undefined : this.#messages.get(m)?.[0];
    return readable(send === undefined ? text : `${this.events[send]?.text}${text}`);
  }

  /** The other ends of a message or an operation. */
  related(i: number): readonly number[] {
    const { m, op } = this.events[i] ?? {};
    const all = m === undefined ? this.#operations.get(op ?? -1) : this.#messages.get(m);
    return (all ?? []).filter((other) => other !== i);
  }

  sendOf(i: number): number | undefined {
    const m = this.events[i]?.m;
    return m === undefined ? undefined : this.#messages.get(m)?.[0];
  }

  methodOf(i: number): string | undefined {
    return this.events[this.sendOf(i) ?? -1]?.method;
  }

  callOf(i: number): number | undefined {
    const op = this.events[i]?.op;
    return op === undefined ? undefined : this.#operations.get(op)?.[0];
  }

  /**
   * Which events can have had a part in event `i` (Lamport's happened-before): those of the same node
   * before it, those before the send of each message that arrived there, and so on. What befell the
   * whole cluster counts for every node, and has the past of the last node event before it.
   */
  pastOf(i: number): Uint8Array {
    const isPast = new Uint8Array(this.events.length);
    const reached = new Set<number>();
    const sends = new Set<number>();
    let first = i;
    while (first > 0 && this.events[first]?.n === undefined) isPast[first--] = 1;
    sends.add(first);
    for (let at = first; at >= 0; at--) {
      const { n, k } = this.events[at] as PageEvent;
      const isIn = n === undefined || reached.has(n) || sends.has(at);
      if (!isIn) continue;
      isPast[at] = 1;
      if (n === undefined) continue;
      reached.add(n);
      const send = k === 'deliver' ? this.sendOf(at) : undefined;
      if (send !== undefined) sends.add(send);
    }
    return isPast;
  }

  /** What the node said of itself after event `i`; fields that this event changed are marked. */
  stateAt(node: number, i: number): readonly Field[] {
    let before: State = {};
    let state: State = {};
    // An event's changes follow it, up to the next thing that happens on this node.
    let last = -1;
    for (let at = 0; at < this.events.length; at++) {
      const { n, k, set } = this.events[at] as PageEvent;
      if (n !== node) continue;
      if (at > i && k !== 'change') break;
      if (k !== 'change') {
        last = at;
        before = state;
        if (BEGINS.has(k)) state = {};
      }
      if (set !== undefined) state = { ...state, ...set };
      if (at > i) break;
    }
    return Object.entries(state).map(([name, value]) => {
      const was = before[name];
      const isNew = last >= 0 && was !== value && JSON.stringify(was) !== JSON.stringify(value);
      return { name, value, isNew, ...(isNew && name in before ? { was } : {}) };
    });
  }
}

/** After these, memory is empty. */
const BEGINS = new Set(['crash', 'boot', 'restart']);

function gather(map: Map<number, number[]>, key: number, i: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [i]);
  else list.push(i);
}

function changeWords(name: string, was: unknown, is: unknown): string {
  return was === undefined ? `${name} ${plain(is)}` : `${name} ${plain(was)} → ${plain(is)}`;
}

/** JSON with no more punctuation than a reader needs. */
export function readable(text: string): string {
  return text.replaceAll(/"([A-Za-z_]\w*)":/g, '$1: ').replaceAll(/,(?=["{[\w])/g, ', ');
}

function plain(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  return readable(JSON.stringify(value) ?? 'nothing');
}
