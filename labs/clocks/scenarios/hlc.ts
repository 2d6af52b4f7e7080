/** Part C: stamps that keep causality, and say what time it is. */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import { LOGICAL_MAX } from '../contract.ts';
import { MAX_OFFSET_MS } from '../rules/hlc.ts';
import { drawEvents, drawNetwork, eventActions, happened, local, send } from '../workload.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

/** Counts the messages that were refused. */
function refusals(cluster: Cluster): { count: number } {
  return cluster.state('refusals', () => {
    const refused = { count: 0 };
    cluster.onEmit((_node, name, value) => {
      if (name === 'happened' && (value as { stamp: unknown }).stamp === 'refused') refused.count++;
    });
    return refused;
  });
}

export const hlc: readonly Scenario[] = [
  {
    id: 'C1',
    title: 'a stamp shows the highest wall clock that it knows of, and no more',
    points: 4,
    nodes: { h: 3 },
    seeds: DIRECTED,
    lookAt: 'which wall-clock readings does this node know of?',
    run(cluster) {
      cluster.jumpClock('h1', 150);
      cluster.jumpClock('h3', -120);
      for (let round = 0; round < 3; round++) {
        for (const node of cluster.nodes) local(cluster, node);
        send(cluster, 'h1', 'h2'); // from one that is ahead
        send(cluster, 'h2', 'h3'); // what h3 learns of h1 comes through h2
        local(cluster, 'h3');
        send(cluster, 'h3', 'h1'); // from one that is behind
        cluster.run(400);
      }
      cluster.sometimes('nine messages have arrived', happened(cluster).length === 3 * 10);
    },
  },
  {
    id: 'C2',
    title: 'a wall clock that is set back takes no stamp with it',
    points: 4,
    nodes: { h: 3 },
    seeds: DIRECTED,
    lookAt: 'what is the next stamp when the wall clock has gone back?',
    run(cluster) {
      local(cluster, 'h1');
      for (const ms of [-40, -5000, -3_600_000]) {
        cluster.jumpClock('h1', ms);
        for (let i = 0; i < 3; i++) local(cluster, 'h1');
        send(cluster, 'h1', 'h2'); // a clock that is behind does no harm
        local(cluster, 'h2');
        send(cluster, 'h2', 'h3');
        local(cluster, 'h1');
      }
    },
  },
  {
    id: 'C3',
    title: 'the logical part is as small as it can be, and 0 again when time has moved on',
    points: 4,
    nodes: { h: 3 },
    seeds: DIRECTED,
    lookAt: 'whose logical part goes on, and when does it restart at 0?',
    run(cluster) {
      for (let i = 0; i < 6; i++) local(cluster, 'h2'); // six in one millisecond
      cluster.run(5);
      local(cluster, 'h2');
      // h1 gives out a stamp, and then its wall clock falls behind it.
      cluster.jumpClock('h1', 200);
      local(cluster, 'h1');
      cluster.jumpClock('h1', -150);
      for (let i = 0; i < 9; i++) local(cluster, 'h2');
      send(cluster, 'h2', 'h1'); // from the past, with a high logical part
      for (let i = 0; i < 4; i++) local(cluster, 'h1');
      send(cluster, 'h1', 'h3'); // from the future: its logical part goes on
      local(cluster, 'h3');
      cluster.run(400);
      local(cluster, 'h3');
      send(cluster, 'h3', 'h2');
    },
  },
  {
    id: 'C4',
    title: 'after the highest logical part comes the next millisecond, here and over messages',
    points: 4,
    nodes: { h: 2 },
    seeds: { test: 2, grade: 5 },
    lookAt: 'what comes after the highest logical part?',
    run(cluster) {
      // h2 is behind, so that its own wall clock does not help it.
      cluster.jumpClock('h2', -300);
      local(cluster, 'h1');
      cluster.invoke('h1', 'burst', LOGICAL_MAX - 1);
      cluster.invoke('h1', 'send', 'h2'); // carries the highest logical part
      for (let i = 0; i < 3; i++) local(cluster, 'h1');
      cluster.run(25);
      local(cluster, 'h2');
      cluster.run(1000);
      for (const node of cluster.nodes) local(cluster, node);
    },
  },
  {
    id: 'C5',
    title: 'a clock that runs away takes nobody with it; one within the offset is believed',
    points: 4,
    nodes: { h: 3 },
    seeds: DIRECTED,
    lookAt: 'what would one node with a broken clock do to all others?',
    run(cluster) {
      const refused = refusals(cluster);
      cluster.jumpClock('h2', MAX_OFFSET_MS - 40);
      cluster.jumpClock('h3', 2500);
      for (const node of cluster.nodes) local(cluster, node);
      send(cluster, 'h2', 'h1'); // far ahead, but to be believed
      local(cluster, 'h1');
      send(cluster, 'h3', 'h1');
      local(cluster, 'h1'); // has learnt nothing from it
      send(cluster, 'h1', 'h3'); // from the past: no harm in it
      cluster.sometimes('h1 has refused the message of h3', refused.count === 1);
      // h3 is put right. Its stamps are still ahead, and do not go back.
      cluster.jumpClock('h3', -2500);
      local(cluster, 'h3');
      send(cluster, 'h3', 'h2');
      cluster.sometimes('h3 is still refused', refused.count === 2);
      // Its own stamps do not count: h3's wall clock is behind again, and h2 too far ahead of it.
      cluster.jumpClock('h2', 600);
      send(cluster, 'h2', 'h3');
      cluster.sometimes('h3 has refused the message of h2', refused.count === 3);
      cluster.run(2300);
      send(cluster, 'h3', 'h1');
      cluster.sometimes('h3 is believed again', refused.count === 3);
    },
  },
  {
    id: 'C6',
    title: 'with clocks that drift and jump, and a bad network, all of this holds',
    points: 4,
    nodes: { h: 4 },
    seeds: RANDOM,
    lookAt: 'what must a stamp be above, and what must it not be above?',
    plan: (draw) => [
      drawNetwork(draw),
      ...Array.from({ length: 4 }, (_, i) => ({
        atMs: 0,
        do: 'clockRate',
        node: `h${i + 1}`,
        rate: draw.pick([1, 1, 0.98, 1.03]),
      })),
      ...Array.from({ length: 6 }, () => ({
        atMs: draw.int(0, 700),
        do: 'jumpClock',
        node: `h${draw.int(1, 4)}`,
        ms: draw.pick([-3000, -300, -40, 40, 200, 400, 1500]),
      })),
      ...drawEvents(draw, 4, 'h', 60),
    ],
    actions: eventActions,
    run(cluster) {
      cluster.run(400);
      for (const node of cluster.nodes as NodeId[]) local(cluster, node);
    },
  },
];
