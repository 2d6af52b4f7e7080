/** Faults by role, and messages by what they are for: shared by the scenarios of all parts. */
import type { Cluster, NodeId, Scenario, Step, WireMessage } from 'faultlab';
import type { GroupId } from '../contract.ts';
import { CONTROLLERS, groupOf, view, without } from '../view.ts';
import { keyIn, sharded } from '../workload.ts';

export const isClient = (node: NodeId) => groupOf(node) === 'c';

/** Between replicas of two groups: whatever a submission moves shards with. */
export const isMigration = ({ from, to }: WireMessage): boolean =>
  ![from, to].some((node) => isClient(node) || groupOf(node) === CONTROLLERS) &&
  groupOf(from) !== groupOf(to);

/** A reply that tells a client that something was done. */
export const isDone = (m: WireMessage): boolean =>
  m.kind === 'reply' && isClient(m.to) && (m.body as { ok?: boolean } | null)?.ok === true;

/** Drops the first `count` messages for which `which` holds. */
export function dropFirst(
  cluster: Cluster,
  count: number,
  which: (m: WireMessage) => boolean,
): void {
  let left = count;
  cluster.filter((m) => {
    if (left === 0 || !which(m)) return undefined;
    left--;
    return 'drop';
  });
}

export function crashAll(cluster: Cluster, nodes: readonly NodeId[] = cluster.nodes): void {
  for (const node of nodes) cluster.crash(node);
}

export function restartAll(cluster: Cluster, nodes: readonly NodeId[] = cluster.nodes): void {
  for (const node of nodes) cluster.restart(node);
}

/** Cuts all links between two sets of nodes; other links stay. */
export function cutBetween(cluster: Cluster, one: readonly NodeId[], other: readonly NodeId[]) {
  for (const a of one)
    for (const b of other) {
      cluster.cut(a, b);
      cluster.cut(b, a);
    }
}

/** What a fault hits is known only when it strikes: the leader of that moment. */
export const actions: NonNullable<Scenario['actions']> = {
  ask(cluster, { client, kind, shard }) {
    const workload = sharded(cluster);
    // A client has one operation at a time: a step that comes meanwhile is skipped.
    if (workload.isBusy(client as NodeId)) return;
    const key = keyIn(shard as number);
    if (kind === 'get') workload.ask(client as NodeId, { kind, key });
    else workload.ask(client as NodeId, { kind: 'append', key, value: workload.newValue() });
  },
  /** The group joins if it is out, else leaves: an operator's day, whatever steps were cut away. */
  joinOrLeave(cluster, { client, group }) {
    const workload = sharded(cluster);
    if (workload.isBusy(client as NodeId)) return;
    const id = group as GroupId;
    const isIn = Object.hasOwn(view(cluster).latest.groups, id);
    if (isIn) workload.ask(client as NodeId, { kind: 'leave', groups: [id] });
    else workload.ask(client as NodeId, { kind: 'join', groups: workload.groupsOf(id) });
  },
  move(cluster, { client, shard, group }) {
    const workload = sharded(cluster);
    if (workload.isBusy(client as NodeId)) return;
    const change = { kind: 'move', shard: shard as number, group: group as GroupId } as const;
    workload.ask(client as NodeId, change);
  },
  crashLeader(cluster, { group, forMs }) {
    const leader = view(cluster).leaderOf(group as GroupId);
    if (leader === undefined) return;
    cluster.crash(leader);
    cluster.after(forMs as number, () => cluster.restart(leader));
  },
  isolateLeader(cluster, { group, forMs }) {
    const leader = view(cluster).leaderOf(group as GroupId);
    if (leader === undefined) return;
    // With one client on its side, which hears what it says.
    const friend = cluster.clients[0] as NodeId;
    const rest = without([...cluster.nodes, ...cluster.clients], leader, friend);
    cluster.partition([leader, friend], rest);
    cluster.after(forMs as number, () => cluster.heal());
  },
  pauseLeader(cluster, { group, forMs }) {
    const leader = view(cluster).leaderOf(group as GroupId);
    if (leader === undefined) return;
    cluster.pause(leader);
    cluster.after(forMs as number, () => cluster.resume(leader));
  },
  /** All links between two groups, as when the line between two sites is cut. */
  parts(cluster, { group, other, forMs }) {
    const nodes = (id: unknown) => view(cluster).nodesOf(id as GroupId);
    cutBetween(cluster, nodes(group), nodes(other));
    cluster.after(forMs as number, () => cluster.heal());
  },
  powerCycle(cluster, { group, forMs }) {
    const nodes = view(cluster).nodesOf(group as GroupId);
    crashAll(cluster, nodes);
    cluster.after(forMs as number, () => restartAll(cluster, nodes));
  },
};

