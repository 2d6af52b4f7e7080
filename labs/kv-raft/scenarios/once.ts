/** Part B: each operation takes effect exactly once (Raft §8; thesis §6.3). */
import type { Cluster, NodeId, Scenario, Step, WireMessage } from 'faultlab';
import { type AsksOptions, ask, asks } from '../asks.ts';
import type { Reply, RequestArgs } from '../contract.ts';
import { kv } from '../workload.ts';
import { without } from './machine.ts';

const DIRECTED = { test: 5, grade: 20 };
const RANDOM = { test: 12, grade: 100 };

const isRequest = (m: WireMessage) => m.kind === 'request' && m.method === 'request';
export const isDone = (m: WireMessage) =>
  m.kind === 'reply' && m.method === 'request' && (m.body as Reply)?.ok === true;
const kindOf = (m: WireMessage) => ((m.args ?? m.body) as RequestArgs).operation?.kind;

/** Drops the first `count` replies for which `which` holds. */
export function dropFirst(
  cluster: Cluster,
  count: number,
  which: (m: WireMessage) => boolean,
): void {
  let left = count;
  cluster.filter((m) => {
    if (left === 0 || !which(m)) return undefined;
    left--;
    cluster.note(`the reply of ${m.from} to the ${kindOf(m)} of ${m.to} is lost`);
    return 'drop';
  });
}

/** What a fault hits is known only when it strikes: the leader of that moment. */
export const actions: NonNullable<Scenario['actions']> = {
  ask,
  crashLeader(cluster, { forMs }) {
    const leader = kv(cluster).leader();
    if (leader === undefined) return;
    cluster.crash(leader);
    cluster.after(forMs as number, () => cluster.restart(leader));
  },
  isolateLeader(cluster, { forMs }) {
    const leader = kv(cluster).leader();
    if (leader === undefined) return;
    // With one client on its side, which hears what it says.
    const client = cluster.clients[0] as NodeId;
    const rest = [...without(cluster.nodes, leader), ...without(cluster.clients, client)];
    cluster.partition([leader, client], rest);
    cluster.after(forMs as number, () => cluster.heal());
  },
  pauseLeader(cluster, { forMs }) {
    const leader = kv(cluster).leader();
    if (leader === undefined) return;
    cluster.pause(leader);
    cluster.after(forMs as number, () => cluster.resume(leader));
  },
  powerCycle(cluster) {
    for (const node of cluster.nodes) cluster.crash(node);
    for (const node of cluster.nodes) cluster.restart(node);
  },
};

export interface PlanOptions extends AsksOptions {
  readonly faults: readonly string[];
}

/** Operations all the time, loss and delays, and a fault about every second: all of it explicit. */
export function plan(options: PlanOptions): NonNullable<Scenario['plan']> {
  const { durationMs, faults } = options;
  return (draw) => {
    const profile = {
      dropChance: draw.pick([0, 0.05, 0.2]),
      duplicateChance: draw.pick([0, 0.1]),
      tailChance: draw.pick([0.02, 0.2]),
      tailMs: draw.pick([50, 400, 1200]),
    };
    const steps: Step[] = [{ atMs: 0, do: 'network', profile }, ...asks(draw, options)];
    for (let atMs = 800; atMs < durationMs; atMs += draw.int(500, 1400))
      steps.push({ atMs, do: draw.pick(faults), forMs: draw.int(100, 900) });
    return steps;
  };
}

/** All faults are over. */
export function calm(cluster: Cluster): void {
  cluster.filter(undefined);
  cluster.heal();
  cluster.network({ dropChance: 0, duplicateChance: 0, tailChance: 0 });
  for (const node of cluster.nodes) {
    cluster.resume(node);
    cluster.restart(node);
  }
}

