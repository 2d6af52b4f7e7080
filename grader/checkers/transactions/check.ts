/**
 * Checks histories of transactions against the isolation levels of `levels.ts`. One pass finds every
 * level that is ruled out, and says of the others which hold for certain and which are undecided.
 */
import { columnsOf, MalformedHistory, type TransactionHistory } from './columns.ts';
import { CLIENT_EDGES, DATA, findCycles } from './cycles.ts';
import { type Anomaly, type Dependencies, Findings, type Name } from './findings.ts';
import { components, Edges, graphOf, REALTIME, SESSION, WW, withoutAdjacentRw } from './graph.ts';
import {
  forbidden,
  included,
  LEVELS,
  type Level,
  type Order,
  strongest,
  weakest,
  weakestForbidding,
} from './levels.ts';
import { type ListDependencies, listDependencies } from './list-append.ts';
import { addClientOrder } from './order.ts';

export { LEVELS, type Level, MalformedHistory, type TransactionHistory };

export interface TransactionOptions {
  /** The level that the system claims. Default: strict-serializable. */
  readonly level?: Level;
  /** Edges to look at in search of short cycles to tell; no verdict hangs on it. Default: 5,000,000. */
  readonly stepsMax?: number;
}

/**
 * - `ok`: there is an order of the transactions that `level` allows.
 * - `violated`: there is none; `anomalies` prove it.
 * - `undecided`: nothing was found against it, but not all that matters was seen; never a pass.
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
 * Linear in the history, real time included. Exact for every level when each key but one append at
 * most was read in the end; otherwise snapshot isolation may be undecided.
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
 * Whether `level`, against which nothing was found, holds in an order of the unread appends, too.
 * Without cycles any topological order of all edges will do. Read atomic and below forbid no rw
 * edges, so a topological order of the others does. For the rest one order is tried.
 */
function isCertain(level: Level, lists: ListDependencies, edges: Edges, findings: Findings) {
  if (lists.unordered.size === 0 || included('read-atomic').includes(level)) return true;
  const order = orderOf(level);
  if (!isRuledOut(SERIAL[order], findings)) return true;
  return level !== 'repeatable-read' && holdsInOneOrder(lists, edges, order);
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

/** Orders unread appends as the other edges suggest, and looks whether snapshot isolation holds. */
function holdsInOneOrder(lists: ListDependencies, edges: Edges, order: Order): boolean {
  const mask = DATA | CLIENT_EDGES[order];
  const { of } = components(withoutAdjacentRw(graphOf(edges), mask), mask);
  const more = edges.copy();
  for (const writers of lists.unordered.values()) {
    const ordered = writers.toSorted((a, b) => of[2 * b]! - of[2 * a]!);
    for (let i = 1; i < ordered.length; i++) more.add(ordered[i - 1]!, ordered[i]!, WW);
  }
  return components(withoutAdjacentRw(graphOf(more), mask), mask).cyclic === 0;
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
