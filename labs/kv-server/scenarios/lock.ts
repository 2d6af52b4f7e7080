/** Part C: a lock that is nothing but a key. Its holders never crash. */
import type { Scenario, WireMessage } from 'faultlab';
import { ACQUIRE_WITHIN_MS, holders } from '../holders.ts';
import { ANSWER_WITHIN_MS } from '../workload.ts';

const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

const isPutReply = (m: WireMessage) => m.kind === 'reply' && m.method === 'put';

export const lock: readonly Scenario[] = [
  {
    id: 'C1',
    title: 'five clients take turns, and never two at a time',
    points: 5,
    nodes: { n: 1, c: 5 },
    seeds: DIRECTED,
    lookAt: 'two clients find the lock free at the same time: who decides?',
    run(cluster) {
      const programs = holders(cluster);
      programs.contend({ ms: 4000, holdMs: 20, restMs: 5 });
      programs.settle();
    },
  },
  {
    id: 'C2',
    title: 'a client that took the lock and was never told still has it',
    points: 5,
    nodes: { n: 1, c: 2 },
    seeds: DIRECTED,
    lookAt: 'put said maybe: who knows the truth?',
    run(cluster) {
      const programs = holders(cluster);
      let lost = 0;
      cluster.filter((m) => (isPutReply(m) && lost++ === 0 ? 'drop' : undefined));
      programs.acquire('c1');
      programs.expectHolder('c1');
      programs.acquire('c2');
      cluster.run(500);
      programs.release('c1');
      programs.expectHolder('c2');
      programs.release('c2');
      programs.settle();
    },
  },
  {
    id: 'C3',
    title: 'a lock whose release was not confirmed is freed all the same, and only once',
    points: 5,
    nodes: { n: 1, c: 3 },
    seeds: DIRECTED,
    lookAt: 'who may hold the lock by the time a release is retried?',
    run(cluster) {
      const programs = holders(cluster);
      programs.acquire('c1');
      programs.expectHolder('c1');
      programs.acquire('c2');
      programs.acquire('c3');
      // However rarely the others look, c1 hears of its release only once one of them has the lock.
      cluster.filter((m) => {
        const isFree = programs.holder === undefined;
        return isPutReply(m) && m.to === 'c1' && isFree ? 'drop' : undefined;
      });
      programs.release('c1');
      cluster.note('c1 releases the lock, and hears no reply to its puts');
      programs.doubt = 'who may hold the lock by the time a release is retried?';
      cluster.runUntil(() => programs.holder !== undefined, ACQUIRE_WITHIN_MS);
      const first = programs.holder ?? programs.stuck();
      cluster.note(`${first} has the lock; from now on c1 hears replies again`);
      // c1 tries again, and whoever waits has ample time to take what it should not have freed.
      cluster.run(ANSWER_WITHIN_MS + ACQUIRE_WITHIN_MS);
      programs.release(first);
      programs.expectHolder(first === 'c2' ? 'c3' : 'c2');
      programs.release(first === 'c2' ? 'c3' : 'c2');
      programs.settle();
    },
  },
  {
    id: 'C4',
    title: 'through loss and delays there is one holder at a time, and in the end none',
    points: 5,
    nodes: { n: 1, c: 4 },
    seeds: RANDOM,
    lookAt: 'what can have happened between the get and the put?',
    plan: (draw) => [
      {
        atMs: 0,
        do: 'network',
        profile: {
          dropChance: draw.pick([0.05, 0.2, 0.3]),
          tailChance: draw.pick([0.05, 0.2]),
          tailMs: draw.pick([200, 900]),
        },
      },
    ],
    run(cluster) {
      const programs = holders(cluster);
      programs.contend({ ms: 6000, holdMs: 30, restMs: 10 });
      cluster.network({ dropChance: 0, tailChance: 0 });
      programs.settle();
      cluster.sometimes('somebody held the lock', programs.turns.size > 0);
    },
  },
  {
    id: 'C5',
    title: 'waiting clients are patient, and at the door when it opens',
    points: 5,
    nodes: { n: 1, c: 5 },
    seeds: DIRECTED,
    lookAt: 'how often does a client look while the lock is taken?',
    run(cluster) {
      const programs = holders(cluster);
      programs.acquire('c1');
      programs.expectHolder('c1');
      for (const client of cluster.clients.slice(1)) programs.acquire(client);
      cluster.run(1000);
      const before = cluster.count('requests');
      cluster.run(3000);
      const perSecond = (cluster.count('requests') - before) / 3 / 4;
      cluster.expect(perSecond <= 30, {
        kind: 'contract',
        ruleId: 'impatient',
        rule: 'A client waiting for a lock sends at most 30 requests a second (handout, The contract)',
        evidence: `${perSecond.toFixed(1)} requests a second from each of four waiting clients`,
      });
      // They have just looked: a client that sleeps for long now sleeps in front of an open door.
      const looks = cluster.count('requests');
      cluster.runUntil(() => cluster.count('requests') > looks, ACQUIRE_WITHIN_MS);
      cluster.run(20);
      programs.release('c1');
      if (!cluster.runUntil(() => programs.holder !== undefined, 1500))
        programs.stuck('how soon after a release must somebody look? (handout)');
    },
  },
  {
    id: 'C6',
    title: 'nobody waits forever',
    points: 5,
    nodes: { n: 1, c: 4 },
    seeds: DIRECTED,
    lookAt: 'who is faster: the client that has just released the lock, or one that waits?',
    run(cluster) {
      const programs = holders(cluster);
      programs.contend({ ms: 30_000, holdMs: 40, restMs: 30 });
      programs.settle();
      for (const client of cluster.clients) {
        const turns = programs.turns.get(client) ?? 0;
        cluster.expect(turns >= 5, {
          kind: 'liveness',
          ruleId: 'starved',
          rule: 'Four clients that contend for 30 s all get their turns (handout, The contract)',
          evidence: `${client} had ${turns} turns; in all: ${[...programs.turns].map(([id, n]) => `${id} ${n}`).join(', ')}; at least 5 are expected`,
        });
      }
    },
  },
];
