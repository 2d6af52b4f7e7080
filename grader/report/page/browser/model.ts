/** What is drawn of a run, before any drawing: rows, arrows, bands, and the calls of clients. */
import type { PageData, PageEvent } from '../data.ts';
import type { Run } from './run.ts';

export const GROUPS = {
  messages: ['send', 'deliver', 'drop', 'timeout'],
  clients: ['call', 'return'],
  faults: ['fault', 'crash', 'restart', 'boot', 'pause', 'resume'],
  states: ['state', 'change'],
  outputs: ['emit', 'log'],
  timers: ['timer'],
  disk: ['disk'],
} as const;
export type Group = keyof typeof GROUPS;

const GROUP_OF = new Map<string, Group>(
  (Object.keys(GROUPS) as Group[]).flatMap((group) => GROUPS[group].map((kind) => [kind, group])),
);

export interface Choice {
  readonly groups: ReadonlySet<Group>;
  readonly nodes: ReadonlySet<number>;
  /** '' for all. */
  readonly method: string;
  /** Only these events, when there is a search that hides the rest. */
  readonly only?: ReadonlySet<number>;
}

/** The rows of a view: each shows one event. */
export class Rows {
  /** Index of the event, by row. */
  readonly events: readonly number[];
  /** The first row that shows this event or a later one, by event. */
  readonly #rowOf: Int32Array;

  constructor(run: Run, choice: Choice) {
    this.events = run.events.flatMap((event, i) => (isShown(run, choice, event, i) ? [i] : []));
    this.#rowOf = new Int32Array(run.events.length + 1);
    let row = 0;
    for (let i = 0; i <= run.events.length; i++) {
      this.#rowOf[i] = row;
      if (this.events[row] === i) row++;
    }
  }

  get length(): number {
    return this.events.length;
  }

  /** The row at or after an event. */
  at(event: number): number {
    return this.#rowOf[Math.min(event, this.#rowOf.length - 1)] as number;
  }

  has(event: number): boolean {
    return this.events[this.at(event)] === event;
  }
}

function isShown(run: Run, choice: Choice, { k, n, m }: PageEvent, i: number): boolean {
  if (k === 'fail') return true;
  if (choice.only !== undefined && !choice.only.has(i)) return false;
  const group = GROUP_OF.get(k);
  if (group !== undefined && !choice.groups.has(group)) return false;
  if (n !== undefined && !choice.nodes.has(n)) return false;
  return choice.method === '' || m === undefined || run.methodOf(i) === choice.method;
}

export type Fate = 'delivered' | 'late' | 'copy' | 'lost';

/** A message from the row of its send to that of its delivery or loss. */
export interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly fromLane: number;
  readonly toLane: number;
  readonly fate: Fate;
  readonly isReply: boolean;
  /** Indices of the events. */
  readonly send: number;
  readonly end: number;
}

/** A message that takes longer is drawn as late. */
export const LATE_MS = 100;

export function arrowsOf(run: Run, rows: Rows): Arrow[] {
  const delivered = new Set<number>();
  const arrows: Arrow[] = [];
  for (const [i, { m, k, n, at }] of run.events.entries()) {
    const send = run.sendOf(i);
    if (m === undefined || k === 'send' || send === undefined) continue;
    const isCopy = delivered.has(m);
    delivered.add(m);
    const { n: fromLane, at: sentAt = 0, text = '' } = run.events[send] ?? {};
    if (!rows.has(send) || !rows.has(i) || fromLane === undefined || n === undefined) continue;
    const fate =
      k === 'drop' ? 'lost' : isCopy ? 'copy' : at - sentAt > LATE_MS ? 'late' : 'delivered';
    const isReply = /^\S+ → \S+ \S+ reply/.test(text);
    const [from, to] = [rows.at(send), rows.at(i)];
    arrows.push({ from, to, fromLane, toLane: n, fate, isReply, send, end: i });
  }
  return arrows;
}

/** What a node is, or what is done to it, from one row to another. */
export interface Band {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  readonly kind: 'leader' | 'candidate' | 'down' | 'paused' | 'cut' | 'side' | 'clock' | 'term';
  readonly label: string;
  /** Of a role, or of `term` alone. */
  readonly term?: number;
}

const LEADERS = new Set(['leader', 'primary', 'master', 'coordinator']);

