/** Part E: versions with the times of hybrid logical clocks, and reads of many shards at one time. */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import {
  type GroupId,
  MAX_OFFSET_MS,
  type Shard,
  SNAPSHOT_EVERY,
  shardOf,
  type Timestamp,
} from '../contract.ts';
import { timed } from '../timed.ts';
import { view } from '../view.ts';
import { keyIn, sharded } from '../workload.ts';
import { actions, calm, crashAll, disturbed, restartAll } from './faults.ts';
import { ownedBy } from './moving.ts';

const DIRECTED = { test: 5, grade: 20 };
const RANDOM = { test: 8, grade: 60 };
/** How far apart clocks are, as a share of the bound, where nobody may be refused: late messages need room. */
const NEAR = 0.8;
const DURATION_MS = 3500;
/** In four shards. */
const KEYS = [keyIn(0), keyIn(1), keyIn(8), keyIn(9)];

/** Keys in two shards of each group, whichever ones these are. */
function keysOf(cluster: Cluster): { ofP: string[]; ofQ: string[] } {
  const keys = (shards: readonly Shard[]) => shards.map((shard) => keyIn(shard));
  return {
    ofP: keys(ownedBy(cluster, 'p').slice(0, 2)),
    ofQ: keys(ownedBy(cluster, 'q').slice(-2)),
  };
}

const everybody = (cluster: Cluster): readonly NodeId[] => [...cluster.nodes, ...cluster.clients];

/** All clocks are as far apart as they may be: some half the bound ahead, some half of it behind. */
function skew(cluster: Cluster): void {
  for (const node of everybody(cluster)) {
    const far = cluster.draw.chance(0.7) ? NEAR / 2 : NEAR / 3;
    cluster.jumpClock(node, Math.round((cluster.draw.chance(0.5) ? far : -far) * MAX_OFFSET_MS));
  }
}

/** Sets the clocks of a group apart from all others, by `share` of the bound in all. */
function setApart(cluster: Cluster, group: GroupId, share: number): void {
  const isOf = new Set(view(cluster).nodesOf(group));
  for (const node of everybody(cluster))
    cluster.jumpClock(node, Math.round((isOf.has(node) ? 0.5 : -0.5) * share * MAX_OFFSET_MS));
}

/** p, and c2, which reads there, are as far ahead of q as may be; clients tell q nothing. */
export function setPAhead(cluster: Cluster): void {
  setApart(cluster, 'p', NEAR);
  cluster.jumpClock('c2', NEAR * MAX_OFFSET_MS);
}

/** The end of every scenario with times. */
export function finish(cluster: Cluster, keys: readonly string[] = KEYS): void {
  const store = timed(cluster);
  store.settle();
  sharded(cluster).settle();
  sharded(cluster).expectSettled();
  store.readAgain('c1');
  store.snapshot('c1', keys);
  store.wait('c1');
  store.expectConsistent();
}

/** Fills the log of p with writes to a key other than `not`, until it is near enough to its next snapshot. */
function fillLog(
  cluster: Cluster,
  not: readonly string[],
  isEnough: (toSnapshot: number) => boolean,
): void {
  const workload = sharded(cluster);
  const key = ownedBy(cluster, 'p')
    .map((shard) => keyIn(shard))
    .find((one) => !not.includes(one)) as string;
  for (let i = 0; i < 2 * SNAPSHOT_EVERY; i++) {
    const { index = 0 } = view(cluster).groups.get('p') ?? {};
    if (isEnough(SNAPSHOT_EVERY - (index % SNAPSHOT_EVERY))) return;
    workload.ask1('c1', { kind: 'append', key, value: workload.newValue() });
  }
}

