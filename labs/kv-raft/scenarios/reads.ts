/** Part D: reads that write nothing to the log, and are true all the same (Raft §8; thesis §6.4). */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import { kv } from '../workload.ts';
import { without } from './machine.ts';
import { actions, calm, plan } from './once.ts';

const DIRECTED = { test: 5, grade: 20 };
const RANDOM = { test: 10, grade: 100 };

/**
 * The old leader is cut off with c1, which reads all the time, while c2 writes through the others;
 * then all hear each other again.
 */
function readFromTheDeposed(cluster: Cluster, old: NodeId): void {
  const workload = kv(cluster);
  const others = without(cluster.nodes, old);
  cluster.partition([old, 'c1'], [...others, 'c2']);
  const read = () => {
    if (!workload.isBusy('c1')) workload.get('c1', 'x', () => cluster.after(5, read));
  };
  read();
  workload.elect(others);
  for (let i = 0; i < 3; i++)
    workload.ask1('c2', { kind: 'append', key: 'x', value: workload.newValue() });
  cluster.run(400);
  workload.expectLinearizable();
  cluster.heal();
  workload.settle();
}

export const reads: readonly Scenario[] = [
  {
    id: 'D1',
    title: 'gets add nothing to the log',
    points: 5,
    nodes: { n: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'what has to be known before a read, and how can it be known without an entry?',
    run(cluster) {
      const workload = kv(cluster);
      const leader = workload.elect();
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'a' });
      workload.ask1('c2', { kind: 'get', key: 'x' });
      const length = () => workload.state(leader)?.lastLogIndex ?? 0;
      const before = length();
      for (let i = 0; i < 50; i++)
        workload.ask1(i % 2 === 0 ? 'c1' : 'c2', { kind: 'get', key: 'x' });
      const added = length() - before;
      cluster.expect(added <= 5, {
        kind: 'contract',
        ruleId: 'reads-write',
        rule: 'A get writes nothing to the log (handout, Part D)',
        evidence: `50 gets added ${added} entries to the log of ${leader}`,
      });
      workload.finish();
    },
  },
  {
    id: 'D2',
    title: 'a leader that is cut off tells nobody what was once true',
    points: 4,
    nodes: { n: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'when did this server last learn that it leads, and from whom?',
    run(cluster) {
      const workload = kv(cluster);
      const old = workload.elect();
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'a' });
      readFromTheDeposed(cluster, old);
      workload.finish();
    },
  },
  {
    id: 'D3',
    title: 'a leader that has just been elected knows what the one before has committed',
    points: 4,
    nodes: { n: 3, c: 7 },
    seeds: DIRECTED,
    lookAt:
      'how far has a new leader applied, and what must it have committed before it may answer?',
    run(cluster) {
      const workload = kv(cluster);
      // The first thing a new leader does, its own entry, takes a while.
      for (const node of cluster.nodes) cluster.disk(node, { fsyncMs: 40 });
      for (let i = 0; i < 4; i++) {
        const leader = workload.elect();
        // The others execute what is committed only once one of them leads.
        const others = without(cluster.nodes, leader);
        for (const node of others) cluster.invoke(node, 'stall');
        workload.ask1('c1', { kind: 'append', key: 'x', value: workload.newValue() });
        cluster.note(`${leader} has answered the append, which the others have not executed yet`);
        cluster.crash(leader);
        // Whenever that is, somebody asks so early that nobody knows yet what was committed last.
        for (const client of without(cluster.clients, 'c1'))
          cluster.after(cluster.draw.int(1, 360), () => workload.get(client, 'x'));
        cluster.run(480);
        for (const node of others) cluster.invoke(node, 'unstall');
        workload.settle();
        cluster.restart(leader);
      }
      workload.finish();
    },
  },
  {
    id: 'D4',
    title: 'a leader with a wrong clock tells nobody what was once true',
    points: 4,
    nodes: { n: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'what in this answer rests on a clock?',
    run(cluster) {
      const workload = kv(cluster);
      const old = workload.elect();
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'a' });
      workload.ask1('c1', { kind: 'get', key: 'x' });
      cluster.clockRate(old, cluster.draw.pick([0.1, 0.25]));
      cluster.jumpClock(old, -cluster.draw.int(5_000, 60_000));
      readFromTheDeposed(cluster, old);
      cluster.clockRate(old, 1);
      workload.finish();
    },
  },
  {
    id: 'D5',
    title: 'a leader that was stopped for a while answers with what is true when it goes on',
    points: 4,
    nodes: { n: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'what may have happened between deciding on a reply and sending it?',
    run(cluster) {
      const workload = kv(cluster);
      for (let i = 0; i < 3; i++) {
        const old = workload.elect();
        workload.ask1('c1', { kind: 'append', key: 'x', value: workload.newValue() });
        cluster.pause(old);
        workload.get('c1', 'x');
        const others = without(cluster.nodes, old);
        workload.elect(others);
        workload.ask1('c2', { kind: 'append', key: 'x', value: workload.newValue() });
        cluster.resume(old);
        workload.settle();
      }
      workload.finish();
    },
  },
  {
    id: 'D6',
    title: 'under clock skew, pauses and partitions every read is true',
    points: 6,
    nodes: { n: 5, c: 4 },
    seeds: RANDOM,
    lookAt: 'which server answered this get, and what made it sure?',
    plan: plan({
      clients: 4,
      durationMs: 5000,
      faults: ['isolateLeader', 'pauseLeader', 'skewLeader', 'crashLeader', 'isolateLeader'],
      keys: 1,
      reads: 0.7,
    }),
    actions: {
      ...actions,
      skewLeader(cluster, { forMs }) {
        const leader = kv(cluster).leader();
        if (leader === undefined) return;
        cluster.jumpClock(leader, (forMs as number) * -20);
        cluster.clockRate(leader, 0.2);
        cluster.after(forMs as number, () => cluster.clockRate(leader, 1));
      },
    },
    run(cluster) {
      calm(cluster);
      for (const node of cluster.nodes) cluster.clockRate(node, 1);
      kv(cluster).finish();
    },
  },
];
