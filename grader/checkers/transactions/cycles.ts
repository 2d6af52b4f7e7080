/**
 * Cycles among transactions: each says that some must come before themselves.
 *
 * Whether a cycle of a kind exists is decided by strongly connected components alone, in linear
 * time, even for snapshot isolation (see `withoutAdjacentRw`). Only the search for a *short* one to
 * tell is bounded by a number of steps: when they are used up, the shortest found so far is told.
 * No verdict depends on it.
 */
import type { Dependencies, Findings, Name } from './findings.ts';
import {
  type Components,
  components,
  cyclicPart,
  type Graph,
  LINK,
  type Part,
  Paths,
  REALTIME,
  RW,
  SESSION,
  WR,
  WW,
  withoutAdjacentRw,
} from './graph.ts';
import {
  type AnomalyName,
  CYCLES,
  type CycleName,
  forbidden,
  LEVELS,
  ORDERS,
  type Order,
  suffixed,
} from './levels.ts';

/** Which edges between clients' transactions each order adds. Strict serializability keeps sessions, too. */
export const CLIENT_EDGES = { none: 0, session: SESSION, realtime: SESSION | REALTIME } as const;
export const DATA = WW | WR | RW | LINK;

/** One transaction of a cycle, and why it is before the next. */
export interface Step {
  readonly from: number;
  readonly kind: number;
}

interface Input {
  readonly graph: Graph;
  readonly transactions: number;
  readonly dependencies: Dependencies;
  readonly findings: Findings;
  /** Edges to visit in search of short cycles. */
  readonly stepsMax: number;
  /** Says why one is before the next, whatever the kind of edge. */
  readonly explain: (from: number, to: number, kind: number, name: Name) => string;
}

/** Adds to `findings` one cycle of each kind that says more than those found before. */
export function findCycles(input: Input): void {
  const whole = components(input.graph, DATA | SESSION | REALTIME);
  if (whole.cyclic === 0) return;
  const search = new CycleSearch(input, cyclicPart({ graph: input.graph, parts: whole }));
  for (const order of ORDERS) search.run(order);
}

class CycleSearch {
  readonly #input: Input;
  readonly #graph: Graph;
  readonly #original: Int32Array;
  readonly #paths: Paths;
  /** Steps of searches in other graphs. */
  #otherSteps = 0;

  constructor(input: Input, { graph, original }: Part) {
    this.#input = input;
    this.#graph = graph;
    this.#original = original;
    this.#paths = new Paths(graph);
  }

