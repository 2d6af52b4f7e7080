/** Part D: reads from followers, by clients that remember what they know; and what a mode costs. */
import type { Cluster, NodeId, Scenario, Step } from 'faultlab';
import type { Mode } from '../contract.ts';
import { replicas } from '../replicas.ts';
import { sessionsOf } from '../sessions.ts';
import { measure, rowsOf } from '../tradeoff.ts';

const DIRECTED = { test: 3, grade: 20 };
const RANDOM = { test: 10, grade: 80 };
const CREW = { n: 3, v: 1, c: 2 };

/** The primary can no longer send to `node`, but still hears it. */
const starve = (cluster: Cluster, node: NodeId) => cluster.cut('n1', node);

function begin(cluster: Cluster, mode: Mode = 'quorum') {
  const sessions = sessionsOf(cluster);
  const programs = replicas(cluster);
  programs.begin(mode);
  return { sessions, programs };
}

export const sessions: readonly Scenario[] = [
  {
    id: 'D1',
    title: 'a client reads its own writes, even from a follower that is behind',
    points: 4,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'what does the client know that the follower does not?',
    run(cluster) {
      const { sessions, programs } = begin(cluster);
      const first = programs.mustPut('c1', 'k1', 'all is well');
      sessions.mustRead('c1', first, 'n3', 'all is well');
      starve(cluster, 'n3');
      const put = sessions.put('c1', 'k1');
      cluster.runUntil(() => put.result !== undefined, 1000);
      cluster.run(1);
      for (const replica of ['n3', 'n2', 'n3']) sessions.read('c1', 'k1', replica);
      cluster.run(600);
      cluster.heal();
      sessions.mustRead('c1', put, 'n3', 'n3 has caught up');
    },
  },
  {
    id: 'D2',
    title: 'a client never goes back, whichever replica it reads from',
    points: 3,
    nodes: { n: 3, v: 1, c: 3 },
    seeds: DIRECTED,
    lookAt: 'which answers tell a client how far the others are?',
    run(cluster) {
      const { sessions, programs } = begin(cluster);
      sessions.mustRead('c2', programs.mustPut('c1', 'k1', 'all is well'), 'n3', 'all is well');
      starve(cluster, 'n3');
      const put = programs.mustPut('c1', 'k1', 'only n3 is behind');
      cluster.run(100);
      // c2 learns by a read from n2, c3 by a get.
      sessions.mustRead('c2', put, 'n2', 'n2 is up to date');
      sessions.read('c2', 'k1', 'n3');
      cluster.run(600);
      sessions.get('c3', 'k1');
      cluster.run(100);
      sessions.read('c3', 'k1', 'n3');
      cluster.run(600);
      cluster.heal();
      const last = programs.mustPut('c1', 'k2', 'all is well again');
      sessions.mustRead('c2', last, 'n3', 'n3 has caught up');
    },
  },
  {
    id: 'D3',
    title: 'a follower that is up to date answers alone, with one request',
    points: 2,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'whom must a follower ask before it answers?',
    run(cluster) {
      const { sessions, programs } = begin(cluster);
      const put = programs.mustPut('c1', 'k1', 'all is well');
      sessions.mustRead('c1', put, 'n3', 'all is well');
      cluster.run(100);
      cluster.partition(['n1', 'n2', 'v1'], ['n3', 'c1', 'c2']);
      const requests = () => ['read', 'get', 'view'].map((m) => cluster.count('requests', m));
      const ownBefore = requests()[0] ?? 0;
      sessions.mustRead('c1', put, 'n3', 'n3 has everything, and is cut off');
      const own = (requests()[0] ?? 0) - ownBefore;
      cluster.expect(own === 1, {
        kind: 'contract',
        ruleId: 'needless-requests',
        rule: 'A read from a replica that is up to date costs one request (handout, The contract)',
        evidence: `it cost ${own} requests`,
      });
    },
  },
  {
    id: 'D4',
    title: 'a follower does not show what is not committed',
    points: 3,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'the follower has the entry on its disk: what is it not sure of?',
    run(cluster) {
      const { sessions, programs } = begin(cluster, 'sync');
      const first = programs.mustPut('c1', 'k1', 'all is well');
      sessions.mustRead('c2', first, 'n2', 'all is well');
      cluster.isolate('n3');
      const put = programs.put('c1', 'k1');
      cluster.run(200);
      for (const replica of ['n1', 'n2']) {
        sessions.read('c2', 'k1', replica, (result) => {
          cluster.expect(!result.ok || result.value !== put.value, {
            kind: 'safety',
            ruleId: 'shown-too-early',
            rule: 'A replica answers a read with what is committed (contract, ReadReply)',
            evidence: `n3 was cut off, so ${put.value} was not acknowledged in mode sync; ${replica} answered a read with it`,
          });
        });
      }
      cluster.run(400);
      cluster.heal();
      const last = programs.mustPut('c1', 'k2', 'all is well again', 1500);
      sessions.mustRead('c2', last, 'n2', 'all is well again');
    },
  },
  {
    id: 'D5',
    title: 'through crashes and failovers every session keeps its order',
    points: 1,
    nodes: { n: 3, v: 1, c: 3 },
    seeds: RANDOM,
    lookAt: 'how far along is a replica when it has just restarted?',
    plan: (draw) =>
      Array.from({ length: 5 }, (_, i): Step => {
        return {
          atMs: 1 + i * 0.001,
          do: draw.pick(['crashFor', 'starveFor']),
          node: draw.pick(['n1', 'n2', 'n3']),
          inMs: draw.int(200, 3000),
          forMs: draw.int(50, 900),
        };
      }),
    actions: {
      crashFor(cluster, { node, inMs, forMs }) {
        cluster.after(inMs as number, () => cluster.crash(node as NodeId));
        cluster.after((inMs as number) + (forMs as number), () => cluster.restart(node as NodeId));
      },
      starveFor(cluster, { node, inMs, forMs }) {
        cluster.after(inMs as number, () => {
          for (const other of replicas(cluster).others(node as NodeId)) {
            cluster.cut(other, node as NodeId);
          }
        });
        cluster.after((inMs as number) + (forMs as number), () => cluster.heal());
      },
    },
    run(cluster) {
      const { sessions, programs } = begin(cluster);
      const { draw } = cluster;
      const endMs = cluster.nowMs + 3500;
      for (const client of cluster.clients) {
        const next = (): void => {
          if (cluster.nowMs >= endMs) return;
          const key = `k${draw.int(1, 2)}`;
          const again = () => cluster.after(draw.int(0, 20), next);
          const what = draw.real(0, 1);
          if (what < 0.3) sessions.put(client, key, again);
          else if (what < 0.4) sessions.get(client, key, again);
          else sessions.read(client, key, draw.pick(programs.names), again);
        };
        next();
      }
      cluster.run(3500);
      cluster.heal();
      for (const node of programs.names) cluster.restart(node);
      programs.settle();
      const put = programs.mustPut('c1', 'k1', 'all is well again', 4000);
      for (const node of programs.names) sessions.mustRead('c1', put, node, 'all is well again');
      cluster.sometimes('reads were answered', sessions.answered > 20);
    },
  },
  {
    id: 'D6',
    title: 'what each mode costs, and what it loses: your own figures',
    points: 2,
    nodes: CREW,
    seeds: { test: 2, grade: 10 },
    lookAt: 'which wait does a mode save, and with which loss does it pay for that?',
    run(cluster) {
      const figures = (['sync', 'quorum', 'async'] as const).map((mode) => measure(cluster, mode));
      for (const row of rowsOf(figures)) cluster.tell(row);
      const [sync, quorum, asynchronous] = figures;
      if (!sync || !quorum || !asynchronous) return;
      for (const { mode, lost } of [sync, quorum]) {
        cluster.expect(lost === 0, {
          kind: 'safety',
          ruleId: 'durability',
          rule: 'Only mode async may lose what was acknowledged (contract, Mode)',
          evidence: `in mode ${mode} ${lost} acknowledged puts were gone after a partition`,
        });
      }
      const slower = Math.min(sync.putMs, quorum.putMs);
      cluster.expect(asynchronous.putMs < slower, {
        kind: 'liveness',
        ruleId: 'async-waits',
        rule: 'In mode async a put does not wait for the network between replicas (contract, Mode)',
        evidence: `the median put took ${asynchronous.putMs.toFixed(1)} ms, in the other modes ${slower.toFixed(1)} ms`,
      });
      cluster.expect(quorum.majority > 0 && asynchronous.minority > 0, {
        kind: 'liveness',
        ruleId: 'not-available',
        rule: 'In a partition the larger side goes on in mode quorum, and both sides in mode async (contract, Mode)',
        evidence: `acknowledged: ${quorum.majority} puts by the larger side in mode quorum, ${asynchronous.minority} by the side of the old primary in mode async`,
      });
    },
  },
];
