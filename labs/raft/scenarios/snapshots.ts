/** Part D: the log does not grow forever (§7). */
import type { NodeId, Scenario } from 'faultlab';
import { actions, drawPlan, raft } from '../workload.ts';
import { carries, isCampaign, makeLeader, without } from './steer.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

export const snapshots: readonly Scenario[] = [
  {
    id: 'D1',
    title: 'what a snapshot covers leaves the disk',
    points: 2,
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
      // The newest snapshot stays: an older one that comes after it changes nothing.
      for (const node of cluster.nodes) cluster.invoke(node, 'snapshot', 1, '[]');
      workload.commit();
      // Every snapshot holds all commands so far; the log must not hold them as well.
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
    points: 2,
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
      // A snapshot takes its time: a leader that does not wait for the reply sends it many times.
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
        rule: 'A follower far behind gets a snapshot about once (Raft §7; handout, The contract)',
        evidence: `${sent} InstallSnapshot requests brought one follower back; at most 6 are expected`,
      });
    },
  },
  {
    id: 'D3',
    title: 'a snapshot survives power loss, and so does what comes after it',
    points: 2,
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
    title: 'an InstallSnapshot that comes late does not roll the state back',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what is a snapshot worth that ends before what has been applied already?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      workload.snapshotEvery = 5;
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n3);
      for (let i = 0; i < 12; i++) workload.commit({ nodes: [n1, n2] });
      // The first snapshot is late: by then another has brought n3 back, and n3 has gone on.
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
    points: 1,
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
    lookAt: 'which index does each part of the code mean: that of the log, or that of the array?',
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
  {
    id: 'D7',
    title: 'a snapshot that conflicts with the log replaces all of it',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'how much of a log may stay after a snapshot that contradicts it? (Figure 13, 6–7)',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n3);
      workload.commit();
      // n3 goes astray by thirty entries; the others commit half as many, with snapshots.
      cluster.isolate(n3);
      for (let i = 0; i < 30; i++) workload.propose(n3);
      cluster.run(100);
      workload.snapshotEvery = 5;
      makeLeader(cluster, n1, [n1, n2]);
      for (let i = 0; i < 14; i++) workload.commit({ nodes: [n1, n2] });
      // After the snapshot no entry reaches n3: one would mend its log in another way.
      let isSent = false;
      cluster.filter((m) => {
        isSent ||= m.kind === 'request' && m.method === 'installSnapshot' && m.to === n3;
        return isSent && m.to === n3 && carries(m) > 0 ? 'drop' : undefined;
      });
      cluster.heal();
      const restores = workload.restores;
      if (cluster.runUntil(() => workload.restores > restores, 3000)) {
        cluster.run(100);
        const ends = [n1, n3].map((node) => workload.state(node)?.lastLogIndex ?? 0);
        const [leaderEnd = 0, end = 0] = ends;
        cluster.expect(end <= leaderEnd, {
          kind: 'safety',
          ruleId: 'conflicting-rest-kept',
          rule: 'A snapshot replaces the whole of a log that conflicts with it (Raft Figure 13, 7)',
          evidence: `${n3} installed a snapshot from ${n1}, whose log ends at ${leaderEnd}; its own still ends at ${end}`,
        });
      }
      cluster.filter(undefined);
      workload.commit();
    },
  },
  {
    id: 'D8',
    title: 'a snapshot that agrees with the log leaves what comes after it in place',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'may acknowledged entries be dropped when a snapshot arrives? (Figure 13, 6)',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      const { index } = workload.commit();
      const [soon, later] = [index + 8, index + 10];
      const has = (node: NodeId, end: number) => () => workload.state(node)?.lastLogIndex === end;
      // n3 takes eight entries, and its reply is slow; n2 takes ten, and its reply is slower.
      let toN2: 'heartbeats' | 'all' | 'snapshots' = 'heartbeats';
      cluster.filter((m) => {
        if (isCampaign(m)) return 'drop';
        if (m.kind === 'reply') return m.from === n3 ? 600 : toN2 === 'all' ? 900 : undefined;
        if (m.to === n3) return carries(m) > soon ? 'drop' : undefined;
        const isHeld = toN2 === 'heartbeats' ? carries(m) > 0 : toN2 === 'snapshots';
        return isHeld && m.method === 'appendEntries' ? 'drop' : undefined;
      });
      for (let end = index; end < soon; end++) workload.propose(n1);
      cluster.runUntil(has(n3, soon), 1000);
      toN2 = 'all';
      for (let end = soon; end < later; end++) workload.propose(n1);
      cluster.runUntil(has(n2, later), 1000);
      cluster.run(2);
      toN2 = 'snapshots';
      cluster.note(
        `${n2} holds all up to ${later}, ${n3} up to ${soon}, and ${n1} hears of it later`,
      );
      // When n1 hears from n3, it commits eight and takes a snapshot, the next thing to reach n2.
      workload.snapshotEvery = soon;
      cluster.run(1500);
      cluster.filter(undefined);
      // What was committed since must be on n2 or on n3.
      cluster.crash(n1);
      workload.commit({ nodes: [n2, n3] });
      cluster.restart(n1);
      workload.commit();
    },
  },
  {
    id: 'D9',
    title: 'a node whose whole log is in its snapshot still knows how up to date it is',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what are the last index and term of a log without entries?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n3);
      workload.snapshotEvery = 1;
      for (let i = 0; i < 3; i++) workload.commit({ nodes: [n1, n2] });
      cluster.run(100);
      cluster.crash(n1);
      // n3 asks n2 for its vote, and must not get it; then n2 asks n3.
      cluster.heal();
      cluster.filter((m) => (isCampaign(m) && m.from === n2 ? 'drop' : undefined));
      cluster.run(1500);
      cluster.filter(undefined);
      workload.commit({ nodes: [n2, n3] });
    },
  },
  {
    id: 'D10',
    title: 'a snapshot that was confirmed is on the disk',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does the leader conclude from the reply to InstallSnapshot?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      workload.snapshotEvery = 5;
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n3);
      for (let i = 0; i < 12; i++) workload.commit({ nodes: [n1, n2] });
      // No other snapshot will come to its help.
      workload.snapshotEvery = 0;
      cluster.disk(n3, { fsyncMs: 60 });
      cluster.onCrash(n3, 'lose');
      cluster.crashAt(n3, 'send', 1, 'installSnapshot.reply');
      cluster.heal();
      cluster.runUntil(() => !cluster.isUp(n3), 3000);
      cluster.disarm(n3);
      cluster.disk(n3, { fsyncMs: 1 });
      cluster.restart(n3);
      workload.commit();
    },
  },
];
