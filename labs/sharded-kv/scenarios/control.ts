/** Part A: the shard controller, and which group gets which shard. */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import { type Change, type Config, type GroupId, NO_CONFIG, SHARDS } from '../contract.ts';
import { CONTROLLERS, inWords, s, splitsOf, view, without } from '../view.ts';
import { describe, sharded } from '../workload.ts';
import { actions, calm, crashAll, dropFirst, isDone, restartAll } from './faults.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 8, grade: 60 };
/** How long operators go on in A7. */
const TURNS_MS = 4000;

/** Groups of which no replica runs: a controller does not talk to them. */
const namesOf = (group: GroupId) => [`${group}1`, `${group}2`, `${group}3`];
const joined = (...ids: readonly GroupId[]): Config['groups'] =>
  Object.fromEntries(ids.map((id) => [id, namesOf(id)]));
const join = (...ids: readonly GroupId[]): Change => ({ kind: 'join', groups: joined(...ids) });
const leave = (...groups: readonly GroupId[]): Change => ({ kind: 'leave', groups });

const isSame = (a: Config, b: Config) =>
  `${a.shards}` === `${b.shards}` &&
  Object.keys(a.groups).sort().join() === Object.keys(b.groups).sort().join() &&
  splitsOf(a) === splitsOf(b);

/** How many shards each group of a configuration has. */
function loads({ shards, groups }: Config): Map<GroupId, number> {
  const counts = new Map(Object.keys(groups).map((id) => [id, 0]));
  for (const owner of shards) if (owner !== null) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
}

/** No change can move fewer: all shards of a group that is gone, and what the others have too many of. */
function movesNeeded(before: Config, after: Config): number {
  const groups = Object.keys(after.groups).length;
  const all = after.shards.length;
  const counts = [...loads(after).keys()]
    .map((id) => before.shards.filter((owner) => owner === id).length)
    .sort((a, b) => b - a);
  const kept = counts.map((count, i) =>
    Math.min(count, Math.floor(all / groups) + (i < all % groups ? 1 : 0)),
  );
  return all - kept.reduce((a, b) => a + b, 0);
}

/** Even, complete, and with as few moves as possible. */
export function expectShared(
  cluster: Cluster,
  before: Config,
  change: Change,
  after: Config,
): void {
  const counts = [...loads(after).values()];
  const isEven = Math.max(...counts) - Math.min(...counts) <= 1;
  const nobody = after.shards.includes(null);
  const strangers = after.shards.filter((id) => id !== null && !Object.hasOwn(after.groups, id));
  const evidence = `${describe(change)} made ${inWords(after)} from ${inWords(before)}`;
  cluster.expect(isEven && !nobody && strangers.length === 0, {
    kind: 'safety',
    ruleId: 'uneven',
    rule: 'After a join or a leave every shard has an owner that is in, and no group has two more than another (handout, Part A)',
    evidence,
    lookAt: 'how many shards must each group have, when they do not divide evenly?',
  });
  const moved = after.shards.filter((owner, shard) => owner !== before.shards[shard]).length;
  const needed = movesNeeded(before, after);
  cluster.expect(moved <= needed, {
    kind: 'contract',
    ruleId: 'moves-too-much',
    rule: 'A join or a leave moves no shard that could have stayed (handout, Part A)',
    evidence: `${evidence}: ${moved} shards changed their owner, ${needed} had to`,
    lookAt: 'which shards may stay where they are?',
  });
}

/**
 * One history of changes: every configuration that anybody was told is the one that the log made with
 * that number, and whoever asks later is told no older one.
 */
