/** Part B: causality told exactly, and a broadcast that keeps it. */
import type { Cluster, NodeId, Scenario, Step } from 'faultlab';
import type { CausalRelation, StampedEvent } from '../contract.ts';
import {
  broadcasts,
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

/** The rules compare this with the truth, pair by pair. */
function compareAll(cluster: Cluster, events: readonly StampedEvent<unknown>[]): void {
  cluster.invoke(cluster.nodes[0] as NodeId, 'compare', events);
}

export const vector: readonly Scenario[] = [
  {
    id: 'B1',
    title: 'before, after or concurrent: every pair is classified, and a stamp never changes',
    points: 4,
    nodes: { v: 3 },
    seeds: DIRECTED,
    lookAt: 'which events of which nodes does a stamp know of?',
    run(cluster) {
      const events = happened(cluster);
      for (const node of cluster.nodes) local(cluster, node);
      compareAll(cluster, events);
      send(cluster, 'v1', 'v2');
      send(cluster, 'v1', 'v2');
      local(cluster, 'v2');
      local(cluster, 'v1');
      compareAll(cluster, events);
      send(cluster, 'v2', 'v3'); // v3 hears of v1 through v2
      local(cluster, 'v3');
      send(cluster, 'v3', 'v1'); // what v1 hears of itself is not new
      local(cluster, 'v1');
      compareAll(cluster, events);
      // The first of two messages arrives last, and brings nothing new.
      slow(cluster, 'v1', 'v2', 100);
      cluster.invoke('v1', 'send', 'v2');
      quick(cluster, 'v1', 'v2');
      send(cluster, 'v1', 'v2');
      local(cluster, 'v2');
      cluster.run(150);
      local(cluster, 'v2');
      compareAll(cluster, events);
      for (const node of cluster.nodes) cluster.invoke(node, 'remember');
    },
  },
  {
    id: 'B2',
    title: 'through loss, copies and overtaking every pair of events is classified correctly',
    points: 5,
    nodes: { v: 4 },
    seeds: RANDOM,
    lookAt: 'which events of which nodes does a stamp know of?',
    plan: (draw) => [drawNetwork(draw), ...drawEvents(draw, 4, 'v', 50)],
    actions: eventActions,
    run(cluster) {
      const events = happened(cluster);
      cluster.onEmit((_node, name, value) => {
        if (name === 'compared') tellShare(cluster, value as { relations: CausalRelation[][] });
      });
      cluster.run(400);
      for (const node of cluster.nodes) cluster.invoke(node, 'remember');
      compareAll(cluster, events);
    },
  },
  {
    id: 'B3',
    title: 'what one node says everybody gets, once, even a silent node when it is back',
    points: 3,
    nodes: { b: 4 },
    seeds: DIRECTED,
    lookAt: 'what happens to a message that arrives and does not fit yet?',
    run(cluster) {
      const talk = broadcasts(cluster);
      cluster.network({ dropChance: 0.2, duplicateChance: 0.2 });
      for (let i = 1; i <= 12; i++) {
        for (const node of cluster.nodes) talk.broadcast(node, `${node}'s no. ${i}`);
        if (i === 4) cluster.pause('b2');
        if (i === 8) cluster.resume('b2');
        cluster.run(60);
      }
      cluster.network({ dropChance: 0 });
      talk.settle(5000);
    },
  },
  {
    id: 'B4',
    title: 'nobody sees an answer before the question',
    points: 4,
    nodes: { b: 4 },
    seeds: DIRECTED,
    lookAt: 'what had the sender seen, and how does this node know?',
    run(cluster) {
      const talk = broadcasts(cluster);
      const [asks, answers, waits] = cluster.draw.shuffle(cluster.nodes) as [
        NodeId,
        NodeId,
        NodeId,
      ];
      slow(cluster, asks, waits, 900);
      talk.answer(answers, 'where are my keys?', 'on the table');
      talk.answer(asks, 'on the table', 'found them!');
      talk.broadcast(asks, 'where are my keys?');
      talk.settle(5000);
      cluster.sometimes('the answer was broadcast', talk.has(answers, 'found them!'));
    },
  },
  {
    id: 'B5',
    title: 'what does not depend on a late message does not wait for it',
    points: 4,
    nodes: { b: 4 },
    seeds: DIRECTED,
    lookAt: 'for which messages does this one wait, and had its sender delivered them?',
    run: unrelated,
  },
  {
    id: 'B6',
    title: 'a chain of answers that arrives backwards is delivered forwards',
    points: 2,
    nodes: { b: 5 },
    seeds: DIRECTED,
    lookAt: 'when a message is delivered, which others may be ready now?',
    run(cluster) {
      const talk = broadcasts(cluster);
      const chain = cluster.nodes.slice(0, -1);
      const last = cluster.nodes.at(-1) as NodeId;
      chain.forEach((node, i) => {
        const ms = 1000 - 240 * i;
        slow(cluster, node, last, ms);
        if (i > 0) talk.answer(node, `step ${i}`, `step ${i + 1}`);
      });
      talk.broadcast(chain[0] as NodeId, 'step 1');
      talk.settle(5000);
      cluster.sometimes('the chain is complete', talk.has(last, `step ${chain.length}`));
    },
  },
  {
    id: 'B7',
    title: 'in a lively talk over a bad network, causes come first and everything arrives',
    points: 3,
    nodes: { b: 4 },
    seeds: RANDOM,
    lookAt: 'what had the sender seen, and how does this node know?',
    plan: (draw) => [
      drawNetwork(draw),
      ...Array.from({ length: 40 }, (_, i): Step => {
        const node = `b${draw.int(1, 4)}`;
        const atMs = draw.int(10, 1200);
        if (draw.chance(0.1)) return { atMs, do: 'silence', node, ms: draw.int(50, 800) };
        return { atMs, do: 'say', node, text: `no. ${i + 1}` };
      }),
    ],
    actions: {
      say: (cluster, { node, text }) =>
        broadcasts(cluster).broadcast(node as NodeId, text as string),
      silence,
    },
    run(cluster) {
      cluster.network({ dropChance: 0, tailChance: 0 });
      for (const node of cluster.nodes) cluster.resume(node);
      broadcasts(cluster).settle(8000);
      for (const node of cluster.nodes) broadcasts(cluster).broadcast(node, `${node} is well`);
      broadcasts(cluster).settle(5000);
    },
  },
];

function tellShare(cluster: Cluster, { relations }: { relations: CausalRelation[][] }): void {
  const all = relations.flat();
  const count = (what: CausalRelation) => all.filter((each) => each === what).length / 2;
  const pairs = count('before') + count('after') + count('concurrent');
  const share = Math.round((100 * count('concurrent')) / pairs);
  cluster.sometimes('some events were concurrent, and some were not', share > 0 && share < 100);
  cluster.tell(`of ${pairs} pairs of events, ${share} % were concurrent`);
}

function unrelated(cluster: Cluster): void {
  const talk = broadcasts(cluster);
  const [n1, n2, n3, n4] = cluster.draw.shuffle(cluster.nodes) as [NodeId, NodeId, NodeId, NodeId];
  for (const to of [n2, n3]) slow(cluster, n1, to, 2500);
  slow(cluster, n4, n3, 2500);
  talk.broadcast(n1, 'late');
  cluster.run(50);
  talk.broadcast(n2, 'unrelated');
  talk.expectSoon('unrelated', cluster.nodes, 200, `its sender, ${n2}, had not heard of "late"`);
  // n4 has "late", and answers. The answer reaches n2, which must hold it back.
  talk.broadcast(n4, 'answer');
  cluster.run(50);
  talk.broadcast(n2, 'unrelated, too');
  const why = `its sender, ${n2}, had received "answer" from ${n4}, but not delivered it`;
  talk.expectSoon('unrelated, too', cluster.nodes, 200, why);
  talk.settle(8000);
}