export interface PlanOptions {
  readonly clients: number;
  readonly durationMs: number;
  /** Whom faults strike: groups, the controllers (`k`) among them. */
  readonly groups: readonly GroupId[];
  readonly faults: readonly string[];
  /** Groups that join and leave, and get single shards; without them, nothing moves. */
  readonly movers?: readonly GroupId[];
  /** How many shards the clients use. */
  readonly shards?: number;
  /** The share of gets. */
  readonly reads?: number;
}

/** Operations all the time, loss and delays, moves, and a fault about every second: all explicit. */
export function plan(options: PlanOptions): NonNullable<Scenario['plan']> {
  const { clients, durationMs, groups, faults, movers = [], shards = 4, reads = 0.3 } = options;
  return (draw) => {
    const profile = {
      dropChance: draw.pick([0, 0.05, 0.15]),
      duplicateChance: draw.pick([0, 0.1]),
      tailChance: draw.pick([0.02, 0.1]),
      tailMs: draw.pick([50, 400, 1200]),
    };
    const steps: Step[] = [{ atMs: 0, do: 'network', profile }];
    // c1 is the operator, when there is something to operate.
    const first = movers.length > 0 ? 2 : 1;
    for (let atMs = 300; atMs < durationMs; atMs += draw.int(4, 30)) {
      const kind = draw.chance(reads) ? 'get' : 'append';
      const shard = draw.int(0, shards - 1);
      steps.push({ atMs, do: 'ask', client: `c${draw.int(first, clients)}`, kind, shard });
    }
    for (let atMs = 500; movers.length > 0 && atMs < durationMs; atMs += draw.int(150, 800)) {
      const group = draw.pick(movers);
      const what = draw.chance(0.5) ? 'joinOrLeave' : 'move';
      steps.push({ atMs, do: what, client: 'c1', shard: draw.int(0, shards - 1), group });
    }
    for (let atMs = 800; atMs < durationMs; atMs += draw.int(400, 1400)) {
      const [group, other] = [draw.pick(groups), draw.pick(groups)];
      steps.push({ atMs, do: draw.pick(faults), group, other, forMs: draw.int(100, 900) });
    }
    return steps;
  };
}

type Draw = Parameters<NonNullable<Scenario['plan']>>[0];

/**
 * For clients that go on of their own accord once `use` is done: loss, moves between `p` and `q`, and
 * faults. Where times matter a late message is refused, so none is later than the bound on clocks.
 */
export function disturbed(draw: Draw, durationMs: number, use: Step): Step[] {
  const steps = plan({
    clients: 1,
    durationMs,
    groups: ['k', 'p', 'q'],
    faults: ['crashLeader', 'isolateLeader', 'parts', 'powerCycle'],
    movers: ['p', 'q'],
  })(draw).filter(({ do: what }) => what !== 'ask');
  const [network, ...rest] = steps;
  const profile = { ...(network as { profile?: object }).profile, tailMs: 50 };
  return [
    { atMs: 0, do: 'begin' },
    { atMs: 0, do: 'network', profile },
    use,
    ...rest.filter(({ atMs }) => atMs > use.atMs),
  ];
}

/** All faults are over. */
export function calm(cluster: Cluster): void {
  cluster.filter(undefined);
  cluster.heal();
  cluster.network({ dropChance: 0, duplicateChance: 0, tailChance: 0 });
  for (const node of cluster.nodes) {
    cluster.resume(node);
    cluster.restart(node);
    cluster.clockRate(node, 1);
  }
}
