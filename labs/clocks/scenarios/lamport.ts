/** Part A: a clock that counts, the total order that it gives, and a mutex made of that order. */
import type { Cluster, NodeId, Scenario, Step } from 'faultlab';
import type { Happened } from '../rules/events.ts';
import {
  contenders,
  drawEvents,
  drawNetwork,
  eventActions,
  happened,
  local,
  quick,
  send,
  silence,
  slow,
} from '../workload.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

/** Wall clocks that are of no use: they disagree, and jump. */
const drawJumps = (draw: Parameters<typeof drawEvents>[0], nodes: number, kind: string): Step[] =>
  Array.from({ length: 4 }, () => ({
    atMs: draw.int(0, 500),
    do: 'jumpClock',
    node: `${kind}${draw.int(1, nodes)}`,
    ms: draw.pick([-1, 1]) * draw.pick([50, 2000, 3_600_000]),
  }));

export const lamport: readonly Scenario[] = [
  {
    id: 'A1',
    title: 'what happened before has the smaller time, on one node and over messages',
    points: 4,
    nodes: { l: 3 },
    seeds: DIRECTED,
    lookAt: 'what does a node do with its clock at an event, and with the stamp of a message?',
    run(cluster) {
      const events = happened(cluster);
      for (let i = 0; i < 3; i++) local(cluster, 'l1');
      send(cluster, 'l1', 'l2'); // l2 is behind, and learns
      local(cluster, 'l2');
      send(cluster, 'l2', 'l3');
      for (let i = 0; i < 10; i++) local(cluster, 'l3');
      send(cluster, 'l1', 'l3'); // l3 is ahead, and stays so
      local(cluster, 'l3');
      send(cluster, 'l3', 'l1');
      local(cluster, 'l1');
      cluster.sometimes('four messages have arrived', events.length === 3 + 8 + 13);
    },
  },
  {
    id: 'A2',
    title: 'no late or repeated message, and no wall clock, reverses cause and effect',
    points: 4,
    nodes: { l: 4 },
    seeds: RANDOM,
    lookAt: 'which clock is read here, and can it go back?',
    plan: (draw) => [
      drawNetwork(draw),
      ...drawJumps(draw, 4, 'l'),
      ...drawEvents(draw, 4, 'l', 60),
    ],
    actions: eventActions,
    run(cluster) {
      cluster.run(400);
    },
  },
  {
    id: 'A3',
    title: 'every node puts all events of all nodes in the same order',
    points: 4,
    nodes: { l: 4 },
    seeds: RANDOM,
    lookAt: 'what decides between two events with the same time?',
    plan: (draw) => [drawNetwork(draw), ...drawEvents(draw, 4, 'l', 40)],
    actions: eventActions,
    run(cluster) {
      for (const node of cluster.nodes) local(cluster, node);
      cluster.run(400);
      const events = happened(cluster) as Happened<{ time: number }>[];
      const times = new Set(events.map(({ stamp }) => stamp.time));
      cluster.sometimes('two events had the same time', times.size < events.length);
      for (const node of cluster.nodes) {
        cluster.invoke(node, 'sort', cluster.draw.shuffle(events));
      }
    },
  },
  {
    id: 'A4',
    title: 'nodes take turns, one at a time, with three messages per turn to each other node',
    points: 4,
    nodes: { m: 4 },
    seeds: DIRECTED,
    lookAt: 'what must a node have heard, from whom, before it enters?',
    run(cluster) {
      const queue = contenders(cluster);
      // A node that has had many turns is far ahead of those that only listened.
      for (const node of ['m1', 'm1', 'm1', 'm1', ...cluster.nodes]) {
        queue.turn(node, 10);
        queue.settle(1000);
      }
      for (let round = 0; round < 4; round++) {
        for (const node of cluster.nodes) queue.turn(node, 10);
        queue.settle(1000);
      }
      const others = cluster.nodes.length - 1;
      const perTurn = cluster.count('requests', 'link') / queue.total / others;
      cluster.expect(perTurn <= 4, {
        ruleId: 'too-many-messages',
        rule: 'A turn costs at most four messages to each other node, on average (handout, The contract)',
        evidence: `${cluster.count('requests', 'link')} messages were sent for ${queue.total} turns of ${cluster.nodes.length} nodes: ${perTurn.toFixed(1)} per turn to each other node`,
        lookAt: 'which of these messages does anybody wait for?',
      });
      cluster.tell(`${perTurn.toFixed(1)} messages per turn to each other node`);
    },
  },
  {
    id: 'A5',
    title:
      'a request made in knowledge of another is granted after it, whatever the wall clocks say',
    points: 4,
    nodes: { m: 3 },
    seeds: DIRECTED,
    lookAt: 'how does a node that gets two requests know which was made first?',
    run(cluster) {
      const queue = contenders(cluster);
      const [first, second, third] = cluster.draw.shuffle(cluster.nodes) as [
        NodeId,
        NodeId,
        NodeId,
      ];
      cluster.jumpClock(first, 60_000);
      cluster.jumpClock(second, -60_000);
      queue.acquire(third);
      cluster.runUntil(() => queue.holder === third, 1000);
      // What first sends to third takes long; second hears of the request at once, and then asks.
      slow(cluster, first, third, 300);
      queue.turn(first, 20);
      cluster.run(60);
      queue.turn(second, 20);
      cluster.run(60);
      queue.release(third);
      queue.settle(5000);
      cluster.sometimes('all three have had a turn', queue.total === 3);
    },
  },
  {
    id: 'A6',
    title: 'a request that is still under way is not passed over',
    points: 3,
    nodes: { m: 3 },
    seeds: { test: 6, grade: 30 },
    lookAt: 'may there be an older request that this node has not heard of?',
    run(cluster) {
      const queue = contenders(cluster);
      for (const from of cluster.nodes) {
        for (const to of cluster.nodes) {
          if (from === to) continue;
          slow(cluster, from, to, 250);
          for (const [one, other] of [
            [from, to],
            [to, from],
          ] as const) {
            queue.turn(one, 400);
            cluster.run(cluster.draw.int(0, 40));
            queue.turn(other, 400);
            queue.settle(5000);
          }
          quick(cluster, from, to);
        }
      }
      cluster.sometimes('all have had their turns', queue.total === 24);
    },
  },
  {
    id: 'A7',
    title: 'of requests made at the same instant one comes first, and all agree on which',
    points: 2,
    nodes: { m: 4 },
    seeds: DIRECTED,
    lookAt: 'what decides between two requests with the same time?',
    run(cluster) {
      cluster.network({ minMs: 5, typicalMs: 5, tailChance: 0 });
      const queue = contenders(cluster);
      for (let round = 0; round < 6; round++) {
        for (const node of cluster.nodes) queue.turn(node, 10);
        queue.settle(1000);
        cluster.run(cluster.draw.int(1, 30));
      }
    },
  },
  {
    id: 'A8',
    title: 'silence is not consent; when the silent node is back, everybody gets a turn',
    points: 2,
    nodes: { m: 4 },
    seeds: DIRECTED,
    lookAt: 'what may a node conclude when another one says nothing?',
    run(cluster) {
      const queue = contenders(cluster);
      const [silent, ...others] = cluster.draw.shuffle(cluster.nodes) as [NodeId, ...NodeId[]];
      queue.turn(silent, 100);
      cluster.runUntil(() => queue.holder === silent, 1000);
      cluster.pause(silent);
      for (const node of others) queue.turn(node, 30);
      cluster.run(8000);
      cluster.resume(silent);
      queue.settle(5000);
      // Once more, with a silent node that wants nothing itself.
      cluster.pause(silent);
      for (const node of others) queue.turn(node, 30);
      cluster.run(3000);
      cluster.resume(silent);
      queue.settle(5000);
      cluster.sometimes('everybody has had a turn', queue.turns.size === 4);
    },
  },
  {
    id: 'A9',
    title:
      'through loss, copies, delays and pauses: one at a time, everybody, in the order of requests',
    points: 3,
    nodes: { m: 4 },
    seeds: RANDOM,
    lookAt: 'which requests may exist that this node has not heard of yet?',
    plan: (draw) => [
      drawNetwork(draw),
      ...Array.from({ length: 25 }, (): Step => {
        const node = `m${draw.int(1, 4)}`;
        const atMs = draw.int(10, 4000);
        return draw.chance(0.85)
          ? { atMs, do: 'turn', node, holdMs: draw.int(1, 120) }
          : { atMs, do: 'silence', node, ms: draw.int(50, 1500) };
      }),
    ],
    actions: {
      turn: (cluster, { node, holdMs }) =>
        contenders(cluster).turn(node as NodeId, holdMs as number),
      silence,
    },
    run: mendAndSettle,
  },
];

function mendAndSettle(cluster: Cluster): void {
  cluster.network({ dropChance: 0, duplicateChance: 0, tailChance: 0 });
  for (const node of cluster.nodes) cluster.resume(node);
  contenders(cluster).settle(12_000);
  for (const node of cluster.nodes) contenders(cluster).turn(node, 10);
  contenders(cluster).settle(5000);
}
