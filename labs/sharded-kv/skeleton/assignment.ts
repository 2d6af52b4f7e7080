/** Which group owns which shard, yours to decide: a pure function, so that every controller agrees. */
import type { Change, Config, GroupId } from './contract.ts';

/** By shard: its owner. */
type Owners = readonly (GroupId | null)[];

/** Shares out the shards among `groups`: evenly, and moving as few as possible (part A). */
export function shareOut(owners: Owners, groups: readonly GroupId[]): Owners {
  // TODO(A): no group has two more than another; nothing moves that could have stayed; and the same
  // arguments give the same result, on every node and after every restart.
  void groups;
  return owners;
}

/** The configuration that a change makes from this one, or undefined when it is impossible. */
export function next(config: Config, change: Change): Config | undefined {
  // TODO(A): join, leave and move. `config` itself never changes: somebody may ask for it later.
  // TODO(G): split; and the other changes keep what was split.
  void [config, change];
  return undefined;
}