export function bandsOf({ events, data: { nodes } }: Run, rows: Rows): Band[] {
  const bands: Band[] = [];
  const open = new Map<string, Omit<Band, 'to'>>();
  let row = 0;
  const close = (slot: string) => {
    const band = open.get(slot);
    if (band !== undefined && (row > band.from || row === rows.length))
      bands.push({ ...band, to: row });
    open.delete(slot);
  };
  /** One band a lane in each slot; the same one again goes on. */
  const set = (slot: string, lane: number, band?: Pick<Band, 'kind' | 'label' | 'term'>) => {
    const key = `${lane} ${slot}`;
    const now = open.get(key);
    const isSame = now?.kind === band?.kind && now?.label === band?.label;
    if (isSame && now?.term === band?.term) return;
    close(key);
    if (band !== undefined) open.set(key, { lane, from: row, ...band });
  };
  const states: Record<string, unknown>[] = nodes.map(() => ({}));
  const clocks = nodes.map(() => ({ rate: 1, jumpMs: 0 }));
  for (const [i, { k, n, set: changed, cuts, clock }] of events.entries()) {
    row = rows.at(i);
    if (cuts !== undefined)
      for (const lane of nodes.keys()) set('cut', lane, cutBand(nodes, lane, cuts));
    if (clock !== undefined) {
      const lane = nodes.indexOf(clock.node);
      const now = clocks[lane];
      if (now === undefined) continue;
      now.rate = clock.rate ?? now.rate;
      now.jumpMs += clock.jumpMs ?? 0;
      set('clock', lane, clockBand(now));
    }
    if (n === undefined) continue;
    if (k === 'crash') {
      set('life', n, { kind: 'down', label: 'down' });
      set('pause', n);
      states[n] = {};
    } else if (k === 'boot' || k === 'restart') set('life', n);
    else if (k === 'pause') set('pause', n, { kind: 'paused', label: 'paused' });
    else if (k === 'resume') set('pause', n);
    if (changed !== undefined) Object.assign(states[n] as object, changed);
    if (changed === undefined && k !== 'crash') continue;
    const { role, term, epoch } = states[n] as { role?: unknown; term?: number; epoch?: number };
    const number = term ?? epoch;
    const age = number === undefined ? {} : { term: number };
    set('term', n, number === undefined ? undefined : { kind: 'term', label: '', ...age });
    const name = `${role}${number === undefined ? '' : ` ${term === undefined ? 'e' : 't'}${number}`}`;
    const isLeader = typeof role === 'string' && LEADERS.has(role);
    const kind = isLeader ? 'leader' : role === 'candidate' ? 'candidate' : undefined;
    set('role', n, kind && { kind, label: name, ...age });
  }
  row = rows.length;
  for (const key of [...open.keys()]) close(key);
  return bands.sort((a, b) => a.from - b.from);
}

/** Whom a node hears and reaches, unless that is everybody. */
function cutBand(
  nodes: readonly string[],
  lane: number,
  cuts: readonly string[],
): Pick<Band, 'kind' | 'label'> | undefined {
  const me = nodes[lane];
  const others = nodes.filter((node) => node !== me);
  const isCut = (from: string | undefined, to: string | undefined) =>
    cuts.includes(`${from}>${to}`);
  const whole = others.filter((node) => !isCut(me, node) && !isCut(node, me));
  if (whole.length === others.length) return undefined;
  const oneWay = others.filter((node) => isCut(me, node) !== isCut(node, me));
  if (oneWay.length > 0) {
    const words = oneWay.map((node) => (isCut(me, node) ? `↛${node}` : `↚${node}`));
    return { kind: 'cut', label: words.join(' ') };
  }
  if (whole.length === 0) return { kind: 'cut', label: 'cut off' };
  const isServer = (node: string) => !node.startsWith('c');
  const servers = whole.filter(isServer);
  // The larger side carries on; it is the smaller one that is cut off.
  const isLarger = 2 * (servers.length + 1) > nodes.filter(isServer).length;
  const label = `with ${(servers.length > 0 ? servers : whole).join(' ')}`;
  return { kind: isLarger ? 'side' : 'cut', label };
}

function clockBand({ rate, jumpMs }: { rate: number; jumpMs: number }) {
  if (rate === 1 && jumpMs === 0) return undefined;
  const parts = [rate === 1 ? '' : `×${rate}`, jumpMs === 0 ? '' : signed(jumpMs)];
  return { kind: 'clock', label: parts.filter(Boolean).join(' ') } as const;
}

const signed = (ms: number) => `${ms > 0 ? '+' : '−'}${Math.abs(ms)} ms`;

/** What a client asked, from its call to its return; without a return it stays open to the end. */
export interface Operation {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  readonly isOpen: boolean;
  /** 0, or more when others in the same lane are open at the same time. */
  readonly slot: number;
  readonly part: 'core' | 'culprit' | 'none';
  readonly call: number;
}

export function operationsOf(run: Run, rows: Rows): Operation[] {
  const operations: Operation[] = [];
  const open = new Map<number, number>();
  const slots = new Map<number, number>();
  const finish = (call: number, end: number | undefined) => {
    const slot = slots.get(call) ?? 0;
    const lane = run.events[call]?.n as number;
    const isCulprit = run.core.get(call);
    const part = isCulprit === undefined ? 'none' : isCulprit ? 'culprit' : 'core';
    const from = rows.at(call);
    const to = end === undefined ? rows.length - 1 : rows.at(end);
    if (rows.has(call))
      operations.push({ lane, from, to, isOpen: end === undefined, slot, part, call });
  };
  for (const [i, { k, n, op }] of run.events.entries()) {
    if (n === undefined) continue;
    if (k === 'call' && op !== undefined) {
      const others = [...open.values()].filter((call) => run.events[call]?.n === n);
      const taken = new Set(others.map((call) => slots.get(call)));
      const free = [0, 1, 2, 3].find((slot) => !taken.has(slot)) ?? 3;
      slots.set(i, free);
      open.set(op, i);
    }
    if (k !== 'return' || op === undefined) continue;
    const call = open.get(op);
    open.delete(op);
    if (call !== undefined) finish(call, i);
  }
  for (const call of open.values()) finish(call, undefined);
  return operations.sort((a, b) => a.from - b.from);
}

/** The kinds of messages of a run, the most frequent first. */
export function methodsOf({ events }: PageData): string[] {
  const counts = new Map<string, number>();
  for (const { method } of events) if (method) counts.set(method, (counts.get(method) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([method]) => method);
}
