/**
 * Checks histories of transactions against the isolation levels of `levels.ts`. One pass finds every
 * level that is ruled out, and which of the others hold for certain and which are undecided.
 */
import { columnsOf, MalformedHistory, type TransactionHistory } from './columns.ts';
import { keepsSnapshots, withListsOrdered, withRegistersOrdered } from './completion.ts';
import { findCycles } from './cycles.ts';
import { type Anomaly, type Dependencies, type Finding, Findings, type Name } from './findings.ts';
import { Edges, graphOf, REALTIME, SESSION } from './graph.ts';
import {
  forbidden,
  included,
  LEVELS,
  type Level,
  ORDERS,
  type Order,
  strongest,
  suffixed,
  weakest,
  weakestForbidding,
} from './levels.ts';
import { type ListDependencies, listDependencies } from './list-append.ts';
import { addClientOrder } from './order.ts';
import { registerDependencies } from './rw-register.ts';
import { hasSerialOrder } from './serial.ts';

export { LEVELS, type Level, MalformedHistory, type TransactionHistory };

export interface TransactionOptions {
  /** The level that the system claims. Default: strict-serializable. */
  readonly level?: Level;
  /** Edges to visit in search of short cycles to tell; no verdict depends on it. Default: 5,000,000. */
  readonly stepsMax?: number;
}

/**
 * - `ok`: there is an order of the transactions that `level` allows.
 * - `violated`: there is none; `anomalies` prove it.
 * - `undecided`: nothing was found against it, but not all that matters was observed; never a pass.
 */
export type TransactionVerdict = 'ok' | 'violated' | 'undecided';

export interface TransactionResult {
  readonly verdict: TransactionVerdict;
  readonly level: Level;
  /** Transactions that took effect. */
  readonly transactions: number;
  /** The weakest levels ruled out. */
  readonly ruledOut: readonly Level[];
  /** The strongest levels that hold for certain. */
  readonly holds: readonly Level[];
  /** Levels that are neither, weakest first, and why. */
  readonly undecided: { readonly levels: readonly Level[]; readonly why: string };
  /** Worst first: those that rule out the weakest levels. */
  readonly anomalies: readonly Anomaly[];
  readonly history: TransactionHistory;
}

const STEPS_MAX = 5_000_000;

/**
 * Transactions of `['append', key, value]` and `['r', key, list]`, each value appended to a key once.
 * Linear in the history, real time included. Exact for every level when at most one append to each
 * key was never read; otherwise snapshot isolation may be undecided.
 *
 * @throws MalformedHistory naming the line
 */
export function checkListAppend(
  history: TransactionHistory,
  options: TransactionOptions = {},
): TransactionResult {
  const columns = columnsOf(history, 'append');
  const findings = new Findings();
  const edges = new Edges(columns.count);
  const lists = listDependencies(columns, edges, findings);
  addClientOrder(edges, history, lists.counts);
  search({ history, edges, dependencies: lists, findings, options });
  const certain = (level: Level) => isCertain(level, lists, edges, findings);
  const why = `the order of appends that no read shows, such as those to ${[
    ...lists.unordered.keys(),
  ]
    .slice(0, 3)
    .map((k) => JSON.stringify(columns.keys[k]))
    .join(', ')}, is unknown; read every key once more at the end`;
  return resultOf({ history, dependencies: lists, findings, options, certain, why });
}

interface Checking {
  readonly history: TransactionHistory;
  readonly dependencies: Dependencies;
  readonly findings: Findings;
  readonly options: TransactionOptions;
}

/**
 * Transactions of `['w', key, value]` and `['r', key, value]`, each value written to a key once; null
 * is the value before any write. Exact for every level, and linear, real time included, when each
 * transaction reads a key before it writes it. Blind writes leave the order of versions open: a
 * bounded search may settle it; what it does not settle is undecided.
 *
 * @throws MalformedHistory naming the line
 */
