/**
 * Graphs of millions of edges: compressed rows, strongly connected components (Tarjan 1972, without
 * recursion), shortest paths. An edge has one kind, a bit; every search takes a mask of the kinds it
 * may use, so that one graph serves every anomaly.
 */

/** Why one transaction is before another. */
export const WW = 1;
export const WR = 2;
export const RW = 4;
/** The same client's next transaction. */
export const SESSION = 8;
/** The one returned before the other was called. */
export const REALTIME = 16;
/**
 * The rest of an edge that leads through a helper node, of the same kind as the part that entered it:
 * "all these are before all those" in linear space. It does not count as a step of its own.
 */
export const LINK = 32;
export const ALL = 63;

/** Edges as they are found. Nodes from `first` up are helpers, not transactions. */
export class Edges {
  readonly first: number;
  nodes: number;
  length = 0;
  from: Int32Array;
  to: Int32Array;
  kind: Uint8Array;

  constructor(first: number) {
    this.first = first;
    this.nodes = first;
    const room = Math.max(64, first * 4);
    this.from = new Int32Array(room);
    this.to = new Int32Array(room);
    this.kind = new Uint8Array(room);
  }

  copy(): Edges {
    const copy = new Edges(this.first);
    copy.nodes = this.nodes;
    for (let e = 0; e < this.length; e++) copy.add(this.from[e]!, this.to[e]!, this.kind[e]!);
    return copy;
  }

  helper(): number {
    return this.nodes++;
  }

  add(from: number, to: number, kind: number): void {
    if (this.length === this.from.length) {
      const room = this.length * 2;
      this.from = grown(this.from, new Int32Array(room));
      this.to = grown(this.to, new Int32Array(room));
      this.kind = grown(this.kind, new Uint8Array(room));
    }
    this.from[this.length] = from;
    this.to[this.length] = to;
    this.kind[this.length++] = kind;
  }
}

function grown<A extends Int32Array | Uint8Array>(old: A, bigger: A): A {
  bigger.set(old);
  return bigger;
}

/**
 * Edges "reader before every one of `writers` but itself", in linear space: two chains of helpers.
 * A reader that is not a writer enters the first at its start; writer i enters the one just after
 * itself and the other just before itself.
 */
export function precede(edges: Edges, writers: readonly number[]): (reader: number) => void {
  if (writers.length === 1)
    return (reader) => {
      if (reader !== writers[0]) edges.add(reader, writers[0]!, RW);
    };
  const index = new Map(writers.map((t, i) => [t, i]));
  const up = writers.map(() => edges.helper());
  const down = writers.map(() => edges.helper());
  for (let i = 0; i < writers.length; i++) {
    edges.add(up[i]!, writers[i]!, LINK);
    edges.add(down[i]!, writers[i]!, LINK);
    if (i + 1 < writers.length) edges.add(up[i]!, up[i + 1]!, LINK);
    if (i > 0) edges.add(down[i]!, down[i - 1]!, LINK);
  }
  return (reader) => {
    const i = index.get(reader);
    if (i === undefined) edges.add(reader, up[0]!, RW);
    else {
      if (i + 1 < writers.length) edges.add(reader, up[i + 1]!, RW);
      if (i > 0) edges.add(reader, down[i - 1]!, RW);
    }
  };
}

/** The edges of node v are offset[v] … offset[v + 1] - 1. */
export interface Graph {
  readonly nodes: number;
  readonly offset: Int32Array;
  readonly to: Int32Array;
  readonly kind: Uint8Array;
}

export function graphOf({ nodes, length, from, to, kind }: Edges): Graph {
  const offset = new Int32Array(nodes + 1);
  for (let e = 0; e < length; e++) offset[from[e]! + 1]!++;
  for (let v = 0; v < nodes; v++) offset[v + 1]! += offset[v]!;
  const next = offset.slice(0, nodes);
  const sortedTo = new Int32Array(length);
  const sortedKind = new Uint8Array(length);
  for (let e = 0; e < length; e++) {
    const at = next[from[e]!]!++;
    sortedTo[at] = to[e]!;
    sortedKind[at] = kind[e]!;
  }
  return { nodes, offset, to: sortedTo, kind: sortedKind };
}

export interface Components {
  readonly count: number;
  /** node → its component; an edge between components leads to a lower number */
  readonly of: Int32Array;
  /** component → how many nodes */
  readonly size: Int32Array;
  /** Components with a cycle in them. Nothing here has an edge to itself. */
  readonly cyclic: number;
}

