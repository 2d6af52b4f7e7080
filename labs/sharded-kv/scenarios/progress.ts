/** Part D: whoever has nothing to do with a move does not notice it, and nothing is kept forever. */
import type { Cluster, NodeId, Scenario } from 'faultlab';
import { type GroupId, type Shard, SNAPSHOT_EVERY, shardIn } from '../contract.ts';
import { groupOf, shards as inWords, s, view, without } from '../view.ts';
import { keyIn, sharded } from '../workload.ts';
import { crashAll, cutBetween, isMigration, restartAll } from './faults.ts';
import { ownedBy } from './moving.ts';

const DIRECTED = { test: 4, grade: 20 };
/** How soon its old owner deletes a moved shard, once all can hear each other. */
const DELETED_WITHIN_MS = 2000;
/** What 50 entries, a snapshot of ten small keys and a Raft beside them take, with some room to spare. */
const DISK_BYTES_MAX = 60_000;

/** Clients use `shards` for a while; at least `least` operations must have ended. */
function expectProgress(
  cluster: Cluster,
  { shards, ms, least, why }: { shards: readonly Shard[]; ms: number; least: number; why: string },
): void {
  const workload = sharded(cluster);
  const since = cluster.nowMs;
  workload.mingle(ms, { clients: cluster.clients.slice(1), shards });
  const done = workload.doneSince(since).length;
  cluster.expect(done >= least, {
    kind: 'liveness',
    ruleId: 'others-wait',
    rule: 'Only requests for a shard on its way wait for it (handout, Part D)',
    evidence: `${why}: on ${inWords(shards)}, which need not wait for that, ${done} operations ended in ${s(ms)}; at least ${least} should have; ${view(cluster).describe()}`,
  });
}

/** Keys that a group still holds, of shards that are not its own. */
function leftOver(cluster: Cluster, group: GroupId): string[] {
  const owned = ownedBy(cluster, group);
  return view(cluster)
    .nodesOf(group)
    .flatMap((node) => {
      const keys = Object.keys((cluster.invoke(node, 'dump') ?? {}) as object);
      return keys
        .filter((key) => !owned.includes(shardIn(view(cluster).latest, key)))
        .map((key) => `${key} on ${node}`);
    });
}

export function expectDeleted(cluster: Cluster, groups: readonly GroupId[]): void {
  const left = () => groups.flatMap((group) => leftOver(cluster, group));
  cluster.runUntil(() => left().length === 0, DELETED_WITHIN_MS);
  const keys = left();
  cluster.expect(keys.length === 0, {
    kind: 'contract',
    ruleId: 'not-deleted',
    rule: 'A group that has given a shard away deletes it within 2 s (handout, Part D)',
    evidence: `${DELETED_WITHIN_MS} ms after all shards came to their new owners, there are still ${keys.slice(0, 4).join(', ')}${keys.length > 4 ? ` and ${keys.length - 4} more` : ''}`,
    lookAt: 'who tells the old owner that it may delete, and who does when that node has crashed?',
  });
}

