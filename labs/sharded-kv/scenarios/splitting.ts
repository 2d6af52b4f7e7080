/** Part G: a shard with too much to do is cut in two, and one half goes to somebody who has time. */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import {
  type Config,
  type GroupId,
  type Shard,
  SNAPSHOT_EVERY,
  type Split,
  shardIn,
} from '../contract.ts';
import { inLines, inNumbers, LoadMeter } from '../load.ts';
import { timed } from '../timed.ts';
import { transacted } from '../transacted.ts';
import { inWords, s, splitsOf, view } from '../view.ts';
import { keyIn, sharded } from '../workload.ts';
import { expectShared } from './control.ts';
import {
  actions,
  calm,
  crashAll,
  cutBetween,
  disturbed,
  dropFirst,
  isClient,
  isDone,
  restartAll,
} from './faults.ts';
import { ownedBy } from './moving.ts';
import { expectDeleted } from './progress.ts';
import { finish as finishTimes, setPAhead } from './times.ts';
import { finish as finishTransactions } from './transactions.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 8, grade: 60 };
const DURATION_MS = 2600;

/** Keys of shard 0, in their order, as a busy customer has them. */
const HOT = [keyIn(0), keyIn(0, '3'), keyIn(0, '6'), keyIn(0, '9')];
const [FIRST = '', LOWER = '', UPPER = '', LAST = ''] = HOT;

const shardNow = (cluster: Cluster, key: string): Shard => shardIn(view(cluster).latest, key);

const nodesOf = (cluster: Cluster, group: GroupId): NodeId[] => view(cluster).nodesOf(group);

/** Every key gets a value: one after the other. */
function fill(cluster: Cluster, keys: readonly string[]): void {
  const workload = sharded(cluster);
  for (const key of keys) workload.ask1('c1', { kind: 'append', key, value: workload.newValue() });
}

/** Splits the shard that `at` is in; the configuration says so, and gives both halves to one group. */
function split(cluster: Cluster, at: string): Config {
  const before = view(cluster).latest;
  const of = shardIn(before, at);
  const after = sharded(cluster).split(of, at);
  const made: Split = { of, at, shard: before.shards.length };
  const splits = splitsOf({ ...before, splits: [...(before.splits ?? []), made] });
  const owners = [...before.shards, before.shards[of] ?? null];
  const isRight = `${after.shards}` === `${owners}` && splitsOf(after) === splits;
  cluster.expect(isRight, {
    kind: 'safety',
    ruleId: 'wrong-split',
    rule: 'A split adds a shard with the next number and the same owner, and changes nothing else (contract, Change)',
    evidence: `split shard ${of} at ${at} made ${inWords(after)} from ${inWords(before)}`,
    lookAt: 'what must a configuration hold for a key to be found?',
  });
  return after;
}

/** A change that shares out evenly: all shards, the new ones included. */
function shareOut(cluster: Cluster, kind: 'join' | 'leave', group: GroupId): void {
  const workload = sharded(cluster);
  const before = view(cluster).latest;
  const change =
    kind === 'join'
      ? ({ kind, groups: workload.groupsOf(group) } as const)
      : ({ kind, groups: [group] } as const);
  const after = workload.change1('c1', change);
  expectShared(cluster, before, change, after);
  cluster.expect(splitsOf(after) === splitsOf(before), {
    kind: 'safety',
    ruleId: 'split-forgotten',
    rule: 'What was split stays split (contract, Config)',
    evidence: `${kind} ${group} made ${inWords(after)} from ${inWords(before)}`,
    lookAt: 'which changes make a configuration, and how much of the one before stays in it?',
  });
}

