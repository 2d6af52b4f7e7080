/** Part C: snapshots of all that a server knows (Raft §7, §8). */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import { SNAPSHOT_EVERY } from '../contract.ts';
import { kv } from '../workload.ts';
import { without } from './machine.ts';
import { actions, calm, isDone, plan } from './once.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 8, grade: 60 };
/** What 50 entries, a snapshot of a few keys and a Raft beside them take, with some room to spare. */
const DISK_BYTES_MAX = 40_000;

/** Operations that leave three small values behind, however many there are. */
function overwrite(cluster: Cluster, count: number, clients: readonly NodeId[] = cluster.clients) {
  const workload = kv(cluster);
  for (let i = 0; i < count; i++)
    workload.ask1(clients[i % clients.length] as NodeId, {
      kind: 'put',
      key: `k${(i % 3) + 1}`,
      value: workload.newValue().padStart(60, 'v'),
    });
}

function expectSmallDisks(cluster: Cluster, after: string): void {
  for (const node of cluster.nodes) {
    const sizeBytes = cluster.diskBytes(node);
    cluster.expect(sizeBytes <= DISK_BYTES_MAX, {
      kind: 'contract',
      ruleId: 'disk-grows',
      rule: `There is a snapshot at least every ${SNAPSHOT_EVERY} entries, and it grows only with the keys and clients (contract, SNAPSHOT_EVERY)`,
      evidence: `after ${after}, the files of ${node} hold ${sizeBytes} bytes; at most ${DISK_BYTES_MAX} are needed`,
      lookAt: 'what does a snapshot hold that nobody will ask for again?',
    });
  }
}

export const snapshots: readonly Scenario[] = [
  {
    id: 'C1',
    title: 'the log does not grow with the operations',
    points: 4,
    nodes: { n: 3, c: 2 },
    seeds: { test: 2, grade: 10 },
    lookAt: 'who calls snapshot(), when, and with which index?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      overwrite(cluster, 400);
      cluster.run(300);
      expectSmallDisks(cluster, '400 puts to three keys');
      workload.finish();
    },
  },
  {
    id: 'C2',
    title: 'after a power failure the snapshot and the log make up the state',
    points: 4,
    nodes: { n: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'which entries are in the snapshot, and from which one does applying go on?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      for (const key of ['k1', 'k2', 'k3'])
        workload.ask1('c1', { kind: 'append', key, value: 'begin' });
      overwrite(cluster, SNAPSHOT_EVERY + cluster.draw.int(0, SNAPSHOT_EVERY));
      for (const node of cluster.nodes) cluster.crash(node);
      for (const node of cluster.nodes) cluster.restart(node);
      for (const key of ['k1', 'k2', 'k3']) workload.ask1('c2', { kind: 'get', key });
      workload.finish();
    },
  },
  {
    id: 'C3',
    title: 'a retry after a snapshot and a power failure happens once',
    points: 4,
    nodes: { n: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'does the snapshot hold all that a server needs to decide as the others do?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'a' });
      // c1's append is done, its answers are lost, and snapshots push it out of the log.
      cluster.filter((m) => (m.to === 'c1' && isDone(m) ? 'drop' : undefined));
      workload.append('c1', 'x');
      overwrite(cluster, 2 * SNAPSHOT_EVERY, ['c2']);
      for (const node of cluster.nodes) cluster.crash(node);
      for (const node of cluster.nodes) cluster.restart(node);
      cluster.filter(undefined);
      workload.settle();
      workload.get('c2', 'x');
      workload.finish();
    },
  },
  {
    id: 'C4',
    title: 'a server that was away for long gets a snapshot, and can lead',
    points: 4,
    nodes: { n: 3, c: 2 },
    seeds: DIRECTED,
    lookAt:
      'how much of the old state is still true when a snapshot from another server is restored?',
    run(cluster) {
      const workload = kv(cluster);
      const leader = workload.elect();
      const [away, other] = without(cluster.nodes, leader) as [NodeId, NodeId];
      for (const key of ['k1', 'x']) workload.ask1('c1', { kind: 'append', key, value: 'begin' });
      cluster.isolate(away);
      overwrite(cluster, 3 * SNAPSHOT_EVERY, ['c2']);
      workload.ask1('c1', { kind: 'append', key: 'x', value: 'end' });
      cluster.heal();
      workload.expectConverged();
      // There is a majority now only with the one that was away.
      cluster.crash(other);
      workload.ask1('c1', { kind: 'get', key: 'x' });
      workload.ask1('c2', { kind: 'append', key: 'k1', value: 'later' });
      cluster.restart(other);
      cluster.crash(leader);
      workload.get('c1', 'k1');
      workload.settle();
      cluster.restart(leader);
      workload.finish();
    },
  },
  {
    id: 'C5',
    title: 'with snapshots, through crashes and loss, there is one history',
    points: 5,
    nodes: { n: 3, c: 5 },
    seeds: RANDOM,
    lookAt: 'in which state was the server that answered, and which requests did it know?',
    plan: plan({
      clients: 5,
      durationMs: 6000,
      faults: ['crashLeader', 'powerCycle', 'isolateLeader', 'crashLeader'],
      keys: 3,
      reads: 0.25,
    }),
    actions,
    run(cluster) {
      const workload = kv(cluster);
      calm(cluster);
      workload.finish();
      expectSmallDisks(cluster, `${workload.answered} operations`);
    },
  },
];