export function checkRwRegister(
  history: TransactionHistory,
  options: TransactionOptions = {},
): TransactionResult {
  const columns = columnsOf(history, 'w');
  const findings = new Findings();
  const edges = new Edges(columns.count);
  const registers = registerDependencies(columns, edges, findings);
  addClientOrder(edges, history, registers.counts);
  search({ history, edges, dependencies: registers, findings, options });
  const serial = new Map<Order, boolean>();
  if (registers.trees.size > 0)
    for (const order of ORDERS) {
      if (isRuledOut(SERIAL[order], findings)) break;
      const explained = hasSerialOrder(columns, registers.counts, order);
      if (explained === 'no') findings.add(noOrder(order, history.length));
      serial.set(order, explained === 'yes');
    }
  const certain = (level: Level): boolean => {
    if (registers.trees.size === 0 || included('read-committed').includes(level)) return true;
    if (ORDERS.some((o) => serial.get(o) && included(SERIAL[o]).includes(level))) return true;
    if (level === 'repeatable-read' || level === SERIAL[orderOf(level)]) return false;
    const order = orderOf(level);
    return keepsSnapshots(withRegistersOrdered(columns, registers, edges, order), order);
  };
  const open = [...registers.trees.keys()].slice(0, 3).map((k) => JSON.stringify(columns.keys[k]));
  const why =
    `the order of blind writes, such as those to ${open.join(', ')}, is unknown; ` +
    'let each transaction read a key before it writes it';
  return resultOf({ history, dependencies: registers, findings, options, certain, why });
}

function noOrder(order: Order, count: number): Finding {
  const kept = {
    none: '',
    session: ' that keep the order of each client',
    realtime: ' that keep the order of real time',
  } as const;
  return {
    name: suffixed('no-order', order),
    transactions: [],
    argument: () => [
      `All orders of the ${count} transactions${kept[order]} were tried; none explains every read.`,
    ],
  };
}

function search({ history, edges, dependencies, findings, options }: Checking & { edges: Edges }) {
  const explain = (from: number, to: number, kind: number, name: Name): string => {
    if (kind === SESSION) return `client ${history[from]!.client} ran ${name(to)} after it`;
    if (kind === REALTIME)
      return `it returned at ${history[from]!.returnAt}, before ${name(to)} was called at ${history[to]!.callAt}`;
    return dependencies.explain(from, to, kind, name);
  };
  findCycles({
    graph: graphOf(edges),
    transactions: history.length,
    dependencies,
    findings,
    stepsMax: options.stepsMax ?? STEPS_MAX,
    explain,
  });
}

/**
 * Whether `level`, against which nothing was found, also holds in some order of the unread appends.
 * Without cycles any topological order of all edges will do. Read atomic and below forbid no cycles
 * with rw edges, so a topological order of the other edges will do. For the rest one order is tried.
 */
function isCertain(level: Level, lists: ListDependencies, edges: Edges, findings: Findings) {
  if (lists.unordered.size === 0 || included('read-atomic').includes(level)) return true;
  const order = orderOf(level);
  if (!isRuledOut(SERIAL[order], findings)) return true;
  return (
    level !== 'repeatable-read' && keepsSnapshots(withListsOrdered(lists, edges, order), order)
  );
}

const SERIAL = {
  none: 'serializable',
  session: 'strong-session-serializable',
  realtime: 'strict-serializable',
} as const;

function orderOf(level: Level): Order {
  if (forbidden(level).includes('G0-realtime')) return 'realtime';
  return forbidden(level).includes('G0-process') ? 'session' : 'none';
}

function isRuledOut(level: Level, findings: Findings): boolean {
  return forbidden(level).some((name) => findings.has(name));
}

function resultOf({
  history,
  dependencies,
  findings,
  options,
  certain,
  why,
}: Checking & { certain: (level: Level) => boolean; why: string }): TransactionResult {
  const level = options.level ?? 'strict-serializable';
  const out = LEVELS.filter((l) => isRuledOut(l, findings));
  const open = LEVELS.filter((l) => !out.includes(l));
  const sure = open.filter(certain);
  const verdict = out.includes(level) ? 'violated' : sure.includes(level) ? 'ok' : 'undecided';
  const rank = ({ name }: Anomaly) =>
    Math.min(...weakestForbidding(name).map((l) => LEVELS.indexOf(l)));
  return {
    verdict,
    level,
    transactions: dependencies.counts.reduce((sum, one) => sum + one, 0),
    ruledOut: weakest(out),
    holds: strongest(sure),
    undecided: { levels: open.filter((l) => !sure.includes(l)), why },
    anomalies: findings.all().toSorted((a, b) => rank(a) - rank(b)),
    history,
  };
}
