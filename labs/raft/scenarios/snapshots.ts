/** Part D: the log does not grow for ever (§7). */
import type { NodeId, Scenario } from 'faultlab';
import { actions, drawPlan, raft } from '../workload.ts';
import { makeLeader, without } from './steer.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

export const snapshots: readonly Scenario[] = [
  {
    id: 'D1',
    title: 'what a snapshot covers leaves the disk',
    points: 3,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'when is the part of the log that a snapshot replaces cut from the files?',
    run(cluster) {
      const workload = raft(cluster);
      workload.snapshotEvery = 10;
      const leader = workload.elect();
      for (let i = 0; i < 8; i++) {
        for (let k = 0; k < 10; k++) {
          workload.propose(leader, workload.newCommand() + 'x'.repeat(200));
        }
        cluster.run(80);
      }
      workload.commit();
      // The commands of all snapshots stay in the state; the log must not stay beside them.
      const allowed = 80 * 215 * 1.6 + 10_000;
      for (const node of cluster.nodes) {
        const size = cluster.diskBytes(node);
        cluster.expect(size <= allowed, {
          kind: 'contract',
          ruleId: 'log-too-large',
          rule: 'The log is cut at the snapshot (Raft §7; handout, The contract)',
          evidence: `the files of ${node} hold ${size} bytes; the snapshot and ten entries need ${Math.round(allowed)} at most`,
        });
      }
    },
  },
  {
    id: 'D2',
    title: 'a follower that missed more than the log holds is brought back by a snapshot',
    points: 3,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does the leader send when nextIndex lies before its first entry? (Figure 13)',
    run(cluster) {
      const workload = raft(cluster);
      workload.snapshotEvery = 5;
      const { leader } = workload.commit();
      const away = without(cluster.nodes, leader)[0] as NodeId;
      cluster.isolate(away);
      const rest = without(cluster.nodes, away);
      for (let i = 0; i < 14; i++) workload.commit({ nodes: rest });
      // A snapshot takes its time: who sends it again meanwhile, sends it many times.
      cluster.filter((m) =>
        m.kind === 'request' && m.method === 'installSnapshot' ? 400 : undefined,
      );
      const before = cluster.count('requests', 'installSnapshot');
      cluster.heal();
      workload.commit({ withinMs: 5000 });
      const sent = cluster.count('requests', 'installSnapshot') - before;
      cluster.expect(sent <= 6, {
        kind: 'contract',
        ruleId: 'snapshots-sent',
        rule: 'A follower far behind gets a snapshot, about once (Raft §7; handout, The contract)',
        evidence: `${sent} InstallSnapshot requests brought one follower back; at most 6 are expected`,
      });
    },
  },
  {
    id: 'D3',
    title: 'a snapshot survives power loss, and what comes after it',
    points: 3,
    nodes: 3,
    seeds: { test: 6, grade: 30 },
    lookAt:
      'which files hold the snapshot and the rest of the log, and can one be newer than the other?',
    run(cluster) {
      const workload = raft(cluster);
      workload.snapshotEvery = 4;
      for (const node of cluster.nodes) cluster.onCrash(node, 'lose');
      const commands: string[] = [];
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 5; i++) commands.push(workload.commit().command);
        cluster.run(cluster.draw.real(0, 8));
        for (const node of cluster.nodes) cluster.crash(node);
        for (const node of cluster.nodes) cluster.restart(node);
        workload.commit();
        const gone = commands.find((command) => !workload.isApplied(command));
        cluster.expect(gone === undefined, {
          kind: 'safety',
          ruleId: 'durability',
          rule: 'Durability: what was committed is there after any crash (Raft §5.4, §7)',
          evidence: `${gone} was committed before power loss ${round + 1}, and is gone; ${workload.describe()}`,
        });
      }
    },
  },
  {
    id: 'D4',
    title: 'an InstallSnapshot that comes late does not turn the state back',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what is a snapshot worth that ends before what is applied already?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      workload.snapshotEvery = 5;
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n3);
      for (let i = 0; i < 12; i++) workload.commit({ nodes: [n1, n2] });
      // The first snapshot is late: another one has brought n3 back, and n3 has gone on.
      let first = true;
      cluster.filter((m) => {
        if (m.kind !== 'request' || m.method !== 'installSnapshot' || !first) return undefined;
        first = false;
        return 700;
      });
      cluster.heal();
      for (let i = 0; i < 14; i++) {
        workload.commit({ withinMs: 5000 });
        cluster.run(60);
      }
      cluster.filter(undefined);
      workload.commit();
    },
  },
  {
    id: 'D5',
    title: 'a crash at any moment of taking or installing a snapshot loses nothing',
    points: 2,
    nodes: 3,
    seeds: { test: 15, grade: 80 },
    lookAt: 'is there an instant at which neither the old files nor the new ones are complete?',
    run(cluster) {
      const workload = raft(cluster);
      workload.snapshotEvery = 4;
      for (let round = 0; round < 5; round++) {
        const node = cluster.draw.pick(cluster.nodes);
        cluster.onCrash(node, cluster.draw.pick(['lose', 'torn', 'keep', 'seeded'] as const));
        cluster.crashAt(
          node,
          cluster.draw.pick(['fsync', 'write'] as const),
          cluster.draw.int(1, 12),
        );
        for (let i = 0; i < 8; i++) {
          const leader = workload.leader();
          if (leader) workload.propose(leader);
          cluster.run(40);
        }
        cluster.disarm(node);
        cluster.restart(node);
        cluster.run(150);
      }
      workload.commit({ withinMs: 6000 });
    },
  },
  {
    id: 'D6',
    title: 'through random faults, snapshots and logs stay one history',
    points: 2,
    nodes: 3,
    seeds: RANDOM,
    lookAt: 'which index does each part of the code mean: of the log, or of the array?',
    plan: (draw) =>
      drawPlan(draw, {
        nodes: 3,
        durationMs: 5000,
        snapshotEvery: draw.int(3, 10),
        faults: ['isolateLeader', 'crashLeader', 'crash', 'isolate', 'powerCycle', 'pauseLeader'],
      }),
    actions,
    run: (cluster) => raft(cluster).recover(),
  },
];