export function components({ nodes, offset, to, kind }: Graph, mask: number): Components {
  const of = new Int32Array(nodes).fill(-1);
  /** 0 = not seen */
  const seenAt = new Int32Array(nodes);
  const low = new Int32Array(nodes);
  const open = new Int32Array(nodes);
  const path = new Int32Array(nodes);
  const edge = new Int32Array(nodes);
  const size = new Int32Array(nodes);
  let clock = 0;
  let openCount = 0;
  let count = 0;
  let cyclic = 0;
  for (let root = 0; root < nodes; root++) {
    if (seenAt[root] !== 0) continue;
    let depth = 0;
    let v = root;
    seenAt[v] = low[v] = ++clock;
    open[openCount++] = v;
    path[0] = v;
    edge[0] = offset[v]!;
    for (;;) {
      const end = offset[v + 1]!;
      let lowest = low[v]!;
      let e = edge[depth]!;
      let child = -1;
      for (; e < end; e++) {
        if ((kind[e]! & mask) === 0) continue;
        const w = to[e]!;
        const at = seenAt[w]!;
        if (at === 0) {
          child = w;
          e++;
          break;
        }
        if (at < lowest && of[w] === -1) lowest = at;
      }
      low[v] = lowest;
      if (child >= 0) {
        edge[depth++] = e;
        v = child;
        seenAt[v] = low[v] = ++clock;
        open[openCount++] = v;
        path[depth] = v;
        edge[depth] = offset[v]!;
        continue;
      }
      if (lowest === seenAt[v]) {
        let w: number;
        do {
          w = open[--openCount]!;
          of[w] = count;
          size[count]!++;
        } while (w !== v);
        if (size[count]! > 1) cyclic++;
        count++;
      }
      if (depth === 0) break;
      v = path[--depth]!;
      if (lowest < low[v]!) low[v] = lowest;
    }
  }
  return { count, of, size, cyclic };
}

export interface Part {
  readonly graph: Graph;
  /** node of the part → node of the whole */
  readonly original: Int32Array;
}

/** The nodes that lie on cycles, and the edges within their components: what is left to explain. */
export function cyclicPart({ graph, parts }: { graph: Graph; parts: Components }): Part {
  const number = new Int32Array(graph.nodes).fill(-1);
  const original: number[] = [];
  for (let v = 0; v < graph.nodes; v++)
    if (parts.size[parts.of[v]!]! > 1) number[v] = original.push(v) - 1;
  const edges = new Edges(original.length);
  for (const v of original)
    for (let e = graph.offset[v]!; e < graph.offset[v + 1]!; e++)
      if (parts.of[graph.to[e]!] === parts.of[v])
        edges.add(number[v]!, number[graph.to[e]!]!, graph.kind[e]!);
  return { graph: graphOf(edges), original: Int32Array.from(original) };
}

/**
 * Node v of the graph becomes 2v + 1 (reached by an rw edge) and 2v (reached otherwise), and no rw edge
 * leaves the former. The cycles that remain are those without two adjacent rw edges: the ones that
 * snapshot isolation forbids (Cerone and Gotsman 2016, Analysing Snapshot Isolation, Theorem 9). So one
 * pass of `components` decides snapshot isolation.
 */
export function withoutAdjacentRw({ nodes, offset, to, kind }: Graph, mask: number): Graph {
  const edges = new Edges(nodes * 2);
  for (let v = 0; v < nodes; v++)
    for (let e = offset[v]!; e < offset[v + 1]!; e++) {
      const [w, k] = [to[e]!, kind[e]!];
      if ((k & mask) === 0) continue;
      if (k === RW) edges.add(2 * v, 2 * w + 1, k);
      else if (k === LINK) {
        edges.add(2 * v, 2 * w, k);
        edges.add(2 * v + 1, 2 * w + 1, k);
      } else {
        edges.add(2 * v, 2 * w, k);
        edges.add(2 * v + 1, 2 * w, k);
      }
    }
  return graphOf(edges);
}

export interface Search {
  readonly from: number;
  readonly to: number;
  readonly mask: number;
  /** The path stays in one component. */
  readonly parts: Components;
  /** Only paths of fewer steps are of interest. */
  readonly below: number;
}

/** Shortest paths in one graph, many times, without clearing anything in between. */
export class Paths {
  readonly #graph: Graph;
  readonly #distance: Int32Array;
  readonly #stamp: Int32Array;
  readonly #parent: Int32Array;
  #round = 0;
  /** Edges visited so far, the measure of all budgets. */
  steps = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#distance = new Int32Array(graph.nodes);
    this.#stamp = new Int32Array(graph.nodes);
    this.#parent = new Int32Array(graph.nodes);
  }

  /** Breadth first; a LINK costs nothing. The nodes from `from` to `to`, or undefined. */
  shortest({ from, to, mask, parts, below }: Search): number[] | undefined {
    const { offset, to: heads, kind } = this.#graph;
    const distance = this.#distance;
    const stamp = this.#stamp;
    const parent = this.#parent;
    const round = ++this.#round;
    const home = parts.of[from];
    stamp[from] = round;
    distance[from] = 0;
    parent[from] = -1;
    let level = [from];
    for (let steps = 0; level.length > 0; steps++) {
      const next: number[] = [];
      for (let i = 0; i < level.length; i++) {
        const v = level[i]!;
        // It has been reached again since, through a LINK, on a shorter path.
        if (distance[v] !== steps) continue;
        if (v === to) return this.#walkBack(to);
        for (let e = offset[v]!; e < offset[v + 1]!; e++) {
          this.steps++;
          if ((kind[e]! & mask) === 0) continue;
          const w = heads[e]!;
          if (parts.of[w] !== home) continue;
          const free = kind[e] === LINK;
          const there = free ? steps : steps + 1;
          if (there >= below) continue;
          if (stamp[w] === round && distance[w]! <= there) continue;
          stamp[w] = round;
          distance[w] = there;
          parent[w] = v;
          (free ? level : next).push(w);
        }
      }
      level = next;
    }
    return undefined;
  }

  #walkBack(to: number): number[] {
    const path: number[] = [];
    for (let v = to; v >= 0; v = this.#parent[v]!) path.push(v);
    return path.reverse();
  }
}