export const times: readonly Scenario[] = [
  {
    id: 'E1',
    title: 'every write has a time, and a snapshot at a time shows what was written up to then',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: DIRECTED,
    lookAt:
      'which versions of a key does a shard keep, and which of them does a read at a time take?',
    run(cluster) {
      const store = timed(cluster);
      sharded(cluster).join('p', 'q');
      const told: Timestamp[] = [];
      for (let round = 0; round < 3; round++)
        for (const key of KEYS) told.push(store.write1('c1', key));
      for (const at of cluster.draw.shuffle(told)) {
        store.snapshotAt('c2', at, KEYS);
        store.wait('c2');
      }
      store.snapshot('c2', KEYS);
      store.wait('c2');
      store.write1('c2', KEYS[0] as string);
      finish(cluster);
    },
  },
  {
    id: 'E2',
    title: 'a client that is told a time reads what was written at it, in every shard',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'what does a server that is behind do with a time that somebody else has seen?',
    run(cluster) {
      const store = timed(cluster);
      sharded(cluster).join('p', 'q');
      // What p writes is in the future of q, whose clock is behind, but within the bound.
      setApart(cluster, 'p', NEAR);
      const { ofP, ofQ } = keysOf(cluster);
      const [inP = '', inQ = ''] = [ofP[0], ofQ[0]];
      for (let round = 0; round < 4; round++) {
        store.write1('c1', inP);
        const at = store.write1('c1', inQ);
        store.snapshotAt('c2', at, [...ofP, ...ofQ]);
        store.wait('c2');
        store.write1('c2', inQ);
      }
      finish(cluster, [...ofP, ...ofQ]);
    },
  },
  {
    id: 'E3',
    title:
      'a snapshot shows what was acknowledged before it, however wrong clocks are within the bound',
    points: 3,
    nodes: { k: 3, p: 3, q: 3, c: 4 },
    seeds: RANDOM,
    lookAt: 'how far may the clock of the writer be ahead of that of the reader?',
    run(cluster) {
      const store = timed(cluster);
      sharded(cluster).join('p', 'q');
      skew(cluster);
      for (let round = 0; round < 12; round++) {
        const [writer = '', reader = ''] = cluster.draw.shuffle(cluster.clients);
        store.write1(writer, cluster.draw.pick(KEYS));
        store.snapshot(reader, KEYS);
        store.wait(reader);
      }
      store.mingle(500, KEYS);
      finish(cluster);
    },
  },
  {
    id: 'E4',
    title: 'what was read at a time stays as it was, whoever leads afterwards',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 5 },
    seeds: DIRECTED,
    lookAt: 'who knows that somebody has read at this time, once another node leads?',
    run(cluster) {
      const store = timed(cluster);
      const workload = sharded(cluster);
      workload.join('p', 'q');
      const { ofP } = keysOf(cluster);
      // c2 reads in the future of all others; what is written after that has to get a later time.
      cluster.jumpClock('c2', NEAR * MAX_OFFSET_MS);
      for (const [round, writer] of ['c3', 'c4', 'c5'].entries()) {
        store.write1('c1', ofP[1] as string);
        store.snapshot('c2', ofP);
        store.wait('c2');
        const leader = workload.leader('p');
        cluster.crash(leader);
        workload.elect('p');
        for (const key of ofP) store.write1(writer, key);
        store.readAgain('c2', 2);
        cluster.restart(leader);
        if (round !== 1) continue;
        crashAll(cluster, view(cluster).nodesOf('p'));
        restartAll(cluster, view(cluster).nodesOf('p'));
      }
      // In the end only a snapshot knows of the read: it is taken soon after, then the power of p fails.
      for (const writer of ['c3', 'c4', 'c5']) {
        fillLog(cluster, ofP, (toSnapshot) => toSnapshot === 4 || toSnapshot === 5);
        store.snapshot('c2', ofP);
        store.wait('c2');
        fillLog(cluster, ofP, (toSnapshot) => toSnapshot > 5);
        crashAll(cluster, view(cluster).nodesOf('p'));
        restartAll(cluster, view(cluster).nodesOf('p'));
        workload.elect('p');
        for (const key of ofP) store.write1(writer, key);
        store.readAgain('c2', 2);
      }
      finish(cluster, ofP);
    },
  },
  {
    id: 'E5',
    title: 'a shard moves with its past, and its times go on',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 5 },
    seeds: DIRECTED,
    lookAt: 'what does a shard bring along besides the last value of each key?',
    run(cluster) {
      const store = timed(cluster);
      const workload = sharded(cluster);
      workload.join('p', 'q');
      setPAhead(cluster);
      const { ofP, ofQ } = keysOf(cluster);
      for (const key of ofQ) store.write1('c1', key);
      for (const writer of ['c3', 'c4', 'c5']) {
        for (const key of ofP) store.write1('c1', key);
        store.snapshot('c2', ofP);
        store.wait('c2');
        const [key = ''] = ofP;
        const shard = shardOf(key);
        workload.move(shard, 'q');
        store.write1(writer, key);
        store.readAgain('c2', 3);
        workload.move(shard, 'p');
        workload.expectSettled();
      }
      finish(cluster, [...ofP, ...ofQ]);
    },
  },
  {
    id: 'E6',
    title: 'a node whose clock is out of bounds is refused, not believed',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: { test: 8, grade: 40 },
    lookAt: 'who could notice that a clock is wrong, before anything is written by it?',
    run(cluster) {
      const store = timed(cluster);
      const workload = sharded(cluster);
      workload.join('p', 'q');
      for (const key of KEYS) store.write1('c1', key);
      store.snapshot('c2', KEYS);
      store.wait('c2');
      store.mayRefuse = true;
      const wrong = cluster.draw.pick([workload.leader('p'), workload.leader('q'), 'c1']);
      const byMs = cluster.draw.pick([-1, 1]) * cluster.draw.int(4, 40) * MAX_OFFSET_MS;
      cluster.jumpClock(wrong, byMs);
      for (let round = 0; round < 4; round++)
        for (const client of ['c1', 'c2', 'c3']) {
          if (cluster.draw.chance(0.6)) store.write(client, cluster.draw.pick(KEYS));
          else store.snapshot(client, KEYS);
          store.wait(client);
        }
      cluster.expect(store.refused > 0, {
        kind: 'safety',
        ruleId: 'skew-unnoticed',
        rule: 'Clocks further apart than MAX_OFFSET_MS are noticed and refused (handout, Part E)',
        evidence: `the clock of ${wrong} was wrong by ${byMs} ms, and none of 12 operations was refused`,
      });
      cluster.jumpClock(wrong, -byMs);
      cluster.run(500);
      store.mayRefuse = false;
      for (const client of cluster.clients) store.write1(client, cluster.draw.pick(KEYS));
      finish(cluster);
    },
  },
  {
    id: 'E7',
    title: 'with skew, crashes, loss and moves, every snapshot is consistent',
    points: 3,
    nodes: { k: 3, p: 3, q: 3, c: 5 },
    seeds: RANDOM,
    lookAt: 'which shard is the missing version in, and who owned and led it then?',
    plan(draw) {
      const clients = ['c2', 'c3', 'c4', 'c5'];
      return disturbed(draw, DURATION_MS, { atMs: 250, do: 'mingle', clients });
    },
    actions: {
      ...actions,
      begin(cluster) {
        sharded(cluster).join('p', 'q');
        skew(cluster);
      },
      mingle: (cluster, { clients }) =>
        timed(cluster).begin(DURATION_MS - cluster.nowMs, KEYS, clients as NodeId[]),
    },
    run(cluster) {
      cluster.run(Math.max(0, DURATION_MS - cluster.nowMs));
      calm(cluster);
      finish(cluster);
    },
  },
];