export const splitting: readonly Scenario[] = [
  {
    id: 'G1',
    title: 'a shard is split while it is used, and nothing in it is lost',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 4 },
    seeds: DIRECTED,
    lookAt: 'which shard is a key in, for the client, for the group, and at which entry?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      const keys = [...HOT, keyIn(1), keyIn(9)];
      fill(cluster, keys);
      const isImpossible = (shard: Shard, at: string) =>
        workload.change1('c1', { kind: 'split', shard, at }, { makes: 0 });
      workload.begin(700, { clients: ['c2', 'c3', 'c4'], keys });
      cluster.run(150);
      split(cluster, 'd5');
      cluster.run(100);
      for (const [shard, at] of [
        [0, 'd5'],
        [10, 'd5'],
        [10, 'd3'],
        [1, 'd7'],
        [12, 'd7'],
      ] as const)
        isImpossible(shard, at);
      split(cluster, 'd8');
      workload.expectSettled();
      cluster.run(300);
      workload.settle();
      // All of it travels to p, and one half back.
      shareOut(cluster, 'leave', 'q');
      fill(cluster, keys);
      shareOut(cluster, 'join', 'q');
      fill(cluster, keys);
      workload.expectSettled();
      expectDeleted(cluster, ['p', 'q']);
      workload.finish();
    },
  },
  {
    id: 'G2',
    title: 'what was done before a split is not done again after it, in either half',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: DIRECTED,
    lookAt: 'what does a shard know that belongs to no single key, and which half needs it?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      fill(cluster, HOT);
      for (const [key, at] of cluster.draw.shuffle([
        [LOWER, 'd5'],
        [LAST, 'd8'],
        [UPPER, 'd55'],
        [FIRST, 'd1'],
      ] as const)) {
        workload.ask1('c2', { kind: 'get', key });
        // c2 hears nothing of what the shard has done; and, but for one key, nothing from the controllers.
        cluster.filter((m) => (m.to === 'c2' && isDone(m) ? 'drop' : undefined));
        if (key !== LOWER) cutBetween(cluster, ['c2'], nodesOf(cluster, 'k'));
        workload.ask('c2', { kind: 'append', key, value: workload.newValue() });
        cluster.run(150);
        split(cluster, at);
        workload.expectSettled();
        cluster.note('the shard is split; it has done the append of c2, unheard');
        if (key !== LOWER) {
          // The half with the key is somebody else's before c2 is answered, or hears of it.
          const shard = shardNow(cluster, key);
          workload.move(shard, view(cluster).latest.shards[shard] === 'p' ? 'q' : 'p');
          workload.expectSettled();
          cluster.run(500);
        }
        cluster.filter(undefined);
        cluster.heal();
        workload.settle();
        workload.ask1('c1', { kind: 'append', key, value: workload.newValue() });
      }
      // The operator hears nothing of its split, and another has made the next by the time it asks again.
      dropFirst(cluster, 1, (m) => m.to === 'c1' && isDone(m));
      const { num } = view(cluster).latest;
      const shard = shardNow(cluster, 'd4');
      workload.ask('c1', { kind: 'split', shard, at: 'd4' });
      cluster.runUntil(() => view(cluster).latest.num > num, 1000);
      workload.control1('c3', { kind: 'split', shard: 1, at: 'e5' });
      workload.settle();
      const made = view(cluster).latest.num - num;
      cluster.expect(made === 2, {
        kind: 'safety',
        ruleId: 'not-once',
        rule: 'Each change makes one configuration, however often it is asked for (contract, Numbered)',
        evidence: `two operators split a shard each, and that made ${made} configurations`,
      });
      workload.finish();
    },
  },
  {
    id: 'G3',
    title: 'whoever crashes in the middle of a split, or long after it, the split is done once',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: { test: 6, grade: 40 },
    lookAt: 'at which entry is the shard split, on each replica, and what of it is in a snapshot?',
    run(cluster) {
      const workload = sharded(cluster);
      const { draw } = cluster;
      workload.join('p', 'q');
      own(cluster, FIRST, 'p');
      fill(cluster, HOT);
      for (const at of draw.shuffle(['d2', 'd5', 'd8'])) {
        const late = draw.chance(0.5);
        // What the controllers say comes to one leader late, to the next at once: both propose it.
        cluster.filter((m) =>
          late && m.method === 'control' && m.kind === 'reply' && !isClient(m.to)
            ? draw.int(0, 400)
            : undefined,
        );
        split(cluster, at);
        cluster.run(draw.int(0, 90));
        const group = draw.pick(['p', 'p', 'k']);
        const leader = workload.leader(group);
        const nodes = draw.chance(0.4) ? nodesOf(cluster, group) : [leader];
        crashAll(cluster, nodes);
        cluster.run(draw.int(0, 200));
        workload.ask('c2', { kind: 'append', key: LAST, value: workload.newValue() });
        workload.ask('c3', { kind: 'append', key: LOWER, value: workload.newValue() });
        cluster.run(50);
        restartAll(cluster, nodes);
        workload.settle();
        cluster.filter(undefined);
        workload.expectSettled();
        fill(cluster, [FIRST, UPPER]);
      }
      // Everything that was said is in snapshots now, and in nobody's memory.
      for (let i = 0; i < SNAPSHOT_EVERY + 10; i++) {
        fill(cluster, [draw.pick(HOT)]);
        workload.change1('c1', { kind: 'split', shard: 1, at: LAST }, { makes: 0 });
      }
      const all = [...nodesOf(cluster, 'k'), ...nodesOf(cluster, 'p')];
      crashAll(cluster, all);
      cluster.run(20);
      restartAll(cluster, all);
      fill(cluster, HOT);
      workload.move(shardNow(cluster, LAST), 'q');
      fill(cluster, HOT);
      workload.finish();
    },
  },
  {
    id: 'G4',
    title: 'a transaction that is under way when its shard is split ends in both halves',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, r: 3, c: 4 },
    seeds: { test: 5, grade: 30 },
    lookAt: 'a promise was given about keys of both halves: who holds it now, and who tells them?',
    run(cluster) {
      const { draw } = cluster;
      sharded(cluster).join('p', 'q', 'r');
      const keys: string[] = [];
      const rounds = draw.shuffle(['open', 'decided', 'decided', 'unheard'] as const);
      for (const [round, when] of rounds.entries()) {
        // Four shards, each of which is split once; the third party of each transaction is q.
        const [lower, upper, at] = ['3', '6', '5'].map((tail) => keyIn(round, tail)) as Triple;
        const far = keyIn(8 - round, '1');
        keys.push(lower, upper, far);
        divide(cluster, { lower, upper, at, far, when });
      }
      cluster.run(1000);
      timed(cluster).snapshot('c4', keys);
      timed(cluster).wait('c4');
      finishTransactions(cluster, keys);
    },
  },
  {
    id: 'G5',
    title: 'a snapshot at a time before the split shows what was there then, and stays the same',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 5 },
    seeds: DIRECTED,
    lookAt: 'which time has the shard reached, and which half must not go back before it?',
    run(cluster) {
      const store = timed(cluster);
      const workload = sharded(cluster);
      workload.join('p', 'q');
      setPAhead(cluster);
      const used: string[] = [];
      for (const [round, writer] of ['c3', 'c4', 'c5'].entries()) {
        const shard = ownedBy(cluster, 'p')[round] as Shard;
        const [lower = '', upper = '', at = ''] = ['3', '6', '5'].map((tail) => keyIn(shard, tail));
        used.push(lower, upper);
        for (const key of [lower, upper, upper]) store.write1('c1', key);
        const before = store.write1('c1', lower);
        store.snapshot('c2', [lower, upper]);
        store.wait('c2');
        split(cluster, at);
        if (round > 0) workload.move(shardNow(cluster, upper), 'q');
        store.write1(writer, upper);
        store.snapshotAt('c1', before, [lower, upper]);
        store.wait('c1');
        store.readAgain('c2', 3);
        workload.expectSettled();
      }
      finishTimes(cluster, used);
    },
  },
  {
    id: 'G6',
    title: 'a hot shard that is split, and half of it moved, no longer holds up its neighbours',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 7 },
    seeds: { test: 3, grade: 10 },
    lookAt: 'whom does a client ask first about a key of the half that has moved?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      own(cluster, FIRST, 'p');
      const other = keyIn(ownedBy(cluster, 'p').find((shard) => shard !== 0) as Shard);
      fill(cluster, [...HOT, other]);
      const meter = new LoadMeter(cluster);
      const before = meter.measure({ hot: HOT, other });
      split(cluster, 'd5');
      workload.move(shardNow(cluster, LAST), 'q');
      cluster.mark('the half from d5 on goes to q');
      workload.expectSettled();
      for (const client of cluster.clients)
        for (const key of HOT) workload.ask1(client, { kind: 'get', key });
      const after = meter.measure({ hot: HOT, other });
      cluster.filter(undefined);
      for (const line of inLines(before, after)) cluster.tell(line);
      const isRelieved =
        after.shareOfP <= 75 &&
        after.hotPerSecond >= 1.3 * before.hotPerSecond &&
        after.othersMs <= 0.9 * before.othersMs;
      cluster.expect(isRelieved, {
        kind: 'liveness',
        ruleId: 'not-relieved',
        rule: 'Once half of a hot shard has moved to another group, it is no longer a burden to the first (handout, Part G)',
        evidence: `before the split ${inNumbers(before)}; after half of it went to q, at ${s(cluster.nowMs)}, ${inNumbers(after)}`,
      });
      workload.finish();
    },
  },
  {
    id: 'G7',
    title:
      'with crashes, loss, moves and splits each key has one history, and transactions an order',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 5 },
    seeds: RANDOM,
    lookAt: 'in which shard was the key in each configuration, and which log had it then?',
    plan(draw) {
      const steps = disturbed(draw, DURATION_MS, { atMs: 250, do: 'use' });
      for (let atMs = 400; atMs < DURATION_MS; atMs += draw.int(150, 500)) {
        const key = draw.pick(['d2', 'd5', 'd8', 'e5', 'l5']);
        if (draw.chance(0.6)) steps.push({ atMs, do: 'splitAt', key });
        else steps.push({ atMs, do: 'moveKey', key, group: draw.pick(['p', 'q']) });
      }
      return steps.sort((a, b) => a.atMs - b.atMs);
    },
    actions: {
      ...actions,
      begin: (cluster) => {
        sharded(cluster).join('p', 'q');
      },
      use(cluster) {
        const ms = DURATION_MS - cluster.nowMs;
        transacted(cluster).begin(ms, TRANSACTED, ['c2', 'c3']);
        sharded(cluster).begin(ms, { clients: ['c4', 'c5'], keys: ['d1', 'd4', 'd7', 'e7'] });
      },
      splitAt(cluster, { key }) {
        if (sharded(cluster).isBusy('c1')) return;
        const at = key as string;
        sharded(cluster).ask('c1', { kind: 'split', shard: shardNow(cluster, at), at });
      },
      moveKey(cluster, { key, group }) {
        if (sharded(cluster).isBusy('c1')) return;
        const shard = shardNow(cluster, key as string);
        sharded(cluster).ask('c1', { kind: 'move', shard, group: group as GroupId });
      },
    },
    run(cluster) {
      cluster.run(Math.max(0, DURATION_MS - cluster.nowMs));
      calm(cluster);
      finishTransactions(cluster, TRANSACTED);
      sharded(cluster).finish();
    },
  },
];

