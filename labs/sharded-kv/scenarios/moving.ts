/** Part C: shards move between groups while clients use them. */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import type { GroupId, Shard } from '../contract.ts';
import { view, without } from '../view.ts';
import { ALL_SHARDS, keyIn, SETTLE_WITHIN_MS, sharded } from '../workload.ts';
import {
  actions,
  calm,
  crashAll,
  cutBetween,
  isDone,
  isMigration,
  plan,
  restartAll,
} from './faults.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 10, grade: 60 };

/** The shards that the latest configuration gives to a group. */
export const ownedBy = (cluster: Cluster, group: GroupId): Shard[] =>
  view(cluster).latest.shards.flatMap((owner, shard) => (owner === group ? [shard] : []));

const nodesOf = (cluster: Cluster, group: GroupId): NodeId[] => view(cluster).nodesOf(group);

/** Every shard has a key with something in it; `p` has one half of them, and `q` the other. */
function begin(cluster: Cluster): void {
  const workload = sharded(cluster);
  workload.join('p', 'q');
  workload.fill();
}

/** Waits until the log of a group has reached a configuration. */
function runUntilConfig(cluster: Cluster, group: GroupId, num = view(cluster).latest.num): void {
  cluster.runUntil(() => (view(cluster).groups.get(group)?.num ?? 0) >= num, 2000);
}

/**
 * The shard is in the log of `q`, but the leader is gone before it could say so. The next one does not
 * know that yet, and asks for the shard again; the answer comes when clients have already written.
 */
function installTwice(cluster: Cluster, shard: Shard): void {
  const workload = sharded(cluster);
  const serves = () => view(cluster).groups.get('q')?.serving.includes(shard) ?? false;
  workload.expectSettled();
  if (serves()) workload.move(shard, 'p');
  workload.expectSettled();
  for (const node of nodesOf(cluster, 'q')) cluster.disk(node, { fsyncMs: 40 });
  workload.move(shard, 'q');
  cluster.runUntil(serves, 2000);
  const leader = workload.leader('q');
  cluster.crash(leader);
  cluster.note(`${leader} has the shard in its log, and crashes before the others know`);
  cluster.filter((m) => (isMigration(m) && m.kind === 'reply' ? 200 : undefined));
  for (let i = 0; i < 4; i++)
    workload.ask1('c2', { kind: 'append', key: keyIn(shard), value: workload.newValue() });
  cluster.run(300);
  cluster.filter(undefined);
  for (const node of nodesOf(cluster, 'q')) cluster.disk(node, { fsyncMs: 1 });
  cluster.restart(leader);
}