export function expectOneHistory(cluster: Cluster): void {
  const { controlled, view: known } = sharded(cluster);
  for (const { client, input, config, returnAt } of controlled) {
    const truth = known.configs[config.num];
    cluster.expect(truth !== undefined && isSame(truth, config), {
      kind: 'safety',
      ruleId: 'config-differs',
      rule: 'A configuration that exists never changes (contract, Config)',
      evidence: `${client}: ${describe(input)} gave ${inWords(config)} at ${s(returnAt)}; the log made ${truth ? inWords(truth) : 'none with that number'}`,
      lookAt: 'from which state is the answer taken, and is it committed?',
    });
  }
  const inOrder = controlled.filter(({ input }) => input.kind !== 'query' || input.num < 0);
  for (const later of inOrder)
    for (const earlier of inOrder) {
      if (earlier.returnAt >= later.callAt || earlier.config.num <= later.config.num) continue;
      cluster.fail({
        kind: 'safety',
        ruleId: 'config-stale',
        rule: 'A client that asks for the latest configuration gets it (contract, Query)',
        evidence: `${later.client}: ${describe(later.input)} began at ${s(later.callAt)} and gave config ${later.config.num}; ${earlier.client} had been told of config ${earlier.config.num} at ${s(earlier.returnAt)}`,
        lookAt:
          'how does a controller know that it still leads, and that it has applied everything?',
      });
    }
}

/** After changes that were all possible: each has made one configuration. */
function expectEachOnce(cluster: Cluster): void {
  const { controlled, view: known } = sharded(cluster);
  const changes = controlled.filter(({ input }) => input.kind !== 'query');
  const { num } = known.latest;
  const nums = new Set(changes.map(({ config }) => config.num));
  cluster.expect(num === changes.length && nums.size === changes.length, {
    kind: 'safety',
    ruleId: 'not-once',
    rule: 'Each change makes one configuration, however often it is asked for (contract, Numbered)',
    evidence: `${changes.length} changes were answered, with ${nums.size} different numbers, and there are ${num} configurations`,
    lookAt: 'how does a controller know that it has made this change before?',
  });
}

/** Each client lets a group of its own join, then leave, and so on, through whatever happens. */
function turns(cluster: Cluster, clients: readonly NodeId[], untilMs: number): void {
  const workload = sharded(cluster);
  for (const [i, client] of clients.entries()) {
    const own = 'defghij'[i] as string;
    let isIn = false;
    const next = () => {
      if (cluster.nowMs >= untilMs || workload.isBusy(client)) return;
      const again = () => cluster.after(cluster.draw.int(5, 150), next);
      if (cluster.draw.chance(0.3)) {
        workload.ask(client, { kind: 'query', num: -1 }, again);
        return;
      }
      workload.ask(client, isIn ? leave(own) : join(own), again);
      isIn = !isIn;
    };
    cluster.after(cluster.draw.int(0, 50), next);
  }
}

/** A group that is in, and does not own this shard. */
const otherThan = (cluster: Cluster, shard: number): GroupId => {
  const { groups, shards } = view(cluster).latest;
  return Object.keys(groups).find((id) => id !== shards[shard]) as GroupId;
};

