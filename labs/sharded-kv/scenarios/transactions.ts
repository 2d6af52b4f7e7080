/** Part F: transactions across several shards, by two-phase commit among logs. */
import type { Cluster, NodeId, Scenario, WireMessage } from 'faultlab';
import { type GroupId, type Step, shardOf } from '../contract.ts';
import { t, timed } from '../timed.ts';
import { transacted } from '../transacted.ts';
import { groupOf, view } from '../view.ts';
import { sharded } from '../workload.ts';
import { actions, calm, crashAll, disturbed, isClient, isMigration, restartAll } from './faults.ts';
import { get, KEYS, moveMidway, readBefore, settleOwners, undecidedAtOne } from './midway.ts';

const DIRECTED = { test: 5, grade: 20 };
const RANDOM = { test: 10, grade: 60 };
const DURATION_MS = 2200;
const [P1 = '', P2 = '', Q1 = '', Q2 = ''] = KEYS;

/** Between groups, or from a client to a group: whatever a transaction is done with. */
const isOfTransactions = (m: WireMessage) =>
  (isMigration(m) || isClient(m.from) || isClient(m.to)) &&
  groupOf(m.from) !== 'k' &&
  groupOf(m.to) !== 'k';

/** The leader of one of the groups that have the keys; whether it has the record, nobody knows. */
const aLeader = (cluster: Cluster): NodeId =>
  sharded(cluster).leader(cluster.draw.pick(['p', 'q']));

/** A snapshot shows a transaction as a whole or not at all, at any time. */
function expectWhole(cluster: Cluster): void {
  const { done } = transacted(cluster);
  for (const read of timed(cluster).reads)
    for (const one of done) {
      const shown = one.steps.flatMap((step) => {
        const i = read.keys.indexOf(step.key);
        if (step.kind === 'get' || i < 0) return [];
        return [{ step, isIn: `.${read.values[i]}`.includes(`.${step.value}`) }];
      });
      const [is, isNot] = [true, false].map((isIn) => shown.find((each) => each.isIn === isIn));
      cluster.expect(is === undefined || isNot === undefined, {
        kind: 'safety',
        ruleId: 'half-a-transaction',
        rule: 'A snapshot shows all writes of a transaction, or none (handout, Part F)',
        evidence: `${read.client} read ${read.keys.join(', ')} at ${t(read.at)} and saw that ${one.client} had appended "${is?.step.kind === 'append' && is.step.value}" to ${is?.step.key}, and not yet "${isNot?.step.kind === 'append' && isNot.step.value}" to ${isNot?.step.key}`,
        lookAt: 'what does a read at a time do with a key that an undecided transaction may write?',
      });
    }
}

export function finish(cluster: Cluster, keys: readonly string[] = KEYS): void {
  const work = transacted(cluster);
  work.settle();
  timed(cluster).settle();
  sharded(cluster).settle();
  sharded(cluster).expectSettled();
  work.finish(keys);
  expectWhole(cluster);
}