const TRANSACTED = ['d3', 'd6', 'd9', 'e6', 'l6'];

type Triple = [lower: string, upper: string, at: string];

interface Division {
  readonly lower: string;
  readonly upper: string;
  readonly at: string;
  /** In a shard of `q`. */
  readonly far: string;
  /** How far the transaction is when the shard is split; `unheard`: it begins before p hears of the split. */
  readonly when: 'open' | 'decided' | 'unheard';
}

/**
 * A transaction in both halves of a shard of `p`, and in one of `q`. The shard is split while it is
 * under way; in the end it has been done in all three, or in none.
 */
function divide(cluster: Cluster, division: Division): void {
  const { lower, upper, far, when } = division;
  const work = transacted(cluster);
  own(cluster, lower, 'p');
  own(cluster, far, 'q');
  sharded(cluster).expectSettled();
  cluster.run(800); // all that was before is over everywhere
  if (when === 'unheard') splitUnheard(cluster, division);
  else splitBehind(cluster, division);
  cluster.run(400);
  cluster.heal();
  work.settle();
  work.transact1(
    'c3',
    [upper, lower, far].map((key): { kind: 'get'; key: string } => ({ kind: 'get', key })),
  );
}

const appends = (cluster: Cluster, ...keys: string[]) =>
  keys.map((key) => transacted(cluster).append(key));