export const control: readonly Scenario[] = [
  {
    id: 'A1',
    title: 'one operator sees what it did',
    points: 2,
    nodes: { k: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'which changes make a configuration, and what is in it?',
    run(cluster) {
      const workload = sharded(cluster);
      const made: Config[] = [NO_CONFIG];
      const makes = (change: Change) => made.push(workload.change1('c1', change));
      const isImpossible = (change: Change) => workload.change1('c1', change, { makes: 0 });
      makes(join('p'));
      makes(join('q', 'r'));
      isImpossible(join('p', 's'));
      isImpossible(leave('s'));
      isImpossible({ kind: 'move', shard: 3, group: 's' });
      const owner = made.at(-1)?.shards[3] as GroupId;
      isImpossible({ kind: 'move', shard: 3, group: owner });
      makes({ kind: 'move', shard: 3, group: owner === 'p' ? 'q' : 'p' });
      isImpossible(leave('p', 'q', 'r'));
      makes(leave('q'));
      makes(join('s'));
      for (const [num, config] of [...made.entries(), [-1, made.at(-1)] as const]) {
        const told = workload.control1('c1', { kind: 'query', num });
        cluster.expect(told.num === config?.num && `${told.shards}` === `${config?.shards}`, {
          kind: 'safety',
          ruleId: 'config-differs',
          rule: 'A configuration that exists never changes (contract, Config)',
          evidence: `query ${num} gave ${inWords(told)}, but it was ${config && inWords(config)}`,
          lookAt: 'does a change make a new configuration, or change the old one?',
        });
      }
      const moved = made[3] as Config;
      cluster.expect(moved.shards[3] !== owner && Object.hasOwn(moved.groups, 'r'), {
        kind: 'safety',
        ruleId: 'move-ignored',
        rule: 'A move gives one shard to another group, and changes nothing else (contract, Change)',
        evidence: `move shard 3 from ${owner} made ${inWords(moved)}`,
      });
      expectOneHistory(cluster);
    },
  },
  {
    id: 'A2',
    title: 'shards are shared out evenly, and none moves that could have stayed',
    points: 2,
    nodes: { k: 1, c: 1 },
    seeds: RANDOM,
    lookAt: 'which shards may stay where they are?',
    run(cluster) {
      const workload = sharded(cluster);
      const { draw } = cluster;
      const all = [...'pqrstuvwxyzab'];
      let config = NO_CONFIG;
      for (let i = 0; i < 30; i++) {
        const isIn = Object.keys(config.groups);
        const isOut = all.filter((id) => !isIn.includes(id));
        const some = (from: readonly GroupId[], most: number) =>
          draw.shuffle(from).slice(0, draw.int(1, most));
        if (isIn.length > 1 && draw.chance(0.3)) {
          // An operator's own choice: the next join or leave shares out evenly again.
          const move = {
            kind: 'move',
            shard: draw.int(0, SHARDS - 1),
            group: draw.pick(isIn),
          } as const;
          config = workload.control1('c1', move);
        }
        const change =
          isOut.length > 0 && (isIn.length < 2 || draw.chance(0.55))
            ? join(...some(isOut, 3))
            : leave(...some(isIn, Math.min(3, isIn.length - 1)));
        const after = workload.change1('c1', change);
        expectShared(cluster, config, change, after);
        config = after;
      }
      expectOneHistory(cluster);
    },
  },
  {
    id: 'A3',
    title: 'every controller makes the same of the same changes, even after a crash',
    points: 1,
    nodes: { k: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'what decides which shard goes where, when two choices are equally good?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.change1('c1', join('p', 'q', 'r'));
      for (const ids of ['ab', 'de', 'fg', 'hi']) {
        const [one = '', two = ''] = cluster.draw.shuffle([...ids]);
        workload.change1('c1', join(one, two));
        const leader = workload.leader(CONTROLLERS);
        if (cluster.draw.chance(0.5)) workload.change1('c1', leave('p'));
        else workload.change1('c1', { kind: 'move', shard: 3, group: otherThan(cluster, 3) });
        cluster.crash(leader);
        workload.change1('c1', leave(one));
        if (!Object.hasOwn(view(cluster).latest.groups, 'p')) workload.change1('c1', join('p'));
        cluster.restart(leader);
        cluster.run(200);
      }
      crashAll(cluster);
      restartAll(cluster);
      workload.control1('c1', { kind: 'query', num: -1 });
      cluster.run(300);
      expectOneHistory(cluster);
    },
  },
  {
    id: 'A4',
    title: 'a change whose reply was lost makes one configuration',
    points: 2,
    nodes: { k: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'how does a controller know that it has made this change before?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.elect();
      workload.change1('c1', join('p', 'q'));
      // A move that is done again, when it is asked for again, makes one configuration more.
      for (const group of ['p', 'q', 'p', 'q']) {
        const shard = view(cluster).latest.shards.indexOf(group === 'p' ? 'q' : 'p');
        const { num } = view(cluster).latest;
        dropFirst(cluster, 2, (m) => m.to === 'c1' && isDone(m));
        workload.ask('c1', { kind: 'move', shard, group });
        cluster.runUntil(() => view(cluster).latest.num > num, 1000);
        // Meanwhile another operator undoes it, so that moving again is possible.
        workload.control1('c2', { kind: 'move', shard, group: group === 'p' ? 'q' : 'p' });
        workload.settle();
      }
      cluster.filter(undefined);
      expectEachOnce(cluster);
      expectOneHistory(cluster);
    },
  },
  {
    id: 'A5',
    title:
      'a controller that is cut off changes nothing, and tells nobody what was once the latest',
    points: 1,
    nodes: { k: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'how does a controller know that it still leads, and that it has applied everything?',
    run(cluster) {
      const workload = sharded(cluster);
      const old = workload.leader(CONTROLLERS);
      workload.change1('c1', join('p'));
      const others = without(cluster.nodes, old);
      cluster.partition([old, 'c1'], [...others, 'c2']);
      workload.ask('c1', { kind: 'query', num: -1 });
      cluster.runUntil(() => !workload.isBusy('c1'), 30);
      cluster.runUntil(() => view(cluster).leaderOf(CONTROLLERS, others) !== undefined, 3000);
      for (const id of ['q', 'r', 's']) workload.control1('c2', join(id));
      if (!workload.isBusy('c1')) workload.ask('c1', { kind: 'query', num: -1 });
      cluster.run(600);
      cluster.heal();
      workload.settle();
      workload.control1('c1', leave('p'));
      expectOneHistory(cluster);
      expectEachOnce(cluster);
    },
  },
  {
    id: 'A6',
    title: 'a power failure of all controllers forgets no configuration and repeats no change',
    points: 2,
    nodes: { k: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'does the snapshot hold all that a controller needs to decide as the others do?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.elect();
      workload.change1('c1', join('p', 'q'));
      cluster.filter((m) => (m.to === 'c2' && isDone(m) ? 'drop' : undefined));
      workload.ask('c2', join('d'));
      for (let i = 0; i < 60; i++) workload.control1('c1', i % 2 === 0 ? join('r') : leave('r'));
      crashAll(cluster);
      cluster.run(20);
      restartAll(cluster);
      cluster.filter(undefined);
      workload.settle();
      for (const num of [1, 20, 62, -1]) workload.control1('c1', { kind: 'query', num });
      expectEachOnce(cluster);
      expectOneHistory(cluster);
    },
  },
  {
    id: 'A7',
    title: 'through crashes, partitions and loss every change is made once, in one order',
    points: 2,
    nodes: { k: 3, c: 4 },
    seeds: RANDOM,
    lookAt: 'which controller answered, and what had the majority done by then?',
    plan(draw) {
      const profile = { dropChance: draw.pick([0, 0.1, 0.2]), duplicateChance: 0.1, tailMs: 400 };
      const faults = ['crashLeader', 'isolateLeader', 'pauseLeader', 'powerCycle'];
      return [
        { atMs: 0, do: 'network', profile },
        { atMs: 0, do: 'turns', untilMs: TURNS_MS },
        ...Array.from({ length: 5 }, (_, i) => ({
          atMs: 500 + 700 * i + draw.int(0, 400),
          do: draw.pick(faults),
          group: CONTROLLERS,
          forMs: draw.int(100, 900),
        })),
      ];
    },
    run(cluster) {
      calm(cluster);
      const workload = sharded(cluster);
      cluster.run(Math.max(0, TURNS_MS - cluster.nowMs));
      workload.settle();
      workload.control1('c1', { kind: 'query', num: -1 });
      expectEachOnce(cluster);
      expectOneHistory(cluster);
    },
    actions: {
      ...actions,
      turns: (cluster, { untilMs }) => {
        // One that stays, so that each of the others may always leave.
        sharded(cluster).change1('c1', join('p'));
        turns(cluster, cluster.clients, untilMs as number);
      },
    },
  },
];
