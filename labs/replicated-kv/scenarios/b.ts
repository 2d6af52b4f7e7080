/** Part B: copies. What each mode promises, and followers that fall behind. */
import type { Cluster, NodeId, Scenario, WireMessage } from 'faultlab';
import type { AppendArgs } from '../contract.ts';
import { type Put, replicas } from '../replicas.ts';
import { s } from '../stores.ts';

const DIRECTED = { test: 3, grade: 20 };
const RANDOM = { test: 8, grade: 60 };

/** Switches all replicas off at once, and those in `back` on again. */
function blackout(cluster: Cluster, back: readonly NodeId[]): void {
  const { names } = replicas(cluster);
  for (const node of names) cluster.onCrash(node, 'lose');
  for (const node of names) cluster.crash(node);
  for (const node of back) cluster.restart(node);
}

/** Every fsync of this node fails, for a while. */
function refuse(cluster: Cluster, node: NodeId, forMs: number): void {
  for (let ms = 0; ms < forMs; ms += 0.5) cluster.after(ms, () => cluster.failNextFsync(node));
  cluster.after(forMs, () => cluster.disarm(node));
}

function expectKept(
  cluster: Cluster,
  holds: boolean,
  promise: string,
  evidence: string,
  lookAt: string,
) {
  const rule = `Durability: ${promise} (contract, Mode)`;
  cluster.expect(holds, { kind: 'safety', ruleId: 'durability', rule, evidence, lookAt });
}

const show = (puts: readonly Put[]) =>
  puts
    .slice(0, 4)
    .map(({ key, value }) => `${key}=${value}`)
    .join(', ');

