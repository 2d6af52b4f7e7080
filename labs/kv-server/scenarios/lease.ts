/** Part D: holders stop, crash, and come back. A lease ends, and a fence keeps late writers out. */
import type { Cluster, NodeId, Scenario, Step } from 'faultlab';
import { leases } from '../leases.ts';
import { s } from '../workload.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };
const LEASE_MS = 600;

export const lease: readonly Scenario[] = [
  {
    id: 'D1',
    title: 'holders take turns, and each token is higher than the one before',
    points: 5,
    nodes: { n: 1, s: 1, c: 3 },
    seeds: DIRECTED,
    lookAt: 'what grows with each holder, and is known to all?',
    run(cluster) {
      const programs = leases(cluster, LEASE_MS);
      for (let turn = 0; turn < 9; turn++) {
        const client = cluster.clients[turn % 3] as NodeId;
        programs.acquire(client);
        programs.expectHolder(client);
        programs.write(client);
        cluster.run(60);
        programs.expectWritten(client);
        programs.release(client);
        cluster.run(60);
      }
    },
  },
  {
    id: 'D2',
    title: 'the lease of a crashed holder ends, and another client gets the lock',
    points: 6,
    nodes: { n: 1, s: 1, c: 2 },
    seeds: DIRECTED,
    lookAt: 'how does a waiting client notice that the holder is silent?',
    run(cluster) {
      const programs = leases(cluster, LEASE_MS);
      programs.acquire('c1');
      programs.expectHolder('c1');
      programs.acquire('c2');
      cluster.run(100);
      cluster.crash('c1');
      programs.expectHolder('c2', LEASE_MS + 2000);
      programs.write('c2');
      cluster.run(100);
      programs.expectWritten('c2');
      // c1 comes back, and remembers nothing.
      cluster.restart('c1');
      programs.release('c2');
      programs.acquire('c1');
      programs.expectHolder('c1', LEASE_MS + 2000);
      // The same when it is back before its lease is over: it finds its own name, from an earlier life.
      cluster.crash('c1');
      cluster.restart('c1');
      programs.acquire('c1');
      programs.expectHolder('c1', LEASE_MS + 2000);
    },
  },
  {
    id: 'D3',
    title: 'a holder that renews in time keeps the lock, whatever the wall clocks say',
    points: 5,
    nodes: { n: 1, s: 1, c: 3 },
    seeds: DIRECTED,
    lookAt: 'which clock says that a lease is over, and whose?',
    run(cluster) {
      const programs = leases(cluster, LEASE_MS);
      programs.acquire('c1');
      programs.expectHolder('c1');
      programs.renewEvery('c1', LEASE_MS / 4);
      programs.acquire('c2');
      programs.acquire('c3');
      // At first the clocks are right: if it fails here, no clock is to blame.
      for (const ms of [0, 120_000, -3_600_000, 5000, -700, 60_000]) {
        if (ms !== 0) {
          cluster.jumpClock('c2', ms);
          cluster.jumpClock('c1', -ms);
        }
        cluster.run(700);
        const other = programs.holder;
        cluster.expect(other === 'c1', {
          kind: 'safety',
          ruleId: 'lease-taken',
          rule: 'A lease that is renewed in time is not taken away (contract, LeaseLike)',
          evidence: `c1 renews every ${LEASE_MS / 4} ms of a lease of ${LEASE_MS} ms; at ${s(cluster.nowMs)} the lock is held by ${other ?? 'nobody'}`,
          ...(ms === 0
            ? { lookAt: 'since when has the holder been silent, and who sees that?' }
            : {}),
        });
      }
    },
  },
  {
    id: 'D4',
    title: 'a holder that slept through its lease does no damage when it wakes',
    points: 6,
    nodes: { n: 1, s: 1, c: 2 },
    seeds: DIRECTED,
    lookAt: 'who is able to notice that this writer is late?',
    run(cluster) {
      const programs = leases(cluster, LEASE_MS);
      programs.acquire('c1');
      programs.expectHolder('c1');
      programs.write('c1');
      cluster.run(100);
      cluster.pause('c1');
      programs.acquire('c2');
      programs.expectHolder('c2', LEASE_MS + 2000);
      programs.write('c2');
      cluster.run(100);
      programs.expectWritten('c2');
      cluster.resume('c1');
      programs.write('c1'); // it still believes in its lease
      cluster.run(200);
      programs.expectRefused('c1');
      programs.expectRenewal('c1', false);
      programs.write('c2');
      cluster.run(200);
      programs.expectWritten('c2');
    },
  },
  {
    id: 'D5',
    title: 'writes long under way are refused once the lock has moved on',
    points: 4,
    nodes: { n: 1, s: 1, c: 2 },
    seeds: DIRECTED,
    lookAt: 'what does the storage remember, and since when?',
    run(cluster) {
      const programs = leases(cluster, LEASE_MS);
      programs.acquire('c1');
      programs.expectHolder('c1');
      cluster.filter((m) =>
        m.method === 'write' && m.from === 'c1' && m.kind === 'request' ? 2500 : undefined,
      );
      programs.write('c1');
      programs.write('c1');
      cluster.run(50);
      programs.release('c1');
      programs.acquire('c2');
      programs.expectHolder('c2', LEASE_MS + 2000);
      programs.write('c2');
      cluster.run(100);
      programs.expectWritten('c2');
      // What arrives now is watched by the invariant `fence`.
      cluster.run(3000);
      programs.write('c2');
      cluster.run(100);
      programs.expectWritten('c2');
    },
  },
  {
    id: 'D6',
    title: 'through crashes, pauses, loss and clock jumps the fence holds, and work goes on',
    points: 4,
    nodes: { n: 1, s: 1, c: 4 },
    seeds: RANDOM,
    lookAt: 'what is true of a holder when its write arrives?',
    plan: (draw) => [
      {
        atMs: 0,
        do: 'network',
        profile: {
          dropChance: draw.pick([0, 0.1, 0.2]),
          tailChance: draw.pick([0.05, 0.2]),
          tailMs: draw.pick([200, 1500]),
        },
      },
      ...Array.from({ length: 8 }, (_, i): Step => {
        return { atMs: 500 + 700 * i, do: draw.pick(['crashHolder', 'pauseHolder', 'jump']) };
      }),
    ],
    actions: {
      crashHolder: (cluster) => strike(cluster, 'crash'),
      pauseHolder: (cluster) => strike(cluster, 'pause'),
      jump(cluster) {
        const client = cluster.draw.pick(cluster.clients);
        cluster.jumpClock(client, cluster.draw.int(-100_000, 100_000));
      },
    },
    run(cluster) {
      const programs = leases(cluster, LEASE_MS);
      cluster.network({ dropChance: 0, tailChance: 0 });
      cluster.run(2000);
      for (const client of cluster.clients) {
        cluster.resume(client);
        cluster.restart(client);
      }
      programs.expectWork(5000);
    },
  },
];

/** Takes the holder out for a while, longer than its lease. */
function strike(cluster: Cluster, how: 'crash' | 'pause'): void {
  const programs = leases(cluster, LEASE_MS);
  programs.work();
  const holder = programs.holder ?? cluster.draw.pick(cluster.clients);
  if (how === 'crash') cluster.crash(holder);
  else cluster.pause(holder);
  cluster.after(1200, () => {
    cluster.resume(holder);
    cluster.restart(holder);
  });
}