export const moving: readonly Scenario[] = [
  {
    id: 'C1',
    title: 'a group that joins gets its shards with all that is in them',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'what does the new owner of a shard need, and whom must it ask for it?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p');
      for (let round = 0; round < 3; round++) workload.fill();
      workload.join('q');
      for (const shard of ALL_SHARDS) {
        const key = keyIn(shard);
        workload.ask1('c1', { kind: 'get', key });
        workload.ask1('c1', { kind: 'append', key, value: workload.newValue() });
      }
      workload.finish();
    },
  },
  {
    id: 'C2',
    title: 'a group that leaves can be switched off when it has given everything away',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, r: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'what does a group that is no longer in any configuration still have to do?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q', 'r');
      workload.fill();
      for (const gone of ['q', 'p']) {
        workload.leave(gone);
        workload.expectSettled();
        crashAll(cluster, nodesOf(cluster, gone));
        workload.fill();
      }
      cluster.run(500);
      restartAll(cluster);
      workload.join('q');
      workload.finish();
    },
  },
  {
    id: 'C3',
    title: 'a write is never lost in a shard that is about to go',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 6 },
    seeds: RANDOM,
    lookAt: 'which is the last write that the old owner may execute?',
    run(cluster) {
      const workload = sharded(cluster);
      begin(cluster);
      const { draw } = cluster;
      const others = without(cluster.clients, 'c1');
      const endMs = cluster.nowMs + 2500;
      let to = false;
      const move = () => {
        if (cluster.nowMs >= endMs || workload.isBusy('c1')) return;
        to = !to;
        const shard = draw.int(0, 1);
        workload.ask('c1', { kind: 'move', shard, group: to ? 'p' : 'q' }, () =>
          cluster.after(draw.int(1, 250), move),
        );
      };
      move();
      workload.mingle(2500, { clients: others, shards: [0, 1], reads: 0.3 });
      workload.finish();
    },
  },
  {
    id: 'C4',
    title: 'an append whose reply was lost happens once, though its shard has moved meanwhile',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'does a shard travel with all that its next owner needs to decide as this one would?',
    run(cluster) {
      const workload = sharded(cluster);
      begin(cluster);
      for (let round = 0; round < 4; round++) {
        const shard = cluster.draw.int(0, 9);
        const [from, to] = ownedBy(cluster, 'p').includes(shard) ? ['p', 'q'] : ['q', 'p'];
        // c2 hears nothing from the old owner, which has done the append, and asks the new one again.
        cluster.filter((m) => (m.to === 'c2' && isDone(m) ? 'drop' : undefined));
        const key = keyIn(shard);
        workload.ask('c2', { kind: 'append', key, value: workload.newValue() });
        cluster.run(150);
        // Every other time it asks the old owner once more, and only then hears of the new one.
        if (round % 2 === 0) cutBetween(cluster, ['c2'], nodesOf(cluster, 'k'));
        workload.move(shard, to as GroupId);
        workload.expectSettled();
        if (round % 2 === 0) cluster.run(800);
        cluster.heal();
        cluster.note(`shard ${shard} is with ${to}; ${from} has done the append of c2, unheard`);
        cluster.filter(undefined);
        workload.settle();
        workload.ask1('c1', { kind: 'append', key, value: workload.newValue() });
      }
      workload.finish();
    },
  },
  {
    id: 'C5',
    title: 'a group that was away goes through all the configurations that it has missed',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, r: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'what happened to the shard in the configurations in between?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q', 'r');
      workload.fill();
      const away = cluster.draw.pick(['p', 'q']);
      const other = away === 'p' ? 'q' : 'p';
      const [shard = 0] = ownedBy(cluster, away);
      crashAll(cluster, nodesOf(cluster, away));
      // Round in a ring, and back, while one of the three hears nothing of it.
      const path = cluster.draw.shuffle([other, 'r', away, other, 'r', away]);
      for (const group of path) workload.control1('c1', { kind: 'move', shard, group });
      workload.ask('c2', { kind: 'append', key: keyIn(shard), value: workload.newValue() });
      cluster.run(400);
      restartAll(cluster, nodesOf(cluster, away));
      workload.finish();
    },
  },
  {
    id: 'C6',
    title: 'a move is completed even when leaders crash in the middle of it',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: { test: 8, grade: 40 },
    lookAt: 'how does a new leader know what the one before had begun?',
    run(cluster) {
      const workload = sharded(cluster);
      begin(cluster);
      for (let round = 0; round < 4; round++) {
        const shard = cluster.draw.pick(ownedBy(cluster, 'p'));
        workload.move(shard, 'q');
        const victim = cluster.draw.pick(['p', 'q', 'q']);
        if (victim === 'q') runUntilConfig(cluster, 'q');
        cluster.run(cluster.draw.int(0, 40));
        const leader = workload.leader(victim);
        cluster.crash(leader);
        workload.ask1('c2', { kind: 'append', key: keyIn(shard), value: workload.newValue() });
        cluster.restart(leader);
        workload.expectSettled();
        workload.move(shard, 'p');
        workload.expectSettled();
      }
      workload.finish();
    },
  },
  {
    id: 'C7',
    title: 'no power failure in the middle of a move loses the shard',
    points: 3,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: { test: 10, grade: 60 },
    lookAt: 'when may the old owner throw away what it has given, and who tells it so?',
    run(cluster) {
      const workload = sharded(cluster);
      begin(cluster);
      const shard = cluster.draw.pick(ownedBy(cluster, 'p'));
      const value = 'v'.repeat(300);
      workload.ask1('c2', { kind: 'put', key: keyIn(shard), value });
      // Soon after the shard has arrived somewhere in q, the power of q fails: before the shard is
      // written, when it is on one disk, or on all.
      let struck = false;
      let isDown = false;
      const delayMs = cluster.draw.int(0, 25);
      cluster.filter((m) => {
        if (struck || m.from[0] !== 'p' || !isMigration(m) || m.sizeBytes < value.length)
          return undefined;
        struck = true;
        cluster.after(3 + delayMs, () => {
          cluster.note('the power of q fails, in the middle of the move');
          crashAll(cluster, nodesOf(cluster, 'q'));
          isDown = true;
        });
        return undefined;
      });
      for (const node of nodesOf(cluster, 'q')) {
        cluster.onCrash(node, 'lose');
        cluster.disk(node, { fsyncMs: 10 });
      }
      workload.move(shard, 'q');
      // However long the move takes to get that far.
      cluster.runUntil(() => isDown, SETTLE_WITHIN_MS);
      cluster.run(500);
      if (cluster.draw.chance(0.5)) {
        crashAll(cluster, nodesOf(cluster, 'p'));
        restartAll(cluster, nodesOf(cluster, 'p'));
      }
      restartAll(cluster, nodesOf(cluster, 'q'));
      cluster.filter(undefined);
      cluster.sometimes('the power failed in the middle of the move', struck);
      workload.ask1('c2', { kind: 'get', key: keyIn(shard) });
      workload.finish();
    },
  },
  {
    id: 'C8',
    title: 'a shard that nobody has fetched yet outlives the log, and a power failure',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'which shards are in the snapshot of a replica: only those that it serves?',
    run(cluster) {
      const workload = sharded(cluster);
      begin(cluster);
      const shard = cluster.draw.pick(ownedBy(cluster, 'p'));
      crashAll(cluster, nodesOf(cluster, 'q'));
      workload.move(shard, 'q');
      for (const own of [...ownedBy(cluster, 'p'), ...ownedBy(cluster, 'p')])
        for (let i = 0; i < 7; i++)
          workload.ask1('c1', { kind: 'append', key: keyIn(own), value: workload.newValue() });
      cluster.run(200);
      crashAll(cluster, nodesOf(cluster, 'p'));
      restartAll(cluster, nodesOf(cluster, 'p'));
      restartAll(cluster, nodesOf(cluster, 'q'));
      workload.ask1('c2', { kind: 'append', key: keyIn(shard), value: workload.newValue() });
      workload.finish();
    },
  },
  {
    id: 'C9',
    title: 'messages of moves that come late, or twice, change nothing',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: RANDOM,
    lookAt: 'how does a group know which move a message belongs to, and that the move is over?',
    run(cluster) {
      const workload = sharded(cluster);
      begin(cluster);
      const { draw } = cluster;
      const shard = draw.pick(ownedBy(cluster, 'p'));
      for (let round = 0; round < 8; round++) {
        // One of the messages of this move arrives when the next ones are under way.
        let skip = draw.int(0, 5);
        const lateMs = draw.int(60, 700);
        cluster.filter((m) => {
          if (!isMigration(m)) return undefined;
          if (m.kind === 'request' && skip-- === 0) return lateMs;
          return draw.chance(0.5) ? 'duplicate' : undefined;
        });
        workload.move(shard, round % 2 === 0 ? 'q' : 'p');
        for (const client of ['c2', 'c3'])
          workload.ask1(client, { kind: 'append', key: keyIn(shard), value: workload.newValue() });
      }
      cluster.filter(undefined);
      cluster.run(800);
      installTwice(cluster, shard);
      workload.finish();
    },
  },
  {
    id: 'C10',
    title: 'two groups that cannot hear each other hand nothing over, and do when they can',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'may a group serve a shard that it owns, but does not have yet?',
    run(cluster) {
      const workload = sharded(cluster);
      begin(cluster);
      cutBetween(cluster, nodesOf(cluster, 'p'), nodesOf(cluster, 'q'));
      const shard = cluster.draw.pick(ownedBy(cluster, 'p'));
      workload.move(shard, 'q');
      runUntilConfig(cluster, 'q');
      workload.ask('c2', { kind: 'get', key: keyIn(shard) });
      cluster.run(800);
      cluster.expect(workload.isBusy('c2'), {
        kind: 'safety',
        ruleId: 'served-without',
        rule: 'Nobody answers for a shard between its owners (handout, Part C)',
        evidence: `p and q are cut off from each other, shard ${shard} is on its way from p to q, and the get of c2 was answered; ${view(cluster).describe()}`,
      });
      cluster.heal();
      workload.finish();
    },
  },
  {
    id: 'C11',
    title: 'a leader that was cut off, and comes back, undoes nothing that has moved on',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: { test: 6, grade: 30 },
    lookAt: 'what does a leader that has missed two configurations still believe?',
    run(cluster) {
      const workload = sharded(cluster);
      begin(cluster);
      for (let round = 0; round < 3; round++) {
        const shard = cluster.draw.pick(ownedBy(cluster, 'p'));
        const key = keyIn(shard);
        const [from, to] = cluster.draw.pick([
          ['p', 'q'],
          ['q', 'p'],
        ]);
        // The leaders of one of the two groups and of the controllers, with c2 on their side.
        workload.ask1('c2', { kind: 'get', key });
        const old = [workload.leader(from as GroupId), workload.leader('k')];
        const rest = without([...cluster.nodes, ...cluster.clients], ...old, 'c2');
        cluster.partition([...old, 'c2'], rest);
        let read = () => {
          if (!workload.isBusy('c2'))
            workload.ask('c2', { kind: 'get', key }, () => cluster.after(10, () => read()));
        };
        read();
        workload.ask('c3', { kind: 'append', key, value: workload.newValue() });
        workload.elect(to as GroupId);
        cluster.runUntil(() => ['k', from as GroupId].every((g) => isLed(cluster, g, old)), 3000);
        cluster.runUntil(() => !workload.isBusy('c3'), 3000);
        workload.move(shard, 'q');
        workload.ask1('c3', { kind: 'append', key, value: workload.newValue() });
        workload.move(shard, 'p');
        workload.ask1('c3', { kind: 'append', key, value: workload.newValue() });
        cluster.heal();
        cluster.run(300);
        read = () => {};
        workload.settle();
        workload.ask1('c2', { kind: 'append', key, value: workload.newValue() });
      }
      workload.finish();
    },
  },
  {
    id: 'C12',
    title: 'through crashes, partitions, loss and many moves each key has one history',
    points: 3,
    nodes: { k: 3, p: 3, q: 3, r: 3, c: 5 },
    seeds: RANDOM,
    lookAt: 'who owned the shard in each configuration, and what did the log of each group decide?',
    plan(draw) {
      const steps = plan({
        clients: 5,
        durationMs: 4500,
        groups: ['k', 'p', 'q', 'r'],
        faults: ['crashLeader', 'isolateLeader', 'pauseLeader', 'parts', 'powerCycle'],
        movers: ['p', 'q', 'r'],
      })(draw);
      return [{ atMs: 0, do: 'begin' }, ...steps];
    },
    actions: {
      ...actions,
      begin: (cluster) => {
        sharded(cluster).join('p', 'q');
      },
    },
    run(cluster) {
      calm(cluster);
      sharded(cluster).finish();
    },
  },
];

const isLed = (cluster: Cluster, group: GroupId, old: readonly NodeId[]) =>
  view(cluster).leaderOf(group, without(nodesOf(cluster, group), ...old)) !== undefined;