/**
 * p and q cannot hear each other, from before the transaction is decided, or from the moment its client
 * is told that it is. Then the shard is split, and the upper half goes to `r`, which can hear everybody.
 */
function splitBehind(cluster: Cluster, { lower, upper, at, far, when }: Division): void {
  const work = transacted(cluster);
  const store = sharded(cluster);
  const cut = () => {
    cutBetween(cluster, nodesOf(cluster, 'p'), nodesOf(cluster, 'q'));
    cluster.note(`p and q cannot hear each other; the transaction of c1 is ${when}`);
  };
  // The record is in the lower half when that has to ask q, and in q when q has to tell both halves.
  const order = when === 'open' ? [lower, upper, far] : [far, lower, upper];
  if (when === 'open') cut();
  work.transact('c1', appends(cluster, ...order), when === 'decided' ? cut : undefined);
  if (when === 'open') cluster.run(300);
  else work.settle();
  store.control1('c2', { kind: 'split', shard: shardNow(cluster, at), at });
  if (cluster.draw.chance(0.7))
    store.control1('c2', { kind: 'move', shard: shardNow(cluster, at), group: 'r' });
}

/** The client knows of two shards, and asks p for two promises; p has not heard of the split, and has one. */
function splitUnheard(cluster: Cluster, { lower, upper, at, far }: Division): void {
  const store = sharded(cluster);
  cutBetween(cluster, nodesOf(cluster, 'k'), nodesOf(cluster, 'p'));
  cluster.note('p cannot hear the controllers');
  store.control1('c2', { kind: 'split', shard: shardNow(cluster, at), at });
  // So that c1 has to ask who owns what: q no longer serves this one.
  const others = ownedBy(cluster, 'q').filter((shard) => shard !== shardNow(cluster, far));
  const moved = keyIn(others[0] as Shard);
  own(cluster, moved, 'r');
  cluster.run(500);
  store.ask1('c1', { kind: 'get', key: moved });
  transacted(cluster).transact('c1', appends(cluster, far, lower, upper));
}

/** Gives the shard of a key to a group, unless it has it already. */
function own(cluster: Cluster, key: string, group: GroupId): void {
  const shard = shardNow(cluster, key);
  if (view(cluster).latest.shards[shard] !== group) sharded(cluster).move(shard, group);
}
