/** Part A: a leader, one at a time, as soon as possible (§5.2). */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import { actions, drawPlan, raft } from '../workload.ts';
import { carries, without } from './steer.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

/** Within half a second of an election all others follow the leader. */
function expectFollowed(cluster: Cluster, leader: NodeId, term: number): void {
  const workload = raft(cluster);
  const isFollowed = () =>
    without(cluster.nodes, leader).every((node) => {
      const state = workload.state(node);
      return state?.term === term && state.role === 'follower';
    });
  cluster.expect(cluster.runUntil(isFollowed, 500), {
    ruleId: 'not-followed',
    rule: 'A leader makes itself known, and all others follow it (Raft §5.2)',
    evidence: `${leader} leads term ${term}; half a second later: ${workload.describe()}`,
  });
}

export const election: readonly Scenario[] = [
  {
    id: 'A1',
    title: 'three nodes elect a leader, and agree on its term',
    points: 3,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'who starts an election, when, and what does a voter answer? (Figure 2, RequestVote)',
    run(cluster) {
      const workload = raft(cluster);
      // All messages take equally long: only chance in the nodes can break a tie.
      cluster.network({ minMs: 8, typicalMs: 8, tailChance: 0 });
      const leader = workload.elect();
      const term = workload.state(leader)?.term ?? 0;
      expectFollowed(cluster, leader, term);
    },
  },
  {
    id: 'A2',
    title: 'on a calm network a leader stays in office, with few messages',
    points: 3,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does a follower do when a heartbeat arrives, and how often is one sent?',
    run(cluster) {
      const workload = raft(cluster);
      const leader = workload.elect();
      cluster.run(500);
      const term = workload.state(leader)?.term ?? 0;
      const before = cluster.count('requests');
      cluster.run(3000);
      const after = workload.state(workload.elect())?.term ?? 0;
      cluster.expect(after === term, {
        ruleId: 'needless-election',
        rule: 'A leader that is heard stays leader (Raft §5.2)',
        evidence: `term ${term} became ${after} within 3 s without any fault; ${workload.describe()}`,
      });
      const perSecond = (cluster.count('requests') - before) / 3;
      cluster.expect(perSecond <= 100, {
        kind: 'contract',
        ruleId: 'too-many-messages',
        rule: 'An idle cluster of three sends at most 100 requests a second (handout, The contract)',
        evidence: `${Math.round(perSecond)} requests a second, with nothing to do`,
      });
    },
  },
  {
    id: 'A3',
    title: 'when the leader is cut off, the others elect one; the old one follows when it returns',
    points: 2,
    nodes: 3,
    seeds: DIRECTED,
    lookAt: 'what does a leader do when it sees a higher term, in a request or in a reply? (§5.1)',
    run(cluster) {
      const workload = raft(cluster);
      const old = workload.elect();
      cluster.isolate(old);
      const rest = without(cluster.nodes, old);
      workload.elect(rest);
      cluster.heal();
      const one = () =>
        cluster.nodes.filter((node) => workload.state(node)?.role === 'leader').length === 1;
      cluster.expect(cluster.runUntil(one, 2000), {
        ruleId: 'two-leaders-stay',
        rule: 'A node that sees a higher term becomes a follower (Raft §5.1)',
        evidence: `2 s after the network healed: ${workload.describe()}`,
      });
    },
  },
  {
    id: 'A4',
    title: 'no leader is elected without a majority; once it is back, one is',
    points: 2,
    nodes: 5,
    seeds: DIRECTED,
    lookAt: 'how many votes make a majority, and whose are counted?',
    run(cluster) {
      const workload = raft(cluster);
      const leader = workload.elect();
      const minority = without(cluster.nodes, leader).slice(0, 2);
      cluster.partition(minority);
      cluster.run(2500);
      const usurper = workload.leader(minority);
      cluster.expect(usurper === undefined, {
        kind: 'safety',
        ruleId: 'leader-without-majority',
        rule: 'A candidate wins with votes of a majority of the full cluster (Raft §5.2)',
        evidence: `${usurper} leads, and only ${minority.join(',')} of five can hear each other`,
      });
      cluster.heal();
      workload.elect();
    },
  },
  {
    id: 'A5',
    title: 'half of an even cluster is no majority',
    points: 2,
    nodes: 4,
    seeds: DIRECTED,
    lookAt: 'what is a majority of four?',
    run(cluster) {
      const workload = raft(cluster);
      const leader = workload.elect();
      const others = without(cluster.nodes, leader);
      const half = others.slice(0, 2);
      cluster.partition(half, [leader, ...others.slice(2)]);
      cluster.run(2500);
      const usurper = workload.leader(half);
      cluster.expect(usurper === undefined, {
        kind: 'safety',
        ruleId: 'leader-without-majority',
        rule: 'A candidate wins with votes of a majority of the full cluster (Raft §5.2)',
        evidence: `${usurper} leads with ${half.join(',')} of four nodes`,
      });
    },
  },
  {
    id: 'A6',
    title: 'seven nodes go on electing leaders while three at a time are cut off',
    points: 2,
    nodes: 7,
    seeds: { test: 3, grade: 20 },
    lookAt: 'are election timeouts random, and drawn anew each time? (§5.2, split votes)',
    run(cluster) {
      const workload = raft(cluster);
      workload.elect();
      for (let round = 0; round < 6; round++) {
        const away = cluster.draw.shuffle(cluster.nodes).slice(0, 3);
        for (const node of away) cluster.isolate(node);
        workload.elect(without(cluster.nodes, ...away));
        cluster.heal();
        cluster.run(150);
      }
    },
  },
  {
    id: 'A7',
    title: 'votes that come late, twice or from an older term never make two leaders',
    points: 2,
    nodes: 5,
    seeds: RANDOM,
    lookAt: 'is the candidate that counts a vote still the candidate that asked for it?',
    plan: (draw) => [
      {
        atMs: 0,
        do: 'network',
        profile: {
          tailChance: draw.pick([0.2, 0.5]),
          tailMs: draw.pick([400, 1200]),
          duplicateChance: 0.2,
        },
      },
      ...Array.from({ length: 8 }, (_, i) => ({ atMs: 400 + 350 * i, do: 'isolateLeader' })),
      ...Array.from({ length: 8 }, (_, i) => ({ atMs: 550 + 350 * i, do: 'repair' })),
    ],
    actions,
    run(cluster) {
      cluster.heal();
      cluster.network({ tailChance: 0, duplicateChance: 0 });
      raft(cluster).elect(cluster.nodes, 5000);
    },
  },
  {
    id: 'A8',
    title:
      'through random cuts and pauses there is never a second leader, and in the end there is one',
    points: 2,
    nodes: 5,
    seeds: RANDOM,
    lookAt: 'what happens between asking for votes and counting them?',
    plan: (draw) =>
      drawPlan(draw, {
        nodes: 5,
        durationMs: 4000,
        faults: ['isolateLeader', 'leaderWithOne', 'deafLeader', 'pauseLeader', 'isolate', 'pause'],
      }).filter((step) => step.do !== 'propose'),
    actions,
    run(cluster) {
      const workload = raft(cluster);
      cluster.heal();
      for (const node of cluster.nodes) cluster.resume(node);
      workload.elect(cluster.nodes, 5000);
    },
  },
  {
    id: 'A9',
    title: 'of several candidates in one term, those that lose vote for nobody else in it',
    points: 2,
    nodes: 5,
    seeds: DIRECTED,
    lookAt: 'what does a candidate forget when it hears of a leader of its own term?',
    run(cluster) {
      const workload = raft(cluster);
      const [n1, n2, n3, n4, n5] = cluster.nodes as [NodeId, NodeId, NodeId, NodeId, NodeId];
      // Three nodes sleep past their election timeouts, and wake up as candidates of one term.
      for (const node of [n4, n5]) cluster.clockRate(node, 0.1);
      cluster.run(50);
      for (const node of [n1, n2, n3]) cluster.pause(node);
      cluster.run(1100);
      // n1 is heard and wins; n2 learns of it by heartbeats. Then the request of n3 reaches n2.
      cluster.filter((m) => {
        if (carries(m) > 0 && m.to === n2) return 'drop';
        if (m.kind !== 'request' || m.method !== 'requestVote') return undefined;
        if (m.from === n1) return 30;
        return m.from === n3 && m.to === n2 ? 300 : 'drop';
      });
      for (const node of [n1, n2, n3]) cluster.resume(node);
      cluster.run(600);
      cluster.filter(undefined);
      for (const node of [n4, n5]) cluster.clockRate(node, 1);
      cluster.run(1000);
      const leader = workload.elect();
      expectFollowed(cluster, leader, workload.state(leader)?.term ?? 0);
    },
  },
];
