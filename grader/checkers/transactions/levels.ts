/**
 * The isolation levels, weakest first, and what each forbids: what the levels that it includes
 * forbid, and anomalies of its own. Sources: Adya 1999 (Weak Consistency, the PL levels and G0…G2),
 * Bailis 2014 (Read Atomic), Daudjee and Salem 2006 (strong session SI), Cerone and Gotsman 2016.
 * Histories of reads and writes of items have no predicates: repeatable read and serializable then
 * forbid the same cycles, and differ in name only.
 */

/** Which order of the clients' calls a cycle needs: none, that of sessions, or that of real time. */
export const ORDERS = ['none', 'session', 'realtime'] as const;
export type Order = (typeof ORDERS)[number];

/** Cycles by the kinds of their edges, worst first. */
export const CYCLES = ['G0', 'G1c', 'G-single', 'G-nonadjacent', 'G2-item'] as const;
export type CycleName = (typeof CYCLES)[number];
type Suffixed<Name extends string> = Name | `${Name}-process` | `${Name}-realtime`;

/** Names as in the literature and in Elle. */
export type AnomalyName =
  | Suffixed<CycleName>
  | 'duplicate-elements'
  | Suffixed<'no-order'>
  | 'G1a'
  | 'G1b'
  | 'dirty-update'
  | 'garbage-read'
  | 'future-read'
  | 'incompatible-order'
  | 'internal'
  | 'fractured-read'
  | 'lost-update';

const SUFFIX = { none: '', session: '-process', realtime: '-realtime' } as const;
export const suffixed = <Name extends string>(name: Name, order: Order): Suffixed<Name> =>
  `${name}${SUFFIX[order]}` as Suffixed<Name>;

const SI_CYCLES = ['G0', 'G1c', 'G-single', 'G-nonadjacent'] as const;
const across = (names: readonly CycleName[], order: Order) =>
  names.map((name) => suffixed(name, order));

interface Row {
  readonly includes: readonly Level[];
  readonly forbids: readonly AnomalyName[];
}

export const LEVELS = [
  'read-uncommitted',
  'read-committed',
  'read-atomic',
  'cursor-stability',
  'snapshot-isolation',
  'repeatable-read',
  'serializable',
  'strong-session-snapshot-isolation',
  'strong-session-serializable',
  'strong-snapshot-isolation',
  'strict-serializable',
] as const;
export type Level = (typeof LEVELS)[number];

const TABLE: Readonly<Record<Level, Row>> = {
  'read-uncommitted': { includes: [], forbids: ['G0', 'duplicate-elements'] },
  'read-committed': {
    includes: ['read-uncommitted'],
    forbids: [
      'G1a',
      'G1b',
      'G1c',
      'dirty-update',
      'garbage-read',
      'future-read',
      'incompatible-order',
    ],
  },
  'read-atomic': { includes: ['read-committed'], forbids: ['internal', 'fractured-read'] },
  'cursor-stability': { includes: ['read-committed'], forbids: ['lost-update'] },
  'snapshot-isolation': {
    includes: ['read-atomic', 'cursor-stability'],
    forbids: ['G-single', 'G-nonadjacent'],
  },
  'repeatable-read': {
    includes: ['read-atomic', 'cursor-stability'],
    forbids: ['G-single', 'G-nonadjacent', 'G2-item', 'no-order'],
  },
  serializable: { includes: ['snapshot-isolation', 'repeatable-read'], forbids: [] },
  'strong-session-snapshot-isolation': {
    includes: ['snapshot-isolation'],
    forbids: across(SI_CYCLES, 'session'),
  },
  'strong-session-serializable': {
    includes: ['strong-session-snapshot-isolation', 'serializable'],
    forbids: ['G2-item-process', 'no-order-process'],
  },
  'strong-snapshot-isolation': {
    includes: ['strong-session-snapshot-isolation'],
    forbids: across(SI_CYCLES, 'realtime'),
  },
  'strict-serializable': {
    includes: ['strong-snapshot-isolation', 'strong-session-serializable'],
    forbids: ['G2-item-realtime', 'no-order-realtime'],
  },
};

/** Computed once, in this order: a level comes after all that it includes. */
const INCLUDED = new Map<Level, readonly Level[]>();
const FORBIDDEN = new Map<Level, readonly AnomalyName[]>();
for (const level of LEVELS) {
  const { includes } = TABLE[level];
  const below = LEVELS.filter((weaker) => includes.some((l) => INCLUDED.get(l)?.includes(weaker)));
  INCLUDED.set(level, [...below, level]);
  FORBIDDEN.set(
    level,
    [...below, level].flatMap((l) => TABLE[l].forbids),
  );
}

/** Every level that `level` is at least as strong as, including itself. */
export function included(level: Level): readonly Level[] {
  return INCLUDED.get(level) as readonly Level[];
}

/** Everything that `level` forbids. */
export function forbidden(level: Level): readonly AnomalyName[] {
  return FORBIDDEN.get(level) as readonly AnomalyName[];
}

/** The weakest levels that forbid `name`. */
export function weakestForbidding(name: AnomalyName): readonly Level[] {
  return weakest(LEVELS.filter((level) => forbidden(level).includes(name)));
}

/** Those that include no other among them. */
export function weakest(levels: readonly Level[]): readonly Level[] {
  return levels.filter((l) => !levels.some((other) => other !== l && included(l).includes(other)));
}

/** Those that no other among them includes. */
export function strongest(levels: readonly Level[]): readonly Level[] {
  return levels.filter((l) => !levels.some((other) => other !== l && included(other).includes(l)));
}

/** A level as it is written in a sentence. */
export function title(level: Level): string {
  return level.replaceAll('-', ' ').replace(/serializable$/, 'serializability');
}
