/** Which group owns which shard: a pure function, so that every controller decides the same. */
import { type Change, type Config, type GroupId, shardIn } from './contract.ts';

type Owners = readonly (GroupId | null)[];

/**
 * Shares out the shards evenly – no group has two more than another – and takes from a group only
 * what it has too many of. Names decide all ties: never chance, a clock, or the order of an object.
 */
export function shareOut(owners: Owners, groups: readonly GroupId[]): Owners {
  const has = (group: GroupId) => owners.filter((owner) => owner === group).length;
  // Those with most keep one more when it does not divide evenly: else that one would move.
  const byLoad = [...groups].sort((a, b) => has(b) - has(a) || (a < b ? -1 : 1));
  const [least, more] = [Math.floor(owners.length / groups.length), owners.length % groups.length];
  const room = new Map(byLoad.map((group, i) => [group, least + (i < more ? 1 : 0)]));
  const kept = owners.map((owner) => {
    const left = owner === null ? 0 : (room.get(owner) ?? 0);
    if (owner === null || left === 0) return null;
    room.set(owner, left - 1);
    return owner;
  });
  const free = byLoad.flatMap((group) => Array<GroupId>(room.get(group) ?? 0).fill(group));
  return kept.map((owner) => owner ?? free.shift() ?? null);
}

/** The configuration that a change makes from this one, or undefined when it is impossible. */
export function next(config: Config, change: Change): Config | undefined {
  const num = config.num + 1;
  const isIn = (group: GroupId) => Object.hasOwn(config.groups, group);
  switch (change.kind) {
    case 'join': {
      const joining = Object.keys(change.groups);
      if (joining.length === 0 || joining.some(isIn)) return undefined;
      const groups = { ...config.groups, ...change.groups };
      return { ...config, num, groups, shards: shareOut(config.shards, Object.keys(groups)) };
    }
    case 'leave': {
      const staying = Object.entries(config.groups).filter(([id]) => !change.groups.includes(id));
      if (change.groups.length === 0 || !change.groups.every(isIn)) return undefined;
      if (staying.length === 0) return undefined;
      const groups = Object.fromEntries(staying);
      return { ...config, num, groups, shards: shareOut(config.shards, Object.keys(groups)) };
    }
    case 'move': {
      const { shard, group } = change;
      const owner = config.shards[shard];
      if (!isIn(group) || owner === undefined || owner === group) return undefined;
      return { ...config, num, shards: config.shards.with(shard, group) };
    }
    case 'split': {
      const { shard: of, at } = change;
      const { shards, splits = [] } = config;
      // A shard begins at the key at which it was split off.
      const isFirst = splits.some((split) => split.shard === of && split.at === at);
      if (isFirst || shardIn(config, at) !== of) return undefined;
      const split = { of, at, shard: shards.length };
      return {
        ...config,
        num,
        shards: [...shards, shards[of] ?? null],
        splits: [...splits, split],
      };
    }
  }
}
