/** What the viewer knows about a run, apart from any drawing: rows, arrows, bands and states. */
import type { PageData, PageEvent } from './data.ts';

export interface Row {
  readonly event: PageEvent;
  /** Index into the events of the run. */
  readonly i: number;
}

/** A message from the row of its send to that of its delivery or loss. */
export interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly fromLane: number;
  readonly toLane: number;
  readonly fate: 'delivered' | 'late' | 'copy' | 'lost';
  /** Indices of the events. */
  readonly send: number;
  readonly end: number;
}

/** What a node is from one row to another. */
export interface Band {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  readonly kind: 'leader' | 'candidate' | 'down' | 'paused';
  readonly label: string;
}

export const GROUPS = {
  messages: ['send', 'deliver', 'drop'],
  faults: ['fault', 'crash', 'restart', 'boot', 'pause', 'resume'],
  states: ['state', 'change'],
  outputs: ['emit', 'log', 'note', 'call', 'return'],
  timers: ['timer', 'timeout'],
  disk: ['disk', 'fsync', 'write', 'read'],
} as const;
export type Group = keyof typeof GROUPS;

/** A message that takes longer is drawn as late. */
const LATE_MS = 100;

export interface Choice {
  readonly groups: ReadonlySet<Group>;
  readonly nodes: ReadonlySet<number>;
  readonly method: string;
}

export function groupOf(kind: string): Group | undefined {
  return (Object.keys(GROUPS) as Group[]).find((group) =>
    (GROUPS[group] as readonly string[]).includes(kind),
  );
}

export function rowsOf({ events }: PageData, choice: Choice): Row[] {
  const rows: Row[] = [];
  for (const [i, event] of events.entries()) {
    if (event.k === 'fail' || event.k === 'note') {
      rows.push({ event, i });
      continue;
    }
    const group = groupOf(event.k);
    if (group !== undefined && !choice.groups.has(group)) continue;
    if (event.n !== undefined && !choice.nodes.has(event.n)) continue;
    if (choice.method !== '' && event.m !== undefined && event.method !== choice.method) continue;
    rows.push({ event, i });
  }
  return rows;
}

export function arrowsOf({ events }: PageData, rows: readonly Row[]): Arrow[] {
  const rowOf = new Map(rows.map(({ i }, row) => [i, row]));
  const sends = new Map<number, number>();
  const delivered = new Set<number>();
  const arrows: Arrow[] = [];
  for (const [i, event] of events.entries()) {
    if (event.m === undefined) continue;
    if (event.k === 'send') sends.set(event.m, i);
    const send = sends.get(event.m);
    if (event.k === 'send' || send === undefined) continue;
    const [from, to] = [rowOf.get(send), rowOf.get(i)];
    const isCopy = delivered.has(event.m);
    delivered.add(event.m);
    const fromLane = events[send]?.n;
    if (from === undefined || to === undefined || fromLane === undefined || event.n === undefined)
      continue;
    const isLate = event.at - (events[send]?.at ?? 0) > LATE_MS;
    const fate =
      event.k === 'drop' ? 'lost' : isCopy ? 'copy' : isLate ? 'late' : ('delivered' as const);
    arrows.push({ from, to, fromLane, toLane: event.n, fate, send, end: i });
  }
  return arrows;
}

export function bandsOf({ events, nodes }: PageData, rows: readonly Row[]): Band[] {
  const bands: Band[] = [];
  const open = new Map<string, { kind: Band['kind']; lane: number; from: number; label: string }>();
  let row = 0;
  const close = (key: string) => {
    const band = open.get(key);
    if (band === undefined) return;
    bands.push({ ...band, to: row });
    open.delete(key);
  };
  for (const [i, { k, n, set }] of events.entries()) {
    while (row < rows.length - 1 && (rows[row]?.i ?? 0) < i) row++;
    if (n === undefined) continue;
    const begin = (kind: Band['kind'], what: string, label: string) => {
      close(`${n} ${what}`);
      open.set(`${n} ${what}`, { kind, lane: n, from: row, label });
    };
    if (k === 'crash') {
      close(`${n} role`);
      begin('down', 'life', 'down');
    } else if (k === 'boot' || k === 'restart') close(`${n} life`);
    else if (k === 'pause') begin('paused', 'pause', 'paused');
    else if (k === 'resume') close(`${n} pause`);
    if (set === undefined || !('role' in set || 'term' in set)) continue;
    const role = 'role' in set ? set.role : open.get(`${n} role`)?.kind;
    if (role === 'leader' || role === 'candidate') {
      const term = 'term' in set ? set.term : undefined;
      const known = open.get(`${n} role`)?.label.split(' ')[1];
      begin(
        role,
        'role',
        `${role}${term === undefined ? (known ? ` ${known}` : '') : ` t${term}`}`,
      );
    } else close(`${n} role`);
  }
  row = rows.length;
  for (const key of [...open.keys()]) close(key);
  void nodes;
  return bands.sort((a, b) => a.from - b.from);
}

/** What a node's `inspect` told at an event, and which fields were new there. */
export function stateAt({ events }: PageData, node: number, until: number) {
  const state: Record<string, unknown> = {};
  let fresh: readonly string[] = [];
  for (let i = 0; i <= until; i++) {
    const event = events[i];
    if (event?.n !== node) continue;
    if (event.k === 'crash') for (const field of Object.keys(state)) delete state[field];
    if (event.set === undefined) continue;
    Object.assign(state, event.set);
    fresh = i >= until - 1 ? Object.keys(event.set) : [];
  }
  return { state, fresh };
}
