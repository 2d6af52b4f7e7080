/** Part C: what a node has promised, it remembers (Figure 2, persistent state). */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import { actions, drawPlan, raft } from '../workload.ts';
import { isCampaign, makeLeader, without } from './steer.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

function powerOff(cluster: Cluster, mode: 'lose' | 'torn' | 'seeded'): void {
  for (const node of cluster.nodes) cluster.onCrash(node, mode);
  for (const node of cluster.nodes) cluster.crash(node);
}

function powerOn(cluster: Cluster): void {
  for (const node of cluster.nodes) cluster.restart(node);
}

export const persistence: readonly Scenario[] = [
  {
    id: 'C1',
    title: 'committed commands survive when all nodes lose power, again and again',
    points: 3,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what is on the disk when a command is called committed?',
    run(cluster) {
      const workload = raft(cluster);
      const commands: string[] = [];
      for (let round = 0; round < 4; round++) {
        commands.push(workload.commit().command, workload.commit().command);
        powerOff(cluster, 'lose');
        powerOn(cluster);
        workload.commit();
        const gone = commands.find((command) => !workload.isApplied(command));
        cluster.expect(gone === undefined, {
          kind: 'safety',
          ruleId: 'durability',
          rule: 'Durability: what was committed is there after any crash (Raft §5.4, Figure 2)',
          evidence: `${gone} was committed before power loss ${round + 1}; afterwards: ${workload.describe()}`,
        });
      }
    },
  },
  {
    id: 'C2',
    title: 'a committed entry survives a crash of its leader',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what must be durable before a follower may answer AppendEntries? (Figure 2)',
    run(cluster) {
      const workload = raft(cluster);
      for (const node of cluster.nodes) cluster.onCrash(node, 'lose');
      for (let round = 0; round < 5; round++) {
        const leader = workload.elect();
        const proposal = workload.propose(leader);
        const command = proposal?.command ?? '';
        cluster.runUntil(() => workload.isAppliedAnywhere(command), 2000);
        for (const node of cluster.nodes) cluster.crash(node);
        // Without the leader: the others must know.
        const rest = without(cluster.nodes, leader);
        for (const node of rest) cluster.restart(node);
        workload.commit({ nodes: rest });
        cluster.restart(leader);
        workload.commit();
      }
    },
  },
  {
    id: 'C3',
    title: 'a leader counts itself only when its own disk has the entry',
    points: 3,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'is the leader’s own copy durable when it is counted? (thesis §10.2.1)',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n3);
      cluster.disk(n1, { fsyncMs: 300, writeMs: 5 });
      cluster.onCrash(n1, 'lose');
      const proposal = workload.propose(n1);
      cluster.runUntil(() => workload.isApplied(proposal?.command ?? '', [n1]), 150);
      cluster.crash(n1);
      cluster.crash(n2);
      cluster.disk(n1, { fsyncMs: 1, writeMs: 0.1 });
      // n1, without the entry if it was not durable, and n3, which never had it.
      cluster.partition([n1, n3]);
      cluster.restart(n1);
      workload.commit({ nodes: [n1, n3] });
      cluster.restart(n2);
      cluster.heal();
      workload.commit();
    },
  },
  {
    id: 'C4',
    title: 'a crash between the disk and the reply breaks nothing, wherever it falls',
    points: 3,
    nodes: 3,
    seeds: { test: 12, grade: 60 },
    lookAt: 'in which order do the parts of your state reach the disk?',
    run(cluster) {
      const workload = raft(cluster);
      for (let round = 0; round < 6; round++) {
        const node = cluster.draw.pick(cluster.nodes);
        const boundary = cluster.draw.pick(['fsync', 'write', 'send'] as const);
        cluster.onCrash(node, cluster.draw.pick(['lose', 'keep', 'torn'] as const));
        cluster.crashAt(node, boundary, cluster.draw.int(1, 4));
        for (let i = 0; i < 5; i++) {
          const leader = workload.leader();
          if (leader) workload.propose(leader);
          cluster.run(60);
        }
        cluster.disarm(node);
        cluster.restart(node);
        cluster.run(100);
      }
      workload.commit({ withinMs: 6000 });
      cluster.sometimes('a node crashed at a boundary', cluster.hits('crash') > 0);
    },
  },
  {
    id: 'C5',
    title: 'a vote is remembered: a crash right after it does not allow a second one',
    points: 2,
    nodes: 5,
    seeds: RANDOM,
    lookAt: 'where are currentTerm and votedFor when the vote leaves?',
    run(cluster) {
      const workload = raft(cluster);
      // Vote replies are slow, so several candidates ask in the same term; voters crash on voting.
      cluster.filter((m) => (m.method === 'requestVote' ? cluster.draw.int(1, 60) : undefined));
      // Disks are slow to read, too: requests come while a node is still learning what it knew.
      for (const node of cluster.nodes) {
        cluster.onCrash(node, 'lose');
        cluster.disk(node, { writeMs: 15 });
      }
      for (let round = 0; round < 6; round++) {
        for (const node of cluster.draw.shuffle(cluster.nodes).slice(0, 2)) {
          cluster.crashAt(node, 'send', 1, 'requestVote.reply');
        }
        const leader = workload.leader();
        if (leader) cluster.crash(leader);
        for (let i = 0; i < 30; i++) {
          cluster.run(20);
          for (const node of cluster.nodes) if (!cluster.isUp(node)) cluster.restart(node);
        }
      }
      cluster.filter(undefined);
      for (const node of cluster.nodes) {
        cluster.disarm(node);
        cluster.restart(node);
      }
      workload.commit({ withinMs: 6000 });
    },
  },
  {
    id: 'C6',
    title: 'a torn write at the end of a file is recognised, and is no reason to forget the rest',
    points: 2,
    nodes: 3,
    seeds: { test: 8, grade: 40 },
    lookAt: 'how does a node tell a record that was cut off from a whole one?',
    run(cluster) {
      const workload = raft(cluster);
      for (let round = 0; round < 5; round++) {
        workload.commit();
        const leader = workload.elect();
        for (let i = 0; i < 4; i++) workload.propose(leader);
        cluster.run(cluster.draw.real(0.2, 6));
        powerOff(cluster, cluster.draw.chance(0.7) ? 'torn' : 'seeded');
        powerOn(cluster);
      }
      workload.commit();
    },
  },
  {
    id: 'C7',
    title: 'what a failed fsync did not save is never acknowledged',
    points: 2,
    nodes: 3,
    seeds: { test: 6, grade: 30 },
    lookAt: 'what does a node know about its disk after an fsync has failed?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      for (const node of cluster.nodes) cluster.onCrash(node, 'lose');
      cluster.isolate(n3);
      cluster.failNextFsync(n2);
      const leader = workload.leader([n1, n2]) ?? n1;
      const commands = [1, 2, 3].map(() => {
        cluster.run(30);
        return workload.propose(leader)?.command ?? '';
      });
      cluster.run(300);
      const committed = commands.filter((command) => workload.isAppliedAnywhere(command));
      cluster.crash(n2);
      cluster.crash(leader);
      cluster.restart(n2);
      cluster.heal();
      cluster.partition([n2, n3]);
      workload.commit({ nodes: [n2, n3] });
      const gone = committed.find((command) => !workload.isApplied(command, [n2]));
      cluster.expect(gone === undefined, {
        kind: 'safety',
        ruleId: 'durability',
        rule: 'Durability: what was committed is there after any crash (Raft §5.4, Figure 2)',
        evidence: `${gone} was committed with n2, whose fsync had failed; after a crash n2 does not have it`,
      });
    },
  },
  {
    id: 'C8',
    title: 'leaders that crash at their first fsyncs do not lose what others hold',
    points: 2,
    nodes: 3,
    seeds: RANDOM,
    lookAt: 'what leaves the leader before its own write is durable, and who counts on it?',
    plan: (draw) =>
      drawPlan(draw, {
        nodes: 3,
        durationMs: 5000,
        faults: ['crashLeaderAtFsync', 'crashLeader', 'crash', 'powerCycle', 'isolateLeader'],
      }),
    actions,
    run: (cluster) => raft(cluster).recover(),
  },
  {
    id: 'C9',
    title: 'through random crashes, cuts and clock jumps nothing committed is lost',
    points: 2,
    nodes: 5,
    seeds: RANDOM,
    lookAt: 'is everything that this reply promises on the disk?',
    plan: (draw) =>
      drawPlan(draw, {
        nodes: 5,
        durationMs: 5000,
        faults: ['crashLeader', 'crash', 'powerCycle', 'leaderWithOne', 'jumpClock', 'pauseLeader'],
      }),
    actions,
    run: (cluster) => raft(cluster).recover(),
  },
  {
    id: 'C10',
    title: 'a candidate counts its own vote only when its own disk has it',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'a vote for oneself is a vote: where is it when it is counted?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n3);
      workload.commit();
      cluster.crash(n3);
      // n1 campaigns on a slow disk, with the vote of n2, and loses power when it leads or after 2 s.
      cluster.disk(n1, { fsyncMs: 400, writeMs: 5 });
      cluster.onCrash(n1, 'lose');
      cluster.filter((m) => (isCampaign(m) && m.from === n2 ? 'drop' : undefined));
      cluster.runUntil(() => workload.leader([n1]) === n1, 2000);
      cluster.crash(n1);
      cluster.crash(n2);
      cluster.run(100); // What n1 had sent by then reaches nobody.
      // If n1 has forgotten its vote, n3 may get it, in the same term.
      cluster.disk(n1, { fsyncMs: 1, writeMs: 0.1 });
      cluster.restart(n1);
      cluster.restart(n3);
      makeLeader(cluster, n3, [n1, n3]);
      workload.commit({ nodes: [n1, n3] });
    },
  },
  {
    id: 'C11',
    title: 'a follower with a slow disk confirms nothing before it is written',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does a follower answer when it has the entry already, but its disk does not?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n3);
      cluster.disk(n2, { fsyncMs: 500 });
      // Slow enough for n1 to send the same again while n2 is still writing.
      for (let i = 0; i < 5; i++) {
        workload.propose(n1);
        cluster.run(150);
      }
      cluster.disk(n2, { fsyncMs: 1 });
      cluster.heal();
      workload.commit();
    },
  },
  {
    id: 'C12',
    title: 'a candidate whose term is over before its vote is written gives up',
    points: 1,
    nodes: 5,
    seeds: DIRECTED,
    lookAt: 'what may have changed while the candidate waited for its disk?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3, n4, n5] = cluster.nodes as [NodeId, NodeId, NodeId, NodeId, NodeId];
      cluster.run(50);
      // n1 is the first to campaign, and its disk takes more than a second for its vote.
      cluster.disk(n1, { fsyncMs: 2000 });
      cluster.filter((m) => (isCampaign(m) && m.from !== n1 ? 'drop' : undefined));
      cluster.runUntil(() => workload.state(n1)?.role === 'candidate', 3000);
      cluster.filter(undefined);
      cluster.clockRate(n1, 0.1);
      // Meanwhile two leaders are elected, each in a new term, and n1 votes for the second.
      const first = workload.elect([n2, n3, n4, n5]);
      cluster.crash(first);
      workload.elect(without(cluster.nodes, n1, first), 5000);
      cluster.run(4000);
      cluster.clockRate(n1, 1);
      cluster.disk(n1, { fsyncMs: 1 });
      cluster.restart(first);
      workload.commit({ withinMs: 6000 });
    },
  },
  {
    id: 'C13',
    title: 'a single crash of any node, at any operation of its disk, breaks nothing',
    points: 1,
    nodes: 3,
    seeds: { test: 1, grade: 5 },
    sweep: ['fsync', 'write'],
    lookAt: 'which operation on the disk is the last one before the crash, and what does it leave?',
    run(cluster) {
      const workload = raft(cluster);
      for (const node of cluster.nodes) cluster.onCrash(node, 'torn');
      cluster.run(600);
      for (let i = 0; i < 4; i++) {
        const leader = workload.leader();
        if (leader) workload.propose(leader);
        cluster.run(80);
      }
      for (const node of cluster.nodes) {
        cluster.disarm(node);
        cluster.restart(node);
      }
      workload.commit({ withinMs: 6000 });
    },
  },
];
