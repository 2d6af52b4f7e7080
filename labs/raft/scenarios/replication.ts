/** Part B: one log, the same everywhere (§5.3, §5.4). */
import type { NodeId, Scenario, WireMessage } from 'faultlab';
import type { AppendEntriesArgs, AppendEntriesReply } from '../contract.ts';
import { actions, drawPlan, raft } from '../workload.ts';
import { carries, isCampaign, makeLeader, without } from './steer.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

/** The index up to which a reply confirms the entries of its request; 0 if there were none. */
function holds(m: WireMessage): number {
  if (m.kind !== 'reply') return 0;
  const isConfirmed = m.method === 'appendEntries' && (m.body as AppendEntriesReply).success;
  const { prevLogIndex, entries } = m.args as AppendEntriesArgs;
  return isConfirmed && entries.length > 0 ? prevLogIndex + entries.length : 0;
}

/** Commands that one node accepts and cannot commit. */
function proposeMany(workload: ReturnType<typeof raft>, node: NodeId, count: number): string[] {
  const commands: string[] = [];
  for (let i = 0; i < count; i++) {
    const proposal = workload.propose(node);
    if (proposal) commands.push(proposal.command);
  }
  return commands;
}

export const replication: readonly Scenario[] = [
  {
    id: 'B1',
    title: 'commands are applied by all nodes, in the order of the log',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt:
      'how does an entry come from propose() to the others, and how do they learn of its commit?',
    run(cluster) {
      const workload = raft(cluster);
      for (let i = 0; i < 5; i++) workload.commit();
    },
  },
  {
    id: 'B2',
    title: 'with one follower away commands are committed; it catches up when it returns',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does the leader do with a follower that does not answer? (§5.3)',
    run(cluster) {
      const workload = raft(cluster);
      const { leader } = workload.commit();
      const away = without(cluster.nodes, leader)[0] as NodeId;
      cluster.isolate(away);
      const rest = without(cluster.nodes, away);
      for (let i = 0; i < 4; i++) workload.commit({ nodes: rest });
      cluster.heal();
      workload.commit();
    },
  },
  {
    id: 'B3',
    title: 'nothing is committed without a majority; once it is back, all is',
    points: 2,
    nodes: 5,
    seeds: DIRECTED,
    lookAt: 'what does the leader count before it moves commitIndex? (Figure 2, Rules for Servers)',
    run(cluster) {
      const workload = raft(cluster);
      const { leader } = workload.commit();
      const friend = without(cluster.nodes, leader)[0] as NodeId;
      cluster.partition([leader, friend]);
      const commands = proposeMany(workload, leader, 3);
      workload.expectNoProgress(commands, 2000, `only ${leader} and ${friend} are connected`);
      cluster.heal();
      workload.commit();
    },
  },
  {
    id: 'B4',
    title: 'an entry of an older term is not committed by counting (Figure 8)',
    points: 3,
    nodes: 5,
    seeds: DIRECTED,
    lookAt:
      'may a leader call an entry of an older term committed because a majority has it? (§5.4.2)',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3, n4, n5] = cluster.nodes as [NodeId, NodeId, NodeId, NodeId, NodeId];
      // (a) n1 leads; its new entry reaches n2 only.
      makeLeader(cluster, n1);
      workload.commit();
      cluster.partition([n1, n2]);
      workload.propose(n1);
      cluster.run(300);
      cluster.note('n1 leads; its last entry reaches n2 only, then n1 is cut off');
      // (b) n1 is away; n5 is elected by n3 and n4 and takes an entry that reaches nobody.
      makeLeader(cluster, n5, [n3, n4, n5], (m) => m.from === n5 && carries(m) > 0);
      workload.propose(n5);
      cluster.run(100);
      cluster.note('n5 leads and takes another entry, which reaches nobody; then n5 is cut off');
      // (c) n1 is back, leads, and its old entry reaches n3: a majority holds it. What n1 adds in
      // this term reaches n3 too, but not n2.
      const oldEnd = workload.state(n2)?.lastLogIndex ?? 0;
      makeLeader(cluster, n1, [n1, n2, n3], (m) => m.to === n2 && carries(m) > oldEnd);
      workload.propose(n1);
      cluster.run(400);
      cluster.note('n1 leads again: its old entry is now on n1, n2 and n3; then n1 is cut off');
      // (d) n1 is away again; n2 and n4 may vote for n5, and n5 overwrites the old entry. (In the
      // paper nodes crash here; being cut off is the same to the others, and needs no disk yet.)
      makeLeader(cluster, n5, [n2, n4, n5]);
      cluster.note('n5 is elected by n2 and n4, which is allowed');
      workload.commit({ nodes: [n2, n4, n5] });
    },
  },
  {
    id: 'B5',
    title: 'what a cut-off leader took is replaced by what the majority committed',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does a follower do with entries that conflict with the leader’s? (§5.3)',
    run(cluster) {
      const workload = raft(cluster);
      const { leader } = workload.commit();
      cluster.isolate(leader);
      const lost = proposeMany(workload, leader, 3);
      const rest = without(cluster.nodes, leader);
      workload.commit({ nodes: rest });
      workload.commit({ nodes: rest });
      cluster.heal();
      workload.commit();
      workload.expectNoProgress(lost, 300, 'they stood only in the log of a deposed leader');
    },
  },
  {
    id: 'B6',
    title: 'a log that went 60 entries astray is brought back with few messages',
    points: 2,
    nodes: 5,
    seeds: DIRECTED,
    lookAt: 'by how much does nextIndex go back when a follower refuses? (end of §5.3)',
    run(cluster) {
      const workload = raft(cluster);
      const { leader } = workload.commit();
      const friend = without(cluster.nodes, leader)[0] as NodeId;
      cluster.partition([leader, friend]);
      for (let i = 0; i < 6; i++) {
        proposeMany(workload, leader, 10);
        cluster.run(60);
      }
      const rest = without(cluster.nodes, leader, friend);
      cluster.partition(rest);
      const next = workload.elect(rest);
      proposeMany(workload, next, 60);
      workload.commit({ nodes: rest });
      // The next leader begins with nextIndex after its own 60 entries.
      const together = without(cluster.nodes, next);
      cluster.partition(together);
      const before = cluster.count('requests', 'appendEntries');
      workload.commit({ nodes: together, withinMs: 3000 });
      const used = cluster.count('requests', 'appendEntries') - before;
      cluster.expect(used <= 100, {
        kind: 'contract',
        ruleId: 'slow-catch-up',
        rule: 'Catching up takes at most 100 AppendEntries here (handout, The contract)',
        evidence: `${used} AppendEntries until two logs, 60 entries astray, agreed again`,
      });
    },
  },
  {
    id: 'B7',
    title: 'a long log of an old term does not win over a short log of a newer one',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'which of two logs is more up to date? (§5.4.1, last paragraph)',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n1);
      proposeMany(workload, n1, 10);
      workload.commit({ nodes: [n2, n3] });
      // n1 has more entries, the follower has newer ones, and the newest leader is gone: which may win?
      const leader = workload.elect([n2, n3]);
      const follower = leader === n2 ? n3 : n2;
      cluster.crash(leader);
      cluster.partition([n1, follower]);
      cluster.filter((m) => {
        const campaign = m.method === 'requestVote' || m.method === 'preVote';
        return campaign && m.kind === 'request' && m.from === follower ? 400 : undefined;
      });
      cluster.run(2000);
      cluster.filter(undefined);
      workload.commit({ nodes: [n1, follower] });
    },
  },
  {
    id: 'B8',
    title: 'an AppendEntries that comes late does not cut off what came after it',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'when exactly may a follower delete entries? (Figure 2, AppendEntries, 3)',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n3);
      // Every third AppendEntries to n2 is late, so that older ones overtake newer ones.
      let count = 0;
      cluster.filter((m) => {
        if (m.kind !== 'request' || m.method !== 'appendEntries' || m.to !== n2) return undefined;
        return ++count % 3 === 0 ? 260 : undefined;
      });
      for (let i = 0; i < 20; i++) {
        workload.propose(n1);
        cluster.run(40);
      }
      cluster.run(400);
      cluster.filter(undefined);
      // What is committed must be on n2: n1 goes, n2 and n3 carry on.
      cluster.crash(n1);
      cluster.partition([n2, n3]);
      workload.commit({ nodes: [n2, n3] });
      cluster.restart(n1);
      cluster.heal();
      workload.commit();
      cluster.sometimes('some AppendEntries came late', cluster.hits('late') > 0);
    },
  },
  {
    id: 'B9',
    title: 'each command goes to each follower about once',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what is sent while an earlier AppendEntries has not been answered yet?',
    run(cluster) {
      const workload = raft(cluster);
      workload.commit();
      const leader = workload.elect();
      const before = cluster.count('bytes', 'appendEntries');
      const big = 5000;
      for (let i = 0; i < 10; i++) {
        workload.propose(leader, workload.newCommand() + 'x'.repeat(big));
        cluster.run(1);
      }
      workload.commit();
      const used = cluster.count('bytes', 'appendEntries') - before;
      const allowed = 10 * big * 2 * 3;
      cluster.expect(used <= allowed, {
        kind: 'contract',
        ruleId: 'too-many-bytes',
        rule: 'A command is sent to each follower about once (handout, The contract)',
        evidence: `${used} bytes for 10 commands of ${big} to 2 followers; at most ${allowed}`,
      });
    },
  },
  {
    id: 'B10',
    title: 'a leader that returns to power counts nothing from its earlier term',
    points: 2,
    nodes: 5,
    seeds: DIRECTED,
    lookAt:
      'which parts of nextIndex and matchIndex may outlive a term? (Figure 2, volatile state on leaders)',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3, n4, n5] = cluster.nodes as [NodeId, NodeId, NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      const { index } = workload.commit();
      // n2 takes ten entries from n1, and says so twice; the first reply is very late. The clocks of
      // both are slow, so that n1 is still waiting for that reply.
      const lateMs = 4500;
      const end = index + 10;
      let replies = 0;
      cluster.partition([n1, n2]);
      for (const node of [n1, n2]) cluster.clockRate(node, 0.2);
      cluster.filter((m) =>
        m.from === n2 && holds(m) === end && ++replies === 1 ? lateMs : undefined,
      );
      proposeMany(workload, n1, 10);
      cluster.runUntil(() => replies > 0, 2000);
      const lateAtMs = cluster.nowMs + lateMs;
      cluster.runUntil(() => replies > 1, 1500);
      cluster.run(50);
      for (const node of [n1, n2]) cluster.clockRate(node, 1);
      cluster.note('n1 leads; ten entries reach n2 only, and one of its replies is long delayed');
      // The majority knows nothing of them, and then all follow its leader.
      makeLeader(cluster, n3, [n3, n4, n5]);
      workload.commit({ nodes: [n3, n4, n5] });
      cluster.heal();
      workload.commit();
      cluster.note('n3 leads, and its log has replaced these entries everywhere');
      makeLeader(cluster, n1);
      cluster.filter((m) =>
        isCampaign(m) || (carries(m) > 0 && m.to !== n3) ? 'drop' : undefined,
      );
      cluster.note('n1 leads again; what it takes now reaches n3 only');
      const commands = proposeMany(workload, n1, 4);
      const restMs = Math.max(600, lateAtMs + 300 - cluster.nowMs);
      workload.expectNoProgress(commands, restMs, `they reached only ${n3}: two of five have them`);
      cluster.filter(undefined);
      workload.commit();
    },
  },
  {
    id: 'B11',
    title: 'what one follower holds and another does not is never taken for agreed',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does success in a reply say, and about which index?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      // n2 hears heartbeats and acknowledges them, but entries do not reach it; n3 is away.
      cluster.isolate(n3);
      cluster.filter((m) => (m.to === n2 && carries(m) > 0 ? 'drop' : undefined));
      const commands = proposeMany(workload, n1, 4);
      workload.expectNoProgress(commands, 600, `no entry has left ${n1}`);
      cluster.filter(undefined);
      cluster.heal();
      workload.commit();
    },
  },
  {
    id: 'B12',
    title: 'through random cuts, delays and duplicates all logs stay one log, and grow again',
    points: 2,
    nodes: 5,
    seeds: RANDOM,
    lookAt: 'after each await: is this still the same term, and am I still its leader?',
    plan: (draw) =>
      drawPlan(draw, {
        nodes: 5,
        durationMs: 5000,
        faults: ['isolateLeader', 'leaderWithOne', 'deafLeader', 'pauseLeader', 'isolate', 'pause'],
      }),
    actions,
    run: (cluster) => raft(cluster).recover(),
  },
  {
    id: 'B13',
    title: 'a command is committed within 20 ms on average, whenever it comes',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does a new entry wait for before it is sent, and a commit before it is seen?',
    run(cluster) {
      const workload = raft(cluster);
      const { leader } = workload.commit();
      const count = 20;
      let sumMs = 0;
      for (let i = 0; i < count; i++) {
        cluster.run(cluster.draw.int(20, 70));
        const startedMs = cluster.nowMs;
        const command = workload.propose(leader)?.command ?? '';
        cluster.runUntil(() => workload.isApplied(command, [leader]), 1000);
        sumMs += cluster.nowMs - startedMs;
      }
      const eachMs = sumMs / count;
      cluster.expect(eachMs <= 20, {
        kind: 'contract',
        ruleId: 'slow-commit',
        rule: 'A command is committed within 20 ms on average on a calm network (handout, The contract)',
        evidence: `${count} commands, at random moments, took ${eachMs.toFixed(1)} ms each`,
      });
    },
  },
  {
    id: 'B14',
    title: 'a node whose log is behind does not keep others from being elected',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'which messages reset the election timer, and does one that is refused?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n3);
      workload.commit({ nodes: [n1, n2] });
      // Only n2 can win now, and n3, which cannot, is always the first to try.
      cluster.clockRate(n3, 2);
      cluster.run(500);
      cluster.crash(n1);
      cluster.heal();
      cluster.filter((m) => (isCampaign(m) && m.from === n2 ? 'drop' : undefined));
      cluster.run(400);
      cluster.filter(undefined);
      workload.commit({ nodes: [n2, n3] });
    },
  },
];