export const transactions: readonly Scenario[] = [
  {
    id: 'F1',
    title: 'a transaction reads and writes in several shards, and sees its own appends',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'what does a transaction read, and what does it ask the shards to write?',
    run(cluster) {
      const work = transacted(cluster);
      sharded(cluster).join('p', 'q');
      const expect = (steps: readonly Step[], expected: readonly (string | null)[]) => {
        const { client, values } = work.transact1('c1', steps);
        cluster.expect(`${values}` === `${expected}`, {
          kind: 'safety',
          ruleId: 'one-client',
          rule: 'One client alone sees what it did (contract, TransactionalKv)',
          evidence: `${client}: ${steps.map(({ kind, key }) => `${kind} ${key}`).join(', ')} gave ${JSON.stringify(values)}, not ${JSON.stringify(expected)}`,
        });
      };
      expect([get(P1), get(Q1)], ['', '']);
      const [a, b, c] = [work.append(P1), work.append(Q1), work.append(P1)];
      expect([a, b, get(P1), get(Q1), c, get(P1)], [null, null, '1.', '2.', null, '1.3.']);
      expect([get(Q1), get(P1), get(P2)], ['2.', '1.3.', '']);
      expect([get(Q1), work.append(Q2)], ['2.', null]);
      finish(cluster);
    },
  },
  {
    id: 'F2',
    title: 'of two that each read what the other writes, one comes first',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 4 },
    seeds: DIRECTED,
    lookAt: 'which of the things that a transaction has read may have changed before it commits?',
    run(cluster) {
      const work = transacted(cluster);
      sharded(cluster).join('p', 'q');
      work.transact1('c1', [work.append(P1), work.append(Q1)]);
      for (const client of cluster.clients) work.transact1(client, [get(P1), get(Q1)]);
      for (let round = 0; round < 5; round++) {
        work.transact('c1', [get(P1), get(Q1), work.append(P1)]);
        work.transact('c2', [get(Q1), get(P1), work.append(Q1)]);
        // These two hold what they have read while the other one's write is still on its way there.
        work.settle();
        work.transact('c1', [work.append(Q2), get(Q1), work.append(P1)]);
        work.transact('c2', [work.append(P2), get(P1), work.append(Q1)]);
        if (round % 2 === 0) work.transact('c3', [get(P1), work.append(Q2)]);
        if (round % 2 === 1) work.transact('c4', [get(Q2), get(P1), work.append(Q1)]);
        work.settle();
      }
      finish(cluster);
    },
  },
  {
    id: 'F3',
    title: 'many clients do transactions on few keys, and one order explains them all',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 5 },
    seeds: RANDOM,
    lookAt: 'which locks does a transaction hold, from when to when?',
    run(cluster) {
      const work = transacted(cluster);
      sharded(cluster).join('p', 'q');
      work.mingle(1000, KEYS, ['c1', 'c2', 'c3', 'c4']);
      finish(cluster);
    },
  },
  {
    id: 'F4',
    title: 'a snapshot shows a transaction as a whole, or not at all',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 5 },
    seeds: RANDOM,
    lookAt: 'what does a read at a time do with a key that an undecided transaction may write?',
    run(cluster) {
      const work = transacted(cluster);
      const store = timed(cluster);
      sharded(cluster).join('p', 'q');
      const endMs = cluster.nowMs + 600;
      // To tell one shard what was decided takes longer than to tell the other.
      cluster.filter((m) =>
        isMigration(m) && m.kind === 'request' && cluster.draw.chance(0.3) ? 60 : undefined,
      );
      for (const client of ['c4', 'c5']) {
        const read = () => {
          if (cluster.nowMs < endMs) store.snapshot(client, KEYS, () => cluster.after(3, read));
        };
        read();
      }
      for (const client of ['c1', 'c2', 'c3']) {
        const write = () => {
          const steps = cluster.draw
            .pick([
              [P1, Q1],
              [Q1, P1],
              [P2, Q2],
              [P1, Q2],
            ])
            .map((key) => work.append(key));
          if (cluster.nowMs < endMs) work.transact(client, steps, () => cluster.after(5, write));
        };
        write();
      }
      cluster.run(600);
      cluster.filter(undefined);
      finish(cluster);
    },
  },
  {
    id: 'F5',
    title: 'whoever crashes in the middle of a transaction, it ends, and holds no lock forever',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: { test: 8, grade: 40 },
    lookAt: 'how does a new leader know which transactions are not over?',
    run(cluster) {
      const work = transacted(cluster);
      sharded(cluster).join('p', 'q');
      work.transact1('c1', [work.append(P1), work.append(Q1)]);
      for (let round = 0; round < 5; round++) {
        const order = cluster.draw.chance(0.5) ? [P1, Q1] : [Q1, P1];
        work.transact(
          'c1',
          order.map((key) => work.append(key)),
        );
        cluster.run(cluster.draw.int(5, 45));
        const leader = aLeader(cluster);
        const all = cluster.draw.chance(0.3);
        const nodes = all ? view(cluster).nodesOf(groupOf(leader)) : [leader];
        crashAll(cluster, nodes);
        cluster.run(cluster.draw.int(0, 300));
        // Others want the same keys: they must not wait for somebody who never comes back.
        work.transact('c2', [work.append(Q1), get(P1)]);
        cluster.run(20);
        restartAll(cluster, nodes);
        work.settle();
      }
      finish(cluster);
    },
  },
  {
    id: 'F6',
    title: 'messages of transactions that are over change nothing, and lock nothing',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: RANDOM,
    lookAt: 'a request to lock comes after its transaction is over: who notices, and when?',
    run(cluster) {
      const work = transacted(cluster);
      sharded(cluster).join('p', 'q');
      work.transact1('c1', [work.append(P1), work.append(Q1)]);
      for (let round = 0; round < 6; round++) {
        let skip = cluster.draw.int(0, 6);
        const lateMs = cluster.draw.int(60, 600);
        cluster.filter((m) => {
          if (!isOfTransactions(m) || m.kind !== 'request') return undefined;
          if (skip-- === 0) return lateMs;
          return cluster.draw.chance(0.5) ? 'duplicate' : undefined;
        });
        work.transact('c1', [work.append(P1), work.append(Q1)]);
        cluster.run(cluster.draw.int(0, 30));
        work.transact('c2', [work.append(Q1), get(P1)]);
        work.settle();
      }
      cluster.filter(undefined);
      cluster.run(700);
      finish(cluster);
    },
  },
  {
    id: 'F7',
    title: 'a shard moves with its locks and its records',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, r: 3, c: 4 },
    seeds: { test: 8, grade: 40 },
    lookAt: 'who sees through a transaction whose record has moved, and who keeps its promises?',
    run(cluster) {
      const work = transacted(cluster);
      const store = sharded(cluster);
      store.join('p', 'q', 'r');
      const endMs = cluster.nowMs + 1200;
      work.begin(1200, KEYS, ['c2', 'c3', 'c4']);
      const { draw } = cluster;
      for (let round = 0; round < 5; round++) {
        cluster.run(draw.int(30, 180));
        const shard = shardOf(draw.pick(KEYS));
        const { shards } = view(cluster).latest;
        const others: GroupId[] = ['p', 'q', 'r'].filter((id) => id !== shards[shard]);
        store.move(shard, draw.pick(others));
      }
      cluster.run(Math.max(200, endMs - cluster.nowMs));
      work.settle();
      store.expectSettled();
      moveMidway(cluster, 'open');
      moveMidway(cluster, 'decided');
      moveMidway(cluster, 'twice');
      finish(cluster);
    },
  },
  {
    id: 'F8',
    title: 'a get or an append on its own respects what a transaction holds',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: DIRECTED,
    lookAt: 'a get, a put or an append meets the lock of a transaction: what is it told?',
    run(cluster) {
      const work = transacted(cluster);
      sharded(cluster).join('p', 'q');
      settleOwners(cluster);
      for (let round = 0; round < 4; round++) {
        undecidedAtOne(cluster, [P1, Q1]);
        readBefore(cluster, round % 2 === 0 ? [P1, Q1] : [Q1, P1]);
      }
      for (const client of cluster.clients) work.transact1(client, [get(P1), get(Q1)]);
      finish(cluster);
    },
  },
  {
    id: 'F9',
    title: 'with crashes, loss and moves one order still explains all transactions',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 5 },
    seeds: RANDOM,
    lookAt: 'which logs hold a promise, a decision, and what became of it, and in which order?',
    plan(draw) {
      const clients = ['c2', 'c3', 'c4', 'c5'];
      return disturbed(draw, DURATION_MS, { atMs: 250, do: 'transact', clients });
    },
    actions: {
      ...actions,
      begin: (cluster) => {
        sharded(cluster).join('p', 'q');
      },
      transact: (cluster, { clients }) =>
        transacted(cluster).begin(DURATION_MS - cluster.nowMs, KEYS, clients as NodeId[]),
    },
    run(cluster) {
      cluster.run(Math.max(0, DURATION_MS - cluster.nowMs));
      calm(cluster);
      finish(cluster);
    },
  },
];
