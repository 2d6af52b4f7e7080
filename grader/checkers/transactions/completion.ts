/**
 * One possible order of the versions that no read puts in order. If the history keeps snapshots in
 * that order, snapshot isolation holds for certain; if it does not, it might in another order.
 */
import type { Columns } from './columns.ts';
import { CLIENT_EDGES, DATA } from './cycles.ts';
import { components, type Edges, graphOf, RW, WW, withoutAdjacentRw } from './graph.ts';
import type { Order } from './levels.ts';
import type { ListDependencies } from './list-append.ts';
import type { RegisterDependencies } from './rw-register.ts';

/** Whether there is no cycle that snapshot isolation forbids. */
export function keepsSnapshots(edges: Edges, order: Order): boolean {
  const mask = DATA | CLIENT_EDGES[order];
  return components(withoutAdjacentRw(graphOf(edges), mask), mask).cyclic === 0;
}

/** Node → a number that falls along the edges, as far as snapshot isolation requires an order. */
function ranks(edges: Edges, order: Order): (transaction: number) => number {
  const mask = DATA | CLIENT_EDGES[order];
  const { of } = components(withoutAdjacentRw(graphOf(edges), mask), mask);
  return (t) => of[2 * t]!;
}

/** Unread appends, each after those that the other edges put before it. */
export function withListsOrdered(lists: ListDependencies, edges: Edges, order: Order): Edges {
  const rank = ranks(edges, order);
  const more = edges.copy();
  for (const writers of lists.unordered.values()) {
    const ordered = writers.toSorted((a, b) => rank(b) - rank(a));
    for (let i = 1; i < ordered.length; i++) more.add(ordered[i - 1]!, ordered[i]!, WW);
  }
  return more;
}

/** Trees of versions one after the other, by the first write of each; readers before the next version. */
export function withRegistersOrdered(
  { owner }: Columns,
  registers: RegisterDependencies,
  edges: Edges,
  order: Order,
): Edges {
  const rank = ranks(edges, order);
  const more = edges.copy();
  for (const [k, trees] of registers.trees) {
    const versions = trees.toSorted((a, b) => rank(owner[b[0]!]!) - rank(owner[a[0]!]!)).flat();
    const place = new Map(versions.map((row, i) => [row, i]));
    for (let i = 1; i < versions.length; i++)
      more.add(owner[versions[i - 1]!]!, owner[versions[i]!]!, WW);
    for (const [reader, version] of registers.readersOf(k)) {
      const next = versions[(place.get(version) ?? -1) + 1];
      if (next !== undefined && owner[next] !== reader) more.add(reader, owner[next]!, RW);
    }
  }
  return more;
}
