/**
 * Names of simulated processes: a letter for what kind of program it runs, and a number. `n1`, `n2`
 * … are the nodes that a lab is about; `c1`, `c2` … are its clients, where the student writes those.
 */
import type { NodeId } from './node.ts';

/** How many processes of each kind: `3` for three nodes, or `{ n: 3, c: 2 }`. */
export type Crew = number | Readonly<Record<string, number>>;

const NODE = 'n';
const CLIENT = 'c';

/** `{ n: 2, c: 1 }` → n1, n2, c1. */
export function namesOf(crew: Crew): NodeId[] {
  const counts = typeof crew === 'number' ? { [NODE]: crew } : crew;
  return Object.entries(counts).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, i) => `${kind}${i + 1}`),
  );
}

/** With more nodes than this, no run is shrunk by leaving nodes out. */
export const FLEET = 64;

export const isFleet = (crew: Crew): boolean => namesOf(crew).length > FLEET;

/**
 * More nodes than these share one realm. Each realm compiles the submission for itself and has to warm
 * up: a run of twelve nodes takes half as long in one of them as in twelve.
 */
const REALMS_MAX = 8;

export const sharesRealm = (crew: Crew): boolean => namesOf(crew).length > REALMS_MAX;

/** `n12` → `n`. */
export function kindOf(id: NodeId): string {
  return id.replace(/\d+$/, '');
}

export const isClient = (id: NodeId): boolean => kindOf(id) === CLIENT;

/** By kind of node, which kinds it knows. */
export type Acquaintances = Readonly<Record<string, readonly string[]>>;

/**
 * Whom a process knows: all others but clients, which come and go and are not addressed; or, when
 * kinds are given for its own, the processes of those kinds.
 */
export function peersOf(id: NodeId, all: readonly NodeId[], known: Acquaintances = {}): NodeId[] {
  const kinds = known[kindOf(id)];
  return all.filter((other) => {
    return other !== id && (kinds === undefined ? !isClient(other) : kinds.includes(kindOf(other)));
  });
}
