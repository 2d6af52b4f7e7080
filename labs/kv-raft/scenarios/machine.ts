/** Part A: a replicated state machine (Raft §2, §8). */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import { ask, asks } from '../asks.ts';
import type { Operation, Result } from '../contract.ts';
import { describe, kv } from '../workload.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 6, grade: 60 };

/** All but those that are `gone`. */
export const without = (nodes: readonly NodeId[], ...gone: readonly NodeId[]) =>
  nodes.filter((node) => !gone.includes(node));

/** One client alone sees what it did: no search is needed to check that. */
function expectResult(cluster: Cluster, input: Operation, expected: Result): void {
  const result = kv(cluster).ask1('c1', input);
  cluster.expect(JSON.stringify(result) === JSON.stringify(expected), {
    kind: 'safety',
    ruleId: 'one-client',
    rule: 'One client alone sees what it did (contract, Operation)',
    evidence: `${describe(input)} gave ${JSON.stringify(result)}, not ${JSON.stringify(expected)}`,
    lookAt:
      'what does each kind of operation do to a key that holds something, and to one that is empty?',
  });
}

export const machine: readonly Scenario[] = [
  {
    id: 'A1',
    title: 'one client sees what it did',
    points: 3,
    nodes: { n: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'how does a request get into the log, and its result back to the client?',
    run(cluster) {
      const expect = (input: Operation, expected: Result) => expectResult(cluster, input, expected);
      expect({ kind: 'get', key: 'x' }, { value: '' });
      expect({ kind: 'put', key: 'x', value: 'a' }, {});
      expect({ kind: 'append', key: 'x', value: 'b' }, {});
      expect({ kind: 'append', key: 'y', value: 'c' }, {});
      expect({ kind: 'get', key: 'x' }, { value: 'ab' });
      expect({ kind: 'cas', key: 'x', from: 'a', to: 'd' }, { done: false });
      expect({ kind: 'cas', key: 'x', from: 'ab', to: 'd' }, { done: true });
      expect({ kind: 'cas', key: 'z', from: '', to: 'e' }, { done: true });
      expect({ kind: 'get', key: 'x' }, { value: 'd' });
      expect({ kind: 'get', key: 'y' }, { value: 'c' });
      expect({ kind: 'put', key: 'x', value: 'f' }, {});
      expect({ kind: 'get', key: 'x' }, { value: 'f' });
      kv(cluster).finish();
    },
  },
  {
    id: 'A2',
    title: 'five clients see one history, and all servers come to one state',
    points: 3,
    nodes: { n: 3, c: 5 },
    seeds: RANDOM,
    lookAt: 'who is answered when an entry is applied: whoever waits at that index, in that term?',
    plan: (draw) => asks(draw, { clients: 5, durationMs: 2500 }),
    actions: { ask },
    run(cluster) {
      kv(cluster).finish();
    },
  },
  {
    id: 'A3',
    title: 'an operation is answered as soon as its entry is applied',
    points: 4,
    nodes: { n: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'what does the server do between applying an entry and replying?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'begin' });
      const before = workload.answered;
      for (let i = 0; i < 40; i++)
        workload.ask1('c1', { kind: 'append', key: 'x', value: workload.newValue() });
      const latencies = workload.latenciesMs.slice(before).toSorted((a, b) => a - b);
      const median = latencies[latencies.length >> 1] ?? 0;
      cluster.expect(median <= 45, {
        kind: 'contract',
        ruleId: 'slow',
        rule: 'On a calm network half of all operations take at most 45 ms (handout, The contract)',
        evidence: `of 40 appends the median took ${median.toFixed(1)} ms`,
      });
      workload.finish();
    },
  },
  {
    id: 'A4',
    title: 'a client that knows the leader asks nobody else',
    points: 3,
    nodes: { n: 5, c: 3 },
    seeds: DIRECTED,
    lookAt: 'which server does the next operation ask first?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      for (const client of cluster.clients) workload.put(client, 'x');
      workload.settle();
      const [requests, answered] = [cluster.count('requests', 'request'), workload.answered];
      workload.mingle(1500);
      workload.settle();
      const each =
        (cluster.count('requests', 'request') - requests) / (workload.answered - answered);
      cluster.expect(each <= 1.2, {
        kind: 'contract',
        ruleId: 'leader-forgotten',
        rule: 'While the leader stays, an operation takes one request (handout, The contract)',
        evidence: `${workload.answered - answered} operations took ${each.toFixed(2)} requests each`,
      });
      workload.finish();
    },
  },
  {
    id: 'A5',
    title: 'a minority answers nobody, a majority everybody, and the two never differ',
    points: 4,
    nodes: { n: 5, c: 4 },
    seeds: DIRECTED,
    lookAt: 'may a server answer when it has proposed, or only when the entry is committed?',
    run(cluster) {
      const workload = kv(cluster);
      const leader = workload.elect();
      for (const client of cluster.clients) workload.put(client, 'x');
      workload.settle();
      const friend = without(cluster.nodes, leader)[0] as NodeId;
      const others = without(cluster.nodes, leader, friend);
      cluster.partition([leader, friend, 'c1', 'c2'], [...others, 'c3', 'c4']);
      // A put to a key of its own may be done twice: that is for part B.
      workload.put('c1', 'c1');
      workload.get('c2', 'x');
      workload.elect(others);
      // They may have to find out first that the old leader does not answer.
      workload.mingle(4000, { clients: ['c3', 'c4'], keys: 1 });
      cluster.expect(!['c3', 'c4'].some((c) => workload.isBusy(c)) || workload.answered > 6, {
        kind: 'liveness',
        ruleId: 'majority-stuck',
        rule: 'A majority goes on without the others (Raft §2)',
        evidence: `c3 and c4 reach ${others.join(',')} and were answered ${workload.answered - 4} times in 4 s`,
      });
      cluster.expect(workload.isBusy('c1') && workload.isBusy('c2'), {
        kind: 'safety',
        ruleId: 'minority-answered',
        rule: 'Without a majority nothing is committed, so nothing is answered (Raft §8)',
        evidence: `${workload.isBusy('c1') ? 'the get of c2' : 'the put of c1'} was answered, and c1 and c2 reach only ${leader} and ${friend}`,
        lookAt: workload.isBusy('c1')
          ? 'how can a server that leads know that it still does?'
          : 'who said that the put was done, and what had been committed by then?',
      });
      cluster.heal();
      workload.finish();
    },
  },
  {
    id: 'A6',
    title: 'while no server leads, clients keep asking, but do not flood',
    points: 3,
    nodes: { n: 3, c: 3 },
    seeds: DIRECTED,
    lookAt: 'how long does a client wait when every server has said that it does not lead?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      for (const client of cluster.clients) workload.put(client, client);
      workload.settle();
      // Clients reach all servers; servers do not reach one another.
      for (const from of cluster.nodes)
        for (const to of cluster.nodes) if (from !== to) cluster.cut(from, to);
      cluster.run(500);
      const before = cluster.count('requests', 'request');
      for (const client of cluster.clients) workload.put(client, client);
      cluster.run(4000);
      const each = (cluster.count('requests', 'request') - before) / 4 / cluster.clients.length;
      cluster.expect(each <= 80, {
        kind: 'contract',
        ruleId: 'flood',
        rule: 'A client sends at most 80 requests a second (handout, The contract)',
        evidence: `while no server led, each client sent ${each.toFixed(0)} requests a second`,
      });
      cluster.heal();
      workload.finish();
    },
  },
];
