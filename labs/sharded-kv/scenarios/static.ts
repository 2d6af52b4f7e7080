/** Part B: a store in shards, each with one group; the configuration does not change. */
import type { Cluster, Scenario } from 'faultlab';
import { type Result, SHARDS } from '../contract.ts';
import { s, view } from '../view.ts';
import { ALL_SHARDS, describe, type KeyOperation, keyIn, sharded } from '../workload.ts';
import {
  actions,
  calm,
  crashAll,
  dropFirst,
  isClient,
  isDone,
  plan,
  restartAll,
} from './faults.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 8, grade: 60 };

/** One client alone sees what it did: no search is needed to check that. */
function expectResult(cluster: Cluster, input: KeyOperation, expected: Result): void {
  const result = sharded(cluster).ask1('c1', input);
  cluster.expect(JSON.stringify(result) === JSON.stringify(expected), {
    kind: 'safety',
    ruleId: 'one-client',
    rule: 'One client alone sees what it did (contract, Operation)',
    evidence: `${describe(input)} gave ${JSON.stringify(result)}, not ${JSON.stringify(expected)}`,
    lookAt:
      'does an operation go to the group that owns the shard of its key, and to its key only?',
  });
}

export const fixed: readonly Scenario[] = [
  {
    id: 'B1',
    title: 'one client sees what it did to keys of all shards',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 1 },
    seeds: DIRECTED,
    lookAt:
      'how does a client find the group that owns a key, and how does a group know what it owns?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      const expect = (input: KeyOperation, result: Result) => expectResult(cluster, input, result);
      for (const shard of ALL_SHARDS) {
        const [key, other] = [keyIn(shard), keyIn(shard, '2')];
        expect({ kind: 'get', key }, { value: '' });
        expect({ kind: 'put', key, value: `a${shard}` }, {});
        expect({ kind: 'append', key, value: 'b' }, {});
        expect({ kind: 'cas', key: other, from: 'x', to: 'y' }, { done: false });
        expect({ kind: 'cas', key: other, from: '', to: `c${shard}` }, { done: true });
      }
      for (const shard of ALL_SHARDS) {
        expect({ kind: 'get', key: keyIn(shard) }, { value: `a${shard}b` });
        expect({ kind: 'get', key: keyIn(shard, '2') }, { value: `c${shard}` });
      }
      workload.finish();
    },
  },
  {
    id: 'B2',
    title: 'an operation that comes before there is a group waits for one',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: DIRECTED,
    lookAt: "what does a client do when a shard is nobody's, or its group has not heard of it yet?",
    run(cluster) {
      const workload = sharded(cluster);
      workload.elect();
      workload.ask('c2', { kind: 'append', key: keyIn(0), value: workload.newValue() });
      workload.ask('c3', { kind: 'get', key: keyIn(7) });
      let asked = 0;
      cluster.filter((m) => {
        if (m.kind === 'request' && isClient(m.from)) asked++;
        return undefined;
      });
      cluster.run(1000);
      cluster.expect(asked / 2 <= 80, {
        kind: 'contract',
        ruleId: 'flood',
        rule: 'A client sends at most 80 requests a second (handout, The contract)',
        evidence: `while all shards were nobody's, c2 and c3 sent ${asked} requests in a second`,
        lookAt: 'how long does a client wait before it asks the same question again?',
      });
      cluster.expect(workload.isBusy('c2') && workload.isBusy('c3'), {
        kind: 'safety',
        ruleId: 'nobody-answered',
        rule: 'Only the owner of a shard answers for its keys (contract, request)',
        evidence: `there is no configuration yet, and ${workload.isBusy('c2') ? 'the get of c3' : 'the append of c2'} was answered`,
      });
      // Clients hear of the configuration at once, the groups a while later.
      cluster.filter((m) =>
        m.kind === 'reply' && m.method === 'control' && !isClient(m.to) ? 'drop' : undefined,
      );
      workload.join('p', 'q');
      cluster.run(600);
      cluster.filter(undefined);
      workload.finish();
    },
  },
  {
    id: 'B3',
    title: 'with many clients and two groups each key has one history',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 5 },
    seeds: RANDOM,
    lookAt: 'who executes a request: every replica, when its entry is applied?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      workload.mingle(1800, { shards: [0, 1, 8, 9] });
      workload.finish();
    },
  },
  {
    id: 'B4',
    title: 'an append whose reply was lost happens once, in every shard',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'how does a shard know that it has done this request before?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      workload.fill([0, 1, 2, 3]);
      for (const shard of [0, 3, 1, 2, 0]) {
        dropFirst(cluster, 2, isDone);
        workload.ask1('c1', { kind: 'append', key: keyIn(shard), value: workload.newValue() });
        workload.ask1('c2', { kind: 'append', key: keyIn(shard), value: workload.newValue() });
      }
      cluster.filter(undefined);
      workload.finish();
    },
  },
  {
    id: 'B5',
    title: 'a client that knows its way asks one node, and no controller',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: DIRECTED,
    lookAt: 'what does a client remember from one operation to the next, and of which group?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      for (const client of cluster.clients) workload.fill(ALL_SHARDS, client);
      const since = cluster.nowMs;
      const [requests, before] = [cluster.count('requests', 'request'), workload.answered];
      // The groups go on asking for the next configuration: clients have no reason to.
      const asked = new Set<string>();
      cluster.filter((m) => {
        if (m.kind === 'request' && m.method === 'control' && isClient(m.from)) asked.add(m.from);
        return undefined;
      });
      workload.mingle(1200);
      workload.settle();
      cluster.filter(undefined);
      const each = (cluster.count('requests', 'request') - requests) / (workload.answered - before);
      const rule =
        'While leaders and shards stay where they are, an operation takes one request (handout, The contract)';
      cluster.expect(each <= 1.2, {
        kind: 'contract',
        ruleId: 'leader-forgotten',
        rule,
        evidence: `${workload.answered - before} operations since ${s(since)} took ${each.toFixed(2)} requests each`,
      });
      cluster.expect(asked.size === 0, {
        kind: 'contract',
        ruleId: 'config-forgotten',
        rule,
        evidence: `since ${s(since)} nothing has moved, and ${[...asked].join(', ')} asked the controllers`,
        lookAt: 'when is what a client knows about the shards out of date, and how does it notice?',
      });
      workload.finish();
    },
  },
  {
    id: 'B6',
    title: 'a group without a majority stops nobody else',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: DIRECTED,
    lookAt: "what do the groups, and a client's requests to them, have to do with each other?",
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      workload.fill();
      const owned = (group: string) =>
        view(cluster).latest.shards.flatMap((owner, shard) => (owner === group ? [shard] : []));
      const leader = workload.leader('p');
      const dead = view(cluster)
        .nodesOf('p')
        .filter((node) => node !== leader);
      crashAll(cluster, dead);
      workload.ask('c3', { kind: 'append', key: keyIn(owned('p')[0] as number), value: 'p.' });
      const since = cluster.nowMs;
      workload.mingle(1500, { clients: ['c1', 'c2'], shards: owned('q') });
      const done = workload.doneSince(since).length;
      cluster.expect(done >= 30, {
        kind: 'liveness',
        ruleId: 'others-stuck',
        rule: 'A group that is intact answers, whatever becomes of another (handout, Part B)',
        evidence: `in 1.5 s without ${dead.join(' and ')}, c1 and c2 were answered ${done} times by q; ${view(cluster).describe()}`,
      });
      cluster.expect(workload.isBusy('c3'), {
        kind: 'safety',
        ruleId: 'minority-answered',
        rule: 'Without a majority nothing is committed, so nothing is answered (Raft §8)',
        evidence: `${leader} alone answered the append of c3`,
        lookAt: 'may a replica answer when it has proposed, or only when the entry is applied?',
      });
      restartAll(cluster, dead);
      workload.finish();
    },
  },
  {
    id: 'B7',
    title: 'a power failure of everything loses nothing and repeats nothing',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'what does a snapshot of a replica hold besides keys?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      workload.fill();
      cluster.filter((m) => (m.to === 'c2' && isDone(m) ? 'drop' : undefined));
      workload.ask('c2', { kind: 'append', key: keyIn(1), value: workload.newValue() });
      for (let i = 0; i < 110; i++)
        workload.ask1('c1', {
          kind: i % 4 === 0 ? 'append' : 'put',
          key: keyIn(i % SHARDS),
          value: workload.newValue(),
        });
      crashAll(cluster);
      cluster.run(20);
      restartAll(cluster);
      cluster.filter(undefined);
      workload.finish();
    },
  },
  {
    id: 'B8',
    title: 'through crashes, partitions and loss each key has one history',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 4 },
    seeds: RANDOM,
    lookAt:
      'which replica believed that it led, and what had the majority of its group done by then?',
    plan(draw) {
      const steps = plan({
        clients: 4,
        durationMs: 4000,
        groups: ['k', 'p', 'q'],
        faults: ['crashLeader', 'isolateLeader', 'pauseLeader', 'powerCycle'],
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