export const progress: readonly Scenario[] = [
  {
    id: 'D1',
    title: 'while a shard cannot come, all others are served',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 4 },
    seeds: DIRECTED,
    lookAt: 'what does a group wait for before it serves the shards that stay with it?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      for (const client of cluster.clients) workload.fill(undefined, client);
      const stays = ownedBy(cluster, 'q');
      crashAll(cluster, view(cluster).nodesOf('p'));
      workload.move(ownedBy(cluster, 'p')[0] as Shard, 'q');
      cluster.run(200);
      expectProgress(cluster, { shards: stays, ms: 1500, least: 40, why: 'p is down' });
      restartAll(cluster);
      workload.finish();
    },
  },
  {
    id: 'D2',
    title: 'a shard that has come is served, though another one has not',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, r: 3, c: 4 },
    seeds: DIRECTED,
    lookAt: 'does a group wait for a shard, or for a configuration?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      workload.fill();
      const before = view(cluster).latest;
      const down = cluster.draw.pick(['p', 'q']);
      crashAll(cluster, view(cluster).nodesOf(down));
      workload.join('r');
      const come = ownedBy(cluster, 'r').filter((shard) => before.shards[shard] !== down);
      const options = {
        shards: come,
        ms: 2500,
        least: 40,
        why: `r gets shards of p and q; ${down} is down`,
      };
      expectProgress(cluster, options);
      restartAll(cluster);
      workload.finish();
    },
  },
  {
    id: 'D3',
    title: "two groups that wait for each other's shards do not hold each other up",
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 3 },
    seeds: DIRECTED,
    lookAt: 'can a group give a shard away while it waits for one itself?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      workload.fill();
      const [one = 0] = ownedBy(cluster, 'p');
      const [other = 0] = ownedBy(cluster, 'q');
      // The moves are made while nobody can fetch: then both groups go through them together.
      cutBetween(cluster, view(cluster).nodesOf('p'), view(cluster).nodesOf('q'));
      for (let round = 0; round < 4; round++) {
        workload.move(one, round % 2 === 0 ? 'q' : 'p');
        workload.move(other, round % 2 === 0 ? 'p' : 'q');
      }
      cluster.run(300);
      cluster.heal();
      workload.finish();
    },
  },
  {
    id: 'D4',
    title: 'without controllers nothing moves, and everything is served',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 4 },
    seeds: DIRECTED,
    lookAt: 'what does an operation on a key need a controller for?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      for (const client of cluster.clients) workload.fill(undefined, client);
      crashAll(cluster, view(cluster).nodesOf('k'));
      const leader = workload.leader('p');
      const why = 'the controllers are down';
      expectProgress(cluster, { shards: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ms: 1200, least: 60, why });
      // For a while p has no majority: long enough that every client has asked each of its replicas.
      const other = without(view(cluster).nodesOf('p'), leader)[0] as NodeId;
      cluster.crash(leader);
      cluster.pause(other);
      cluster.after(800, () => cluster.resume(other));
      const options = { shards: ownedBy(cluster, 'p'), ms: 3000, least: 25 };
      expectProgress(cluster, { ...options, why: `${why}, and p has had to elect another leader` });
      restartAll(cluster);
      workload.finish();
    },
  },
  {
    id: 'D5',
    title: 'a group that has given a shard away deletes it, even if the receiver has crashed since',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: { test: 6, grade: 30 },
    lookAt: 'who tells the old owner that it may delete, and who does when that node has crashed?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p');
      workload.fill();
      workload.join('q');
      workload.expectSettled();
      expectDeleted(cluster, ['p', 'q']);
      // The shard has come; nothing more gets from q to p, and then q has another leader.
      for (const to of ['p', 'q'] as const) {
        const from = to === 'p' ? 'q' : 'p';
        const shard = cluster.draw.pick(ownedBy(cluster, from));
        const serves = () => view(cluster).groups.get(to)?.serving.includes(shard) ?? false;
        cluster.filter((m) =>
          isMigration(m) && groupOf(m.from) === to && serves() ? 'drop' : undefined,
        );
        workload.move(shard, to);
        cluster.runUntil(serves, 2000);
        cluster.run(cluster.draw.int(0, 60));
        // The second time a snapshot is taken meanwhile, and nobody remembers what was in the log.
        const isForgotten = to === 'q';
        const append = { kind: 'append', key: keyIn(shard) } as const;
        for (let i = 0; isForgotten && i <= SNAPSHOT_EVERY; i++)
          workload.ask1('c2', { ...append, value: workload.newValue() });
        const gone = isForgotten ? view(cluster).nodesOf(to) : [workload.leader(to)];
        crashAll(cluster, gone);
        if (isForgotten) restartAll(cluster, gone);
        cluster.filter(undefined);
        workload.elect(to);
        workload.expectSettled();
        expectDeleted(cluster, ['p', 'q']);
        if (!isForgotten) restartAll(cluster, gone);
      }
      workload.finish();
    },
  },
  {
    id: 'D6',
    title: 'many moves leave nothing behind on any disk',
    points: 1,
    nodes: { k: 3, p: 3, q: 3, c: 2 },
    seeds: { test: 2, grade: 10 },
    lookAt: 'what does a snapshot of a replica hold that nobody will ask for again?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      for (const shard of [0, 1, 2, 3])
        workload.ask1('c1', { kind: 'put', key: keyIn(shard), value: 'v'.repeat(1500) });
      for (let i = 0; i < 30; i++) {
        const shard = i % 4;
        const owner = view(cluster).latest.shards[shard];
        workload.move(shard, owner === 'p' ? 'q' : 'p');
        workload.ask1('c2', { kind: 'append', key: keyIn(shard), value: workload.newValue() });
        if (shard === 3) workload.expectSettled();
      }
      workload.expectSettled();
      cluster.run(DELETED_WITHIN_MS);
      for (let i = 0; i < 2 * SNAPSHOT_EVERY; i++)
        workload.ask1('c1', { kind: 'append', key: keyIn(4 + (i % 6)), value: 'x' });
      cluster.run(1000);
      for (const node of cluster.nodes.filter((id) => groupOf(id) !== 'k')) {
        const sizeBytes = cluster.diskBytes(node);
        cluster.expect(sizeBytes <= DISK_BYTES_MAX, {
          kind: 'contract',
          ruleId: 'disk-grows',
          rule: 'What moves leave behind does not grow with their number (handout, The contract)',
          evidence: `after 30 moves of four shards of 1.5 kB, the files of ${node} hold ${sizeBytes} bytes; at most ${DISK_BYTES_MAX} are needed`,
        });
      }
      workload.finish();
    },
  },
  {
    id: 'D7',
    title: 'at rest a cluster is quiet, and a shard crosses the wire once',
    points: 2,
    nodes: { k: 3, p: 3, q: 3, c: 1 },
    seeds: { test: 3, grade: 10 },
    lookAt: 'which messages are sent although nothing has changed, and which are sent twice?',
    run(cluster) {
      const workload = sharded(cluster);
      workload.join('p', 'q');
      const [shard = 0] = ownedBy(cluster, 'p');
      const valueBytes = 60_000;
      workload.ask1('c1', { kind: 'put', key: keyIn(shard), value: 'v'.repeat(valueBytes) });
      cluster.run(1000);
      const sent = { messages: 0, between: 0, bytes: 0 };
      cluster.filter((m) => {
        if (isRaft(m.method)) return undefined;
        sent.messages++;
        if (!isMigration(m)) return undefined;
        sent.between++;
        sent.bytes += m.sizeBytes;
        return undefined;
      });
      // A long way between the groups: one without patience asks again before it has its answer.
      const distance = (profile: { minMs: number; typicalMs: number }) => {
        for (const p of view(cluster).nodesOf('p'))
          for (const q of view(cluster).nodesOf('q')) {
            cluster.network(profile, { from: p, to: q });
            cluster.network(profile, { from: q, to: p });
          }
      };
      expectQuiet(cluster, sent);
      distance({ minMs: 50, typicalMs: 60 });
      sent.bytes = 0;
      workload.move(shard, 'q');
      workload.expectSettled();
      cluster.run(800);
      cluster.expect(sent.bytes <= 2.5 * valueBytes, {
        kind: 'contract',
        ruleId: 'sent-again',
        rule: 'A shard crosses from group to group once, if no message is lost (handout, The contract)',
        evidence: `a shard of ${valueBytes} bytes moved, and ${sent.bytes} bytes went between p and q`,
        lookAt: 'is a shard asked for again while the first answer is under way?',
      });
      distance({ minMs: 1, typicalMs: 3 });
      expectQuiet(cluster, sent);
      workload.finish();
    },
  },
];

function expectQuiet(cluster: Cluster, sent: { messages: number; between: number }): void {
  sent.messages = 0;
  sent.between = 0;
  cluster.run(3000);
  const [all, between] = [sent.messages / 3, sent.between / 3];
  cluster.expect(all <= 200 && between <= 10, {
    kind: 'contract',
    ruleId: 'not-quiet',
    rule: 'When nothing moves and nobody asks, at most 200 messages a second are sent, Raft aside, at most 10 of them between groups (handout, The contract)',
    evidence: `in 3 s of rest there were ${all.toFixed(0)} a second, ${between.toFixed(0)} of them between groups`,
  });
}

const RAFT = ['requestVote', 'preVote', 'appendEntries', 'installSnapshot'];
const isRaft = (method: string) => RAFT.includes(method);
