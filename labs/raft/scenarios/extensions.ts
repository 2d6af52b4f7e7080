/** Part E: calm under partial partitions, and reads that are cheap and right (thesis §6.4, §9.6). */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import type { LogIndex } from '../contract.ts';
import { actions, drawPlan, raft } from '../workload.ts';
import { makeLeader, without } from './steer.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

interface Read {
  answer: LogIndex | null | undefined;
}

function read(cluster: Cluster, node: NodeId): Read {
  const result: Read = { answer: undefined };
  cluster.request(node, 'readIndex', [], (outcome) => {
    if (outcome.ok) result.answer = outcome.value as LogIndex | null;
  });
  return result;
}

/** A read that was answered with an index must see everything committed before it began. */
function expectFresh(cluster: Cluster, result: Read, committed: LogIndex, node: NodeId): void {
  const { answer } = result;
  cluster.expect(answer === null || answer === undefined || answer >= committed, {
    kind: 'safety',
    ruleId: 'stale-read',
    rule: 'A read sees every command committed before it began (thesis §6.4)',
    evidence: `${node} answered readIndex with ${answer}; index ${committed} was committed before`,
    lookAt:
      'how does this node know, at this moment, that nobody else leads, and what is committed?',
  });
}

export const extensions: readonly Scenario[] = [
  {
    id: 'E1',
    title: 'a node that comes back after a long absence does not disturb the leader (pre-vote)',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what happens to the term of a node that cannot win? (thesis §9.6)',
    run(cluster) {
      const workload = raft(cluster);
      const { leader } = workload.commit();
      const term = workload.state(leader)?.term ?? 0;
      const away = without(cluster.nodes, leader)[0] as NodeId;
      cluster.isolate(away);
      for (let i = 0; i < 5; i++) {
        workload.commit({ nodes: without(cluster.nodes, away) });
        cluster.run(500);
      }
      cluster.heal();
      workload.commit();
      cluster.run(1000);
      const now = workload.state(workload.elect())?.term ?? 0;
      cluster.expect(now === term, {
        ruleId: 'disturbed',
        rule: 'A node that rejoins does not depose a working leader (pre-vote, thesis §9.6)',
        evidence: `${leader} led term ${term} until ${away} came back; now it is term ${now}`,
      });
    },
  },
  {
    id: 'E2',
    title: 'a leader that can be heard but hears nobody steps down (check-quorum)',
    points: 3,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'how does a leader notice that nobody answers it? (thesis §6.2)',
    run(cluster) {
      const workload = raft(cluster);
      const { leader } = workload.commit();
      const rest = without(cluster.nodes, leader);
      for (const node of rest) cluster.cut(node, leader);
      const resigned = () => workload.state(leader)?.role !== 'leader';
      cluster.expect(cluster.runUntil(resigned, 3000), {
        ruleId: 'deaf-leader',
        rule: 'A leader without answers from a majority steps down (check-quorum, thesis §6.2)',
        evidence: `${leader} heard nobody for 3 s: ${workload.describe()}`,
      });
      workload.commit({ nodes: rest, withinMs: 5000 });
    },
  },
  {
    id: 'E3',
    title: 'with one link broken the cluster settles on a leader, and works',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'why should a node that hears the leader help another to depose it? (thesis §4.2.3)',
    run(cluster) {
      const workload = raft(cluster);
      const { leader } = workload.commit();
      const before = workload.state(leader)?.term ?? 0;
      const blind = without(cluster.nodes, leader)[0] as NodeId;
      cluster.cut(leader, blind);
      cluster.cut(blind, leader);
      cluster.run(1500);
      for (let i = 0; i < 5; i++) {
        const current = workload.elect();
        const proposal = workload.propose(current);
        const reached = () => workload.isAppliedAnywhere(proposal?.command ?? '');
        cluster.expect(proposal !== undefined && cluster.runUntil(reached, 1000), {
          ruleId: 'no-commit',
          rule: 'One broken link does not stop a cluster of three',
          evidence: `${proposal?.command ?? 'a command'} was not committed by ${current} within 1 s: ${workload.describe()}`,
        });
        cluster.run(500);
      }
      const after = workload.state(workload.elect())?.term ?? 0;
      cluster.expect(after === before, {
        ruleId: 'leader-flapping',
        rule: 'A partial partition does not make leaders take turns (thesis §4.2.3, §9.6)',
        evidence: `the term went from ${before} to ${after} in 4 s, with only ${leader}–${blind} cut`,
      });
    },
  },
  {
    id: 'E4',
    title: 'a leader answers a read with an index that is fresh, and writes nothing for it',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what must a leader hear before it may answer? (thesis §6.4)',
    run(cluster) {
      const workload = raft(cluster);
      const { leader, index } = workload.commit();
      cluster.run(300);
      const end = workload.state(leader)?.lastLogIndex;
      const result = read(cluster, leader);
      cluster.runUntil(() => result.answer !== undefined, 1000);
      cluster.expect(typeof result.answer === 'number', {
        ruleId: 'no-read',
        rule: 'A leader in touch with a majority answers readIndex (thesis §6.4)',
        evidence: `${leader} answered ${String(result.answer)} within 1 s`,
      });
      expectFresh(cluster, result, index, leader);
      cluster.expect(workload.state(leader)?.lastLogIndex === end, {
        kind: 'contract',
        ruleId: 'read-writes',
        rule: 'readIndex writes nothing to the log (contract)',
        evidence: `the log of ${leader} ended at ${end} before and at ${workload.state(leader)?.lastLogIndex} after`,
      });
    },
  },
  {
    id: 'E5',
    title: 'a leader that others have replaced does not answer reads with the past',
    points: 2,
    nodes: 5,
    seeds: DIRECTED,
    lookAt: 'can a leader be deposed without noticing?',
    run(cluster) {
      const workload = raft(cluster);
      const { leader } = workload.commit();
      cluster.pause(leader);
      const rest = without(cluster.nodes, leader);
      const { index } = workload.commit({ nodes: rest });
      cluster.jumpClock(leader, -10_000);
      cluster.resume(leader);
      const result = read(cluster, leader);
      const cutOff = read(cluster, leader);
      cluster.run(1500);
      expectFresh(cluster, result, index, leader);
      expectFresh(cluster, cutOff, index, leader);
      const answered = result.answer !== undefined && cutOff.answer !== undefined;
      cluster.expect(answered, {
        ruleId: 'read-not-answered',
        rule: 'A leader that is deposed answers its reads with null (contract, readIndex)',
        evidence: `${leader} was deposed by ${rest.join(',')}, and did not answer a read within 1.5 s: ${workload.describe()}`,
      });
    },
  },
  {
    id: 'E6',
    title: 'a new leader does not answer reads before it knows what is committed',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does a new leader know of commitIndex? (§8, thesis §6.4 step 1)',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      // n2 and n3 take the entry, but never hear that it is committed; n1 applies it and dies.
      const proposal = workload.propose(n1);
      const index = proposal?.index ?? 0;
      cluster.runUntil(() => workload.isApplied(proposal?.command ?? '', [n1]), 1000);
      cluster.crash(n1);
      cluster.filter((m) =>
        m.kind === 'request' && m.method === 'appendEntries' ? 120 : undefined,
      );
      const next = workload.elect([n2, n3], 4000);
      const reads = [read(cluster, next)];
      for (let i = 0; i < 10; i++) {
        cluster.run(20);
        reads.push(read(cluster, next));
      }
      cluster.filter(undefined);
      cluster.run(1500);
      for (const result of reads) expectFresh(cluster, result, index, next);
    },
  },
  {
    id: 'E7',
    title: 'through one-way cuts, pauses and clock jumps no read is stale, and work goes on',
    points: 2,
    nodes: 5,
    seeds: RANDOM,
    lookAt: 'what does this leader know for sure at the moment it answers?',
    plan: (draw) =>
      drawPlan(draw, {
        nodes: 5,
        durationMs: 4500,
        faults: [
          'deafLeader',
          'pauseLeader',
          'isolateLeader',
          'leaderWithOne',
          'jumpClock',
          'read',
        ],
      }).map((step) =>
        step.do === 'propose' && draw.chance(0.3) ? { ...step, do: 'read' } : step,
      ),
    actions: {
      ...actions,
      read(cluster) {
        const workload = raft(cluster);
        const committed = Math.max(0, ...workload.indexOf.values());
        for (const node of cluster.nodes) {
          if (workload.state(node)?.role !== 'leader') continue;
          cluster.request(node, 'readIndex', [], (outcome) => {
            const answer = outcome.ok ? (outcome.value as LogIndex | null) : null;
            expectFresh(cluster, { answer }, committed, node);
          });
        }
      },
    },
    run: (cluster) => raft(cluster).recover(),
  },
  {
    id: 'E8',
    title: 'a node whose log is behind does not raise the term (pre-vote)',
    points: 1,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what exactly would a voter have to check before it says that it would vote?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];
      makeLeader(cluster, n1);
      workload.commit();
      cluster.isolate(n3);
      workload.commit({ nodes: [n1, n2] });
      cluster.crash(n1);
      // Both forget that there was a leader; then only n3 has time to campaign.
      cluster.partition();
      cluster.run(1500);
      cluster.clockRate(n2, 0.02);
      cluster.run(1500);
      const before = workload.state(n3)?.term ?? 0;
      cluster.partition([n2, n3]);
      cluster.run(2000);
      const after = workload.state(n3)?.term ?? 0;
      cluster.expect(after === before, {
        ruleId: 'hopeless-term',
        rule: 'A node that could not win does not raise the term (pre-vote, thesis §9.6)',
        evidence: `${n3}, whose log is behind that of ${n2}, went from term ${before} to ${after} in 2 s`,
      });
      // Let the timers that were set by the slow clock run out.
      cluster.clockRate(n2, 1);
      cluster.run(60_000);
      workload.commit({ nodes: [n2, n3] });
    },
  },
];