export const once: readonly Scenario[] = [
  {
    id: 'B1',
    title: 'an append whose reply was lost happens once',
    points: 4,
    nodes: { n: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'how does a server know that it has done this request before?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      dropFirst(cluster, 3, isDone);
      workload.ask1('c1', { kind: 'append', key: 'x', value: 'a' });
      workload.ask1('c1', { kind: 'append', key: 'x', value: 'b' });
      workload.get('c1', 'x');
      cluster.sometimes('a reply was lost', cluster.hits('filtered') > 0);
      workload.finish();
    },
  },
  {
    id: 'B2',
    title: 'a cas whose reply was lost gives its first answer again',
    points: 3,
    nodes: { n: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'is it enough to remember that a request was done?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'a' });
      dropFirst(cluster, 1, isDone);
      workload.ask1('c1', { kind: 'cas', key: 'x', from: 'a', to: 'b' });
      dropFirst(cluster, 1, isDone);
      workload.ask1('c1', { kind: 'cas', key: 'x', from: 'a', to: 'c' });
      workload.get('c1', 'x');
      workload.finish();
    },
  },
  {
    id: 'B3',
    title: 'what a leader committed and could not answer for happens once',
    points: 4,
    nodes: { n: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'who else must know what a client was answered, besides the leader of that moment?',
    run(cluster) {
      const workload = kv(cluster);
      const leader = workload.elect();
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'a' });
      cluster.filter((m) => (m.from === leader && isDone(m) ? 'drop' : undefined));
      const applied = workload.state(leader)?.applied ?? 0;
      workload.append('c1', 'x');
      cluster.runUntil(
        () => cluster.nodes.every((n) => (workload.state(n)?.applied ?? 0) > applied),
        2000,
      );
      cluster.crash(leader);
      cluster.note(`${leader} has committed the append, and crashes before anybody hears of it`);
      workload.settle();
      cluster.filter(undefined);
      workload.get('c1', 'x');
      workload.settle();
      cluster.restart(leader);
      workload.finish();
    },
  },
  {
    id: 'B4',
    title: 'a leader that was deposed does not answer for what another has put in its place',
    points: 4,
    nodes: { n: 3, c: 3 },
    seeds: DIRECTED,
    lookAt: 'is the entry that was applied at this index the one that this client waits for?',
    run(cluster) {
      const workload = kv(cluster);
      const old = workload.elect();
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'a' });
      workload.ask1('c2', { kind: 'put', key: 'y', value: 'b' });
      workload.ask1('c3', { kind: 'put', key: 'z', value: 'c' });
      const others = without(cluster.nodes, old);
      const left = ['c1', 'c3'];
      cluster.partition([old, ...left], [...others, 'c2']);
      // Their clocks are slow, so that they have great patience with the one server that they reach.
      for (const client of left) cluster.clockRate(client, 0.05);
      // Two entries: at the first index a Raft may put an entry of its own, at the second it does not.
      workload.append('c1', 'x');
      cluster.run(30);
      workload.append('c3', 'z');
      cluster.run(30);
      cluster.note(`${old} has proposed the appends of c1 and c3, which no other server gets`);
      workload.elect(others);
      for (let i = 0; i < 3; i++)
        workload.ask1('c2', { kind: 'append', key: 'y', value: workload.newValue() });
      cluster.heal();
      for (const node of others)
        for (const client of left) {
          cluster.cut(node, client);
          cluster.cut(client, node);
        }
      cluster.note(`${old} hears of what the others have put in its place`);
      cluster.run(800);
      cluster.heal();
      for (const client of left) cluster.clockRate(client, 1);
      workload.settle(60_000); // waits that began by the slow clock end by it
      workload.get('c2', 'x');
      workload.finish();
    },
  },
  {
    id: 'B5',
    title: 'an old request that arrives late changes nothing',
    points: 4,
    nodes: { n: 3, c: 1 },
    seeds: DIRECTED,
    lookAt: 'what happens to a request older than the last one that was done?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'a' });
      let held = 0;
      cluster.filter((m) => {
        if (!isRequest(m) || kindOf(m) !== 'put' || held > 0) return undefined;
        held++;
        cluster.note(`the put of ${m.from} to ${m.to} takes 1.8 s`);
        return 1800; // so late that the client has asked again, and gone on
      });
      workload.ask1('c1', { kind: 'put', key: 'x', value: 'b' });
      workload.ask1('c1', { kind: 'append', key: 'x', value: 'c' });
      cluster.run(2200);
      workload.get('c1', 'x');
      workload.finish();
    },
  },
  {
    id: 'B6',
    title: 'a power failure of all servers loses nothing and repeats nothing',
    points: 4,
    nodes: { n: 3, c: 2 },
    seeds: DIRECTED,
    lookAt: 'how does a server that has just booted learn what clients were answered?',
    run(cluster) {
      const workload = kv(cluster);
      workload.elect();
      workload.mingle(800, { keys: 1 });
      workload.settle();
      cluster.filter((m) => (isDone(m) ? 'drop' : undefined));
      workload.append('c1', 'k1');
      cluster.run(200);
      for (const node of cluster.nodes) cluster.crash(node);
      cluster.run(50);
      for (const node of cluster.nodes) cluster.restart(node);
      cluster.filter(undefined);
      workload.settle();
      workload.get('c2', 'k1');
      workload.finish();
    },
  },
  {
    id: 'B7',
    title: 'with a fifth of all messages lost there is one history',
    points: 4,
    nodes: { n: 3, c: 4 },
    seeds: RANDOM,
    lookAt: 'which attempts belong together, and which of their answers counts?',
    plan: (draw) => [
      { atMs: 0, do: 'network', profile: { dropChance: 0.2, duplicateChance: 0.1 } },
      ...asks(draw, { clients: 4, durationMs: 4000 }),
    ],
    actions,
    run(cluster) {
      calm(cluster);
      kv(cluster).finish();
    },
  },
  {
    id: 'B8',
    title: 'through crashes, partitions, pauses and loss there is one history',
    points: 5,
    nodes: { n: 5, c: 4 },
    seeds: RANDOM,
    lookAt: 'which server believed that it led, and what had the majority done by then?',
    plan: plan({
      clients: 4,
      durationMs: 5000,
      faults: ['crashLeader', 'isolateLeader', 'pauseLeader', 'powerCycle'],
    }),
    actions,
    run(cluster) {
      calm(cluster);
      kv(cluster).finish();
    },
  },
];