export const replication: readonly Scenario[] = [
  {
    id: 'B1',
    title: 'sync: what was acknowledged is on every disk, and any one of them is enough',
    points: 3,
    nodes: { n: 3, v: 1, c: 2 },
    seeds: DIRECTED,
    lookAt: 'whose disks have the entry when the put is acknowledged?',
    run(cluster) {
      const programs = replicas(cluster);
      for (const node of ['n2', 'n3']) cluster.disk(node, { fsyncMs: cluster.draw.int(5, 40) });
      programs.begin('sync');
      for (let i = 1; i <= 8; i++) programs.mustPut('c1', `a${i}`, 'all replicas are well');
      for (let i = 1; i <= 6; i++) programs.put(i % 2 ? 'c1' : 'c2', `b${i}`);
      const last = programs.puts.at(-1) as Put;
      cluster.runUntil(() => last.result !== undefined, 1000);
      blackout(cluster, programs.names);
      cluster.partition();
      for (const node of programs.names) {
        const lost = programs.missing(node);
        expectKept(
          cluster,
          lost.length === 0,
          'in mode sync every replica has all that was acknowledged',
          `power was lost at ${s(cluster.nowMs)}; ${node} came back without ${show(lost)}, which were acknowledged`,
          'what does a follower do before it replies, and how many replies does the primary count?',
        );
      }
    },
  },
  {
    id: 'B2',
    title:
      'sync: without one of the replicas nothing is acknowledged; once it is back, everything is',
    points: 2,
    nodes: { n: 3, v: 1, c: 1 },
    seeds: DIRECTED,
    lookAt: 'how many are "all"?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('sync');
      programs.mustPut('c1', 'a1', 'all replicas are well');
      cluster.isolate('n3');
      const put = programs.put('c1', 'a2');
      cluster.run(1000);
      cluster.expect(put.result?.ok !== true, {
        kind: 'safety',
        ruleId: 'too-few-copies',
        rule: 'In mode sync a put waits for every replica (contract, Mode)',
        evidence: `n3 was cut off, and a2 was acknowledged at ${s(put.atMs)}`,
      });
      cluster.heal();
      programs.mustPut('c1', 'a3', 'n3 is back', 1500);
      programs.expectSame();
    },
  },
  {
    id: 'B3',
    title: 'quorum: one replica may be away; what was acknowledged is on two disks, always',
    points: 3,
    nodes: { n: 3, v: 1, c: 2 },
    seeds: DIRECTED,
    lookAt: 'which copies count, and when is one a copy?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'a1', 'all replicas are well');
      cluster.isolate('n3');
      for (let i = 2; i <= 8; i++) programs.mustPut('c1', `a${i}`, 'n3 is away, n1 and n2 are not');
      cluster.isolate('n2');
      const alone = programs.put('c1', 'alone');
      cluster.run(1000);
      cluster.expect(alone.result?.ok !== true, {
        kind: 'safety',
        ruleId: 'too-few-copies',
        rule: 'In mode quorum a put waits for more than half of the replicas (contract, Mode)',
        evidence: `n2 and n3 were cut off, and a put was acknowledged at ${s(alone.atMs)}`,
      });
      blackout(cluster, programs.names);
      cluster.partition();
      for (const put of programs.puts.filter(({ result }) => result?.ok)) {
        const holders = programs.names.filter((node) => programs.missing(node, [put]).length === 0);
        expectKept(
          cluster,
          holders.length >= 2,
          'in mode quorum more than half of the replicas have what was acknowledged',
          `${put.key}=${put.value} was acknowledged at ${s(put.atMs)}; after a power loss it is only on ${holders.join(', ') || 'no replica'}`,
          'is the copy on the disk of the follower when it replies?',
        );
      }
    },
  },
  {
    id: 'B4',
    title: 'async: nobody is waited for; a follower may lack the end, and nothing but the end',
    points: 2,
    nodes: { n: 3, v: 1, c: 1 },
    seeds: DIRECTED,
    lookAt: 'which puts may be missing on a follower, and which may not?',
    run(cluster) {
      const programs = replicas(cluster);
      cluster.disk('n1', { fsyncMs: 15 });
      programs.begin('async');
      programs.mustPut('c1', 'a1', 'all replicas are well');
      cluster.network({ dropChance: 0.2 }, { from: 'n1', to: 'n2' });
      const work = (i: number) => {
        if (i <= 40) programs.put('c1', `a${i}`, () => work(i + 1));
      };
      work(2);
      cluster.run(cluster.draw.int(200, 400));
      for (const node of ['n2', 'n3']) cluster.isolate(node);
      programs.settle();
      programs.mustPut('c1', 'alone', 'nobody is waited for', 500);
      blackout(cluster, programs.names);
      cluster.partition();
      const acknowledged = programs.puts.filter(({ result }) => result?.ok);
      const lost = programs.missing('n1');
      expectKept(
        cluster,
        lost.length === 0,
        'in mode async the primary has all that was acknowledged',
        `after a power loss n1 came back without ${show(lost)}`,
        'where is the entry when the put is acknowledged?',
      );
      for (const node of ['n2', 'n3']) {
        const gone = programs.missing(node, acknowledged);
        const end = acknowledged.slice(acknowledged.length - gone.length);
        const [first] = gone;
        expectKept(
          cluster,
          gone.every((put) => end.includes(put)),
          'in mode async a follower lacks nothing but the end of what was acknowledged',
          `${node} lacks ${gone.length} of ${acknowledged.length} puts, the first of them ${first?.key}, and has later ones`,
          'in what order does a follower append?',
        );
      }
    },
  },
  {
    id: 'B5',
    title: 'followers stay close behind, and learn of commits soon',
    points: 2,
    nodes: { n: 3, v: 1, c: 2 },
    seeds: DIRECTED,
    lookAt: 'how does a follower learn that an entry is committed, when no put follows it?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('async');
      let applied = 0;
      cluster.onEmit((node, name, value) => {
        if (name === 'apply' && node === 'n3') applied = (value as { index: number }).index;
      });
      for (let i = 1; i <= 20; i++) programs.mustPut('c1', `a${i}`, 'all replicas are well');
      cluster.run(300);
      programs.mustPut('c1', 'last', 'all replicas are well');
      const last = programs.puts.at(-1)?.result;
      cluster.run(300);
      cluster.expect(applied >= (last?.ok ? last.version : 0), {
        ruleId: 'lags',
        rule: 'On a calm network a follower applies an entry within 300 ms (handout, The contract)',
        evidence: `index ${last?.ok && last.version} was acknowledged 300 ms ago, and n3 has applied only up to ${applied}`,
      });
      programs.expectSame(programs.names, 0);
      const before = cluster.count('requests');
      cluster.run(2000);
      const perSecond = (cluster.count('requests') - before) / 2;
      cluster.expect(perSecond <= 240, {
        kind: 'contract',
        ruleId: 'chatter',
        rule: 'An idle cluster of three sends at most 240 requests a second (handout, The contract)',
        evidence: `it sent ${perSecond} requests a second`,
        lookAt: 'what does the primary send when there is nothing to send?',
      });
    },
  },
  {
    id: 'B6',
    title: 'a follower that was away gets what it lacks, and no more',
    points: 2,
    nodes: { n: 3, v: 1, c: 2 },
    seeds: DIRECTED,
    lookAt: 'how does the primary learn where the log of the follower ends?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      for (let i = 1; i <= 30; i++) programs.mustPut('c1', `a${i}`, 'all replicas are well');
      const away = cluster.draw.chance(0.5) ? 'crash' : 'isolate';
      cluster[away]('n3');
      for (let i = 1; i <= 10; i++) programs.mustPut('c1', `b${i}`, 'only n3 is away');
      // What n3 is sent from now on, while it catches up.
      const sent: AppendArgs['entries'][number][] = [];
      cluster.filter((m: WireMessage) => {
        const isAppend = m.kind === 'request' && m.method === 'append' && m.to === 'n3';
        if (isAppend) sent.push(...((m.body as AppendArgs).entries ?? []));
        return undefined;
      });
      cluster.heal();
      cluster.restart('n3');
      programs.expectSame();
      cluster.expect(sent.length <= 150, {
        kind: 'contract',
        ruleId: 'sent-again',
        rule: 'A follower that lacks 10 of 40 entries is sent at most 150 entries (handout, The contract)',
        evidence: `it was sent ${sent.length} entries`,
      });
      programs.mustPut('c1', 'c1', 'all replicas are well again');
    },
  },
  {
    id: 'B7',
    title: 'a follower that was away for too long gets a snapshot; the logs stay short',
    points: 2,
    nodes: { n: 3, v: 1, c: 8 },
    seeds: DIRECTED,
    lookAt: 'what does the primary do when it has thrown away what a follower lacks?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      let values = 0;
      const work = (client: NodeId, left: number) => {
        if (left === 0) return;
        const key = `k${cluster.draw.int(1, 6)}`;
        const value = `v${++values}-`.padEnd(60, '.');
        programs.put(client, key, () => work(client, left - 1), value);
      };
      const round = (puts: number) => {
        for (const client of cluster.clients) work(client, puts);
        for (let i = 0; i < puts / 4; i++) programs.settle();
        while (programs.puts.some(({ result }) => result === undefined)) programs.settle();
      };
      round(10);
      cluster.isolate('n3');
      round(60);
      // The first snapshot takes so long that another one arrives before it.
      let snapshots = 0;
      cluster.filter(({ kind, method }) =>
        kind === 'request' && method === 'install' && snapshots++ === 0 ? 900 : undefined,
      );
      cluster.heal();
      if (cluster.draw.chance(0.5)) {
        cluster.onCrash('n3', 'lose');
        cluster.crash('n3');
        cluster.restart('n3');
      }
      programs.expectSame();
      round(5);
      cluster.run(900);
      programs.mustPut('c1', 'k1', 'an old snapshot has come late');
      programs.expectSame();
      cluster.run(300);
      // What n3 was sent is on its disk.
      cluster.isolate('n3');
      cluster.onCrash('n3', 'lose');
      cluster.crash('n3');
      cluster.restart('n3');
      programs.expectSame(programs.names, 0);
      cluster.heal();
      round(10);
      for (const node of programs.names) {
        const bytes = cluster.diskBytes(node);
        cluster.expect(bytes <= 64 * 1024, {
          kind: 'contract',
          ruleId: 'log-grows',
          rule: 'The disk holds at most 64 KiB for a few short values (handout, The contract)',
          evidence: `after ${programs.puts.length} puts the disk of ${node} holds ${bytes} bytes`,
        });
      }
      cluster.run(200);
      blackout(cluster, programs.names);
      cluster.partition();
      programs.expectSame(programs.names, 0);
    },
  },
  {
    id: 'B8',
    title: 'through loss, delays, copies and crashes of followers everything is applied in order',
    points: 2,
    nodes: { n: 3, v: 1, c: 3 },
    seeds: RANDOM,
    lookAt: 'an append comes late, or twice: what does it find, and what does it do?',
    plan: (draw) => [
      {
        atMs: 0,
        do: 'network',
        profile: {
          dropChance: draw.pick([0, 0.02, 0.1]),
          tailChance: draw.pick([0.02, 0.1]),
          tailMs: 120,
        },
      },
      ...Array.from({ length: 5 }, (_, i) => ({
        atMs: 1 + i * 0.001,
        do: draw.pick(['crashFor', 'crashFor', 'cutOff']),
        node: draw.pick(['n2', 'n3']),
        inMs: draw.int(200, 2500),
        forMs: draw.int(20, 500),
        unsynced: draw.pick(['lose', 'torn', 'seeded']),
      })),
    ],
    actions: {
      crashFor(cluster, { node, inMs, forMs, unsynced }) {
        cluster.after(inMs as number, () => {
          cluster.onCrash(node as NodeId, unsynced as 'lose');
          cluster.crash(node as NodeId);
        });
        cluster.after((inMs as number) + (forMs as number), () => cluster.restart(node as NodeId));
      },
      cutOff(cluster, { node, inMs, forMs }) {
        cluster.after(inMs as number, () => {
          for (const other of ['n1', 'n2', 'n3'].filter((name) => name !== node)) {
            cluster.cut(other, node as NodeId);
            cluster.cut(node as NodeId, other);
          }
        });
        cluster.after((inMs as number) + (forMs as number), () => cluster.heal());
      },
    },
    run(cluster) {
      const programs = replicas(cluster);
      const copies = cluster.draw.pick([0, 0.1, 0.3]);
      cluster.filter((m) =>
        m.method === 'append' && cluster.draw.chance(copies) ? 'duplicate' : undefined,
      );
      programs.begin(cluster.draw.pick(['quorum', 'quorum', 'async']));
      programs.mingle(3000, 3);
      cluster.heal();
      cluster.filter(undefined);
      cluster.network({ dropChance: 0, tailChance: 0 });
      for (const node of programs.names) cluster.restart(node);
      programs.settle();
      programs.mustPut('c1', 'k1', 'all is well again', 3000);
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
  {
    id: 'B9',
    title: 'a disk that is slow, or refuses its fsyncs, delays an answer but makes none untrue',
    points: 2,
    nodes: { n: 3, v: 1, c: 1 },
    seeds: DIRECTED,
    lookAt: 'an fsync of a replica has failed: what of its log is on the disk, and who may know?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'a1', 'all replicas are well');
      cluster.isolate('n3');
      // So slow that the primary asks again before the answer comes.
      cluster.disk('n2', { fsyncMs: 400 });
      const slow = programs.put('c1', 'slow');
      cluster.runUntil(() => slow.result !== undefined, 2000);
      const back = (node: NodeId, puts: readonly Put[], why: string) => {
        cluster.onCrash(node, 'lose');
        cluster.crash(node);
        cluster.disk(node, { fsyncMs: 1 });
        cluster.isolate(node);
        cluster.restart(node);
        const lost = programs.missing(node, puts);
        expectKept(
          cluster,
          lost.length === 0,
          'in mode quorum more than half of the replicas have what was acknowledged',
          `n3 was away; ${show(lost)} was acknowledged at ${s(lost[0]?.atMs ?? 0)}; ${node}, ${why}, came back from a power loss without it`,
          'which fsync says that this entry is on the disk?',
        );
      };
      back('n2', [slow], 'whose disk was slow');
      cluster.mend('n1', 'n2');
      cluster.mend('n2', 'n1');
      programs.mustPut('c1', 'a2', 'n2 is back', 1500);
      refuse(cluster, 'n2', 40);
      const failed = programs.mustPut('c1', 'a3', 'the fsyncs of n2 failed for 40 ms', 1500);
      back('n2', [failed], 'which had refused its fsyncs');
      cluster.mend('n1', 'n2');
      cluster.mend('n2', 'n1');
      programs.mustPut('c1', 'a4', 'n2 is back', 1500);
      if (cluster.seed % 2) refuse(cluster, 'n1', 40);
      else cluster.disk('n1', { fsyncMs: 300 });
      const own = programs.put('c1', 'own');
      cluster.runUntil(() => own.result !== undefined, 2000);
      back('n1', [own], cluster.seed % 2 ? 'which had refused its fsyncs' : 'whose disk was slow');
    },
  },
];