  run(order: Order): void {
    const client = CLIENT_EDGES[order] | LINK;
    const all = components(this.#graph, DATA | client);
    if (all.cyclic === 0) return;
    if (order === 'none') this.#inspect(all);
    if (this.#worthwhile('G0', order)) this.#simple(WW, WW | client);
    if (this.#worthwhile('G1c', order)) this.#simple(WR, WW | WR | client);
    const forbiddenBySi = this.#snapshot(order, all);
    if (this.#worthwhile('G2-item', order)) this.#skews(all, forbiddenBySi, DATA | client);
  }

  /** A client order matters only while a level that requires it may still hold. */
  #worthwhile(name: CycleName, order: Order): boolean {
    if (order === 'none') return true;
    const wanted: AnomalyName = suffixed(name, order);
    const found = this.#input.findings.all();
    return LEVELS.some((level) => {
      const bad = forbidden(level);
      return bad.includes(wanted) && !found.some((anomaly) => bad.includes(anomaly.name));
    });
  }

  #inspect(all: Components): void {
    for (let v = 0; v < this.#graph.nodes; v++) {
      const t = this.#original[v]!;
      if (all.size[all.of[v]!]! > 1 && t < this.#input.transactions)
        this.#input.dependencies.inspect(t, this.#input.findings);
    }
  }

  /** Cycles of the kinds in `mask` with at least one edge of kind `closing`: G0 and G1c. */
  #simple(closing: number, mask: number): void {
    const parts = components(this.#graph, mask);
    if (parts.cyclic === 0) return;
    const groups = groupsOf(this.#graph, closing, parts);
    for (const edges of groups.values()) {
      const path = this.#shortest(this.#paths, edges, mask, parts);
      if (path) this.#add(this.#steps(path, closing, mask));
    }
  }

  /**
   * Cycles with rw edges no two of which are adjacent. Returns, for each node, whether it lies on
   * one of them (or on one without any rw edge).
   */
  #snapshot(order: Order, all: Components): Uint8Array {
    const mask = DATA | CLIENT_EDGES[order];
    const product = withoutAdjacentRw(this.#graph, mask);
    const parts = components(product, mask);
    const onCycle = new Uint8Array(this.#graph.nodes);
    for (let p = 0; p < product.nodes; p++) if (parts.size[parts.of[p]!]! > 1) onCycle[p >> 1] = 1;
    if (parts.cyclic === 0 || !this.#worthwhile('G-nonadjacent', order)) return onCycle;

    const paths = new Paths(product);
    for (const edges of groupsOf(product, RW, parts).values()) {
      // In the graph itself, the way back has no rw edge at all: one rw edge in the whole cycle.
      const inGraph = edges.map(([u, v]): Pair => [u >> 1, v >> 1]);
      const single = this.#shortest(this.#paths, inGraph, mask & ~RW, all, 'may be none');
      if (single) {
        this.#add(this.#steps(single, RW, mask & ~RW));
        continue;
      }
      const stepsBefore = paths.steps;
      const walk = this.#shortest(paths, edges, mask, parts);
      this.#otherSteps += paths.steps - stepsBefore;
      if (walk) this.#add(withoutDetours(this.#productSteps(walk, mask)));
    }
    return onCycle;
  }

  /** Components where every cycle has two rw edges in a row: write skew and the like. */
  #skews(all: Components, worse: Uint8Array, mask: number): void {
    const tainted = new Set<number>();
    for (let v = 0; v < this.#graph.nodes; v++) if (worse[v] === 1) tainted.add(all.of[v]!);
    for (const [component, edges] of groupsOf(this.#graph, RW, all)) {
      if (tainted.has(component)) continue;
      const path = this.#shortest(this.#paths, edges, mask, all);
      if (path) this.#add(this.#steps(path, RW, mask));
    }
  }

  /**
   * The shortest cycle that closes one of `edges` (u → v) by a path v → u. The first path is searched
   * for at any cost, unless there may be none; all further ones only while steps are left.
   */
  #shortest(
    paths: Paths,
    edges: readonly Pair[],
    mask: number,
    parts: Components,
    certainty?: 'may be none',
  ): readonly number[] | undefined {
    let best: readonly number[] | undefined;
    let below = Number.POSITIVE_INFINITY;
    for (const [u, v] of edges) {
      const spent =
        this.#paths.steps + this.#otherSteps + (paths === this.#paths ? 0 : paths.steps);
      if (spent > this.#input.stepsMax && (best !== undefined || certainty !== undefined)) break;
      const path = paths.shortest({ from: v, to: u, mask, parts, below });
      if (path === undefined) continue;
      best = [u, ...path];
      below = this.#lengthOf(paths === this.#paths ? path : path.map((p) => p >> 1));
      // The way back takes at least one step.
      if (below <= 1) break;
    }
    return best;
  }

  /** In steps from transaction to transaction; helpers do not count. */
  #lengthOf(path: readonly number[]): number {
    let steps = 0;
    for (let i = 1; i < path.length; i++)
      if (this.#original[path[i - 1]!]! < this.#input.transactions) steps++;
    return steps;
  }

  /** The nodes u, v, …, u as steps of transactions. */
  #steps(cycle: readonly number[], closing: number, mask: number): Step[] {
    return this.#toSteps(cycle, (i) => (i === 0 ? closing : mask));
  }

  #productSteps(cycle: readonly number[], mask: number): Step[] {
    return this.#toSteps(
      cycle.map((p) => p >> 1),
      (i) => ((cycle[i + 1]! & 1) === 1 ? RW : mask & ~RW),
    );
  }

  #toSteps(cycle: readonly number[], maskOf: (i: number) => number): Step[] {
    const steps: Step[] = [];
    for (let i = 0; i + 1 < cycle.length; i++) {
      const from = this.#original[cycle[i]!]!;
      if (from >= this.#input.transactions) continue;
      steps.push({ from, kind: this.#kind(cycle[i]!, cycle[i + 1]!, maskOf(i)) });
    }
    return steps;
  }

  /** Of several reasons for the same order, the strongest: the one that says most about the data. */
  #kind(from: number, to: number, mask: number): number {
    const { offset, to: heads, kind } = this.#graph;
    let kinds = 0;
    for (let e = offset[from]!; e < offset[from + 1]!; e++)
      if (heads[e] === to) kinds |= kind[e]! & mask;
    return [WW, WR, SESSION, REALTIME, RW].find((k) => (kinds & k) !== 0) ?? 0;
  }

  #add(cycle: readonly Step[]): void {
    const { explain, findings } = this.#input;
    const next = (i: number) => cycle[(i + 1) % cycle.length]!.from;
    findings.add({
      name: classify(cycle),
      transactions: cycle.map((step) => step.from),
      argument: (name) => cycle.map(({ from, kind }, i) => explain(from, next(i), kind, name)),
    });
  }
}

type Pair = readonly [from: number, to: number];

/** component → the edges of `kind` within it */
function groupsOf(graph: Graph, kind: number, parts: Components): ReadonlyMap<number, Pair[]> {
  const groups = new Map<number, Pair[]>();
  for (let v = 0; v < graph.nodes; v++)
    for (let e = graph.offset[v]!; e < graph.offset[v + 1]!; e++) {
      const component = parts.of[v]!;
      if (graph.kind[e] !== kind || parts.of[graph.to[e]!] !== component) continue;
      const group = groups.get(component);
      if (group === undefined) groups.set(component, [[v, graph.to[e]!]]);
      else group.push([v, graph.to[e]!]);
    }
  return groups;
}

export function classify(cycle: readonly Step[]): AnomalyName {
  const has = (kind: number) => cycle.some((step) => step.kind === kind);
  const order = has(REALTIME) ? 'realtime' : has(SESSION) ? 'session' : 'none';
  const rw = cycle.filter((step) => step.kind === RW).length;
  const [G0, G1c, single, nonadjacent, item] = CYCLES;
  if (rw === 0) return suffixed(has(WR) ? G1c : G0, order);
  if (rw === 1) return suffixed(single, order);
  return suffixed(hasAdjacentRw(cycle) ? item : nonadjacent, order);
}

function hasAdjacentRw(cycle: readonly Step[]): boolean {
  return cycle.some((step, i) => step.kind === RW && cycle[(i + 1) % cycle.length]!.kind === RW);
}

/**
 * A closed walk that meets a transaction twice is two cycles, one of which has no adjacent rw edges
 * either: where the walk passes the transaction, at most one way in and one way out is rw.
 */
function withoutDetours(walk: readonly Step[]): readonly Step[] {
  const met = new Map<number, number>();
  for (const [i, { from }] of walk.entries()) {
    const before = met.get(from);
    met.set(from, i);
    if (before === undefined) continue;
    const inner = walk.slice(before, i);
    const outer = [...walk.slice(i), ...walk.slice(0, before)];
    return withoutDetours(hasAdjacentRw(inner) ? outer : inner);
  }
  return walk;
}
