/** Part B: requests and replies get lost, or come late. What may a client promise? */

import type { Cluster, NodeId, Scenario, WireMessage } from 'faultlab';
import type { PutResult } from '../contract.ts';
import { actions, asks, kv } from '../workload.ts';

/** A call ends within this time on a network that takes half a second each way. */
const SLOW_ANSWER_WITHIN_MS = 10_000;
const DIRECTED = { test: 4, grade: 20 };
const RANDOM = { test: 15, grade: 100 };

const isPut = (m: WireMessage, kind: WireMessage['kind']) => m.kind === kind && m.method === 'put';

/** The first message that `matches` is lost, or takes so many ms; all others travel as usual. */
function onFirst(
  cluster: Cluster,
  matches: (m: WireMessage) => boolean,
  fate: 'drop' | number,
): void {
  let isFirst = true;
  cluster.filter((m) => {
    if (!isFirst || !matches(m)) return undefined;
    isFirst = false;
    const what =
      m.kind === 'reply'
        ? `the reply to the ${m.method} of ${m.to}`
        : `the ${m.method} of ${m.from}`;
    cluster.note(`${what} ${fate === 'drop' ? 'is lost' : `takes ${fate} ms`}`);
    return fate;
  });
}

/** Puts once and waits for the answer. */
function putOnce(cluster: Cluster, client: NodeId, version: number): PutResult | undefined {
  const workload = kv(cluster);
  let answer: PutResult | undefined;
  workload.put(client, 'a', version, (result) => {
    answer = result;
  });
  workload.settle();
  return answer;
}

export const network: readonly Scenario[] = [
  {
    id: 'B1',
    title: 'with a fifth of all messages lost, every call is answered, and the answers are true',
    points: 4,
    nodes: { n: 1, c: 3 },
    seeds: RANDOM,
    lookAt: 'what does a client know when no reply comes?',
    plan: (draw) => [
      { atMs: 0, do: 'network', profile: { dropChance: 0.2 } },
      ...asks(draw, { clients: 3, keys: 2, durationMs: 3000 }),
    ],
    actions,
    run(cluster) {
      const workload = kv(cluster);
      cluster.network({ dropChance: 0 });
      workload.settle();
      workload.expectPuts();
      workload.expectLinearizable();
      cluster.sometimes('messages were lost', cluster.hits('dropped') > 0);
    },
  },
  {
    id: 'B2',
    title: 'a put whose reply was lost is not reported as failed',
    points: 4,
    nodes: { n: 1, c: 1 },
    seeds: DIRECTED,
    lookAt: 'the first request was lost, or the first reply: what differs for the client?',
    run(cluster) {
      const workload = kv(cluster);
      onFirst(cluster, (m) => isPut(m, 'reply'), 'drop');
      const answer = putOnce(cluster, 'c1', 0);
      cluster.expect(answer?.ok === true || answer?.error === 'maybe', {
        kind: 'safety',
        ruleId: 'wrongly-definite',
        rule: 'An answer is definite only when the outcome is known (contract, Kv.put)',
        evidence: `the put took effect, its reply was lost, and put resolved to ${JSON.stringify(answer)}`,
      });
      workload.get('c1', 'a');
      workload.settle();
      workload.expectPuts();
      workload.expectLinearizable();
    },
  },
  {
    id: 'B3',
    title: 'what can be known is said: the reply to a first attempt, and a success, are definite',
    points: 5,
    nodes: { n: 1, c: 2 },
    seeds: DIRECTED,
    lookAt: 'after which replies is there still any doubt?',
    run(cluster) {
      const demand = (answer: PutResult | undefined, expected: string, why: string) => {
        const said = answer?.ok ? 'ok' : answer?.error;
        cluster.expect(said === expected, {
          kind: 'safety',
          ruleId: 'needless-maybe',
          rule: 'maybe is allowed only when the answer cannot be known (contract, Kv.put)',
          evidence: `${why}, and put resolved to ${JSON.stringify(answer)}, not to ${expected}`,
        });
      };
      demand(putOnce(cluster, 'c1', 0), 'ok', 'nothing was lost');
      demand(putOnce(cluster, 'c2', 0), 'version', 'the first request was answered with "version"');
      onFirst(cluster, (m) => isPut(m, 'request'), 'drop');
      demand(putOnce(cluster, 'c1', 1), 'ok', 'the first request was lost, the second succeeded');
      demand(putOnce(cluster, 'c2', 1), 'version', 'the first request was answered with "version"');
      kv(cluster).expectLinearizable();
    },
  },
  {
    id: 'B4',
    title: 'a request that arrives late makes no answer untrue',
    points: 4,
    nodes: { n: 1, c: 2 },
    seeds: DIRECTED,
    lookAt:
      'when a put is answered, which of its attempts may still be under way, and what will they find?',
    run(cluster) {
      const workload = kv(cluster);
      // The first put of c1 takes 900 ms to arrive; meanwhile it is sent again, and c2 goes on.
      onFirst(cluster, (m) => isPut(m, 'request'), 900);
      workload.put('c1', 'a', 0);
      cluster.run(400);
      for (let version = 1; version <= 3; version++) {
        workload.put('c2', 'a', version);
        cluster.run(100);
      }
      cluster.run(600);
      workload.settle();
      workload.get('c2', 'a');
      workload.settle();
      // The same with a key that nobody has written when the put is sent again.
      onFirst(cluster, (m) => isPut(m, 'request'), 900);
      workload.put('c1', 'b', 1);
      cluster.run(400);
      workload.put('c2', 'b', 0);
      cluster.run(600);
      workload.settle();
      workload.get('c2', 'b');
      workload.settle();
      // And now any message may be late, by more than anybody waits.
      cluster.network({ tailChance: 0.3, tailMs: 900 });
      for (let ms = 0; ms < 2500; ms += 5) {
        workload.ask(cluster.draw.pick(cluster.clients), cluster.draw.pick(['get', 'put']), 'k1');
        cluster.run(5);
      }
      cluster.network({ tailChance: 0 });
      workload.settle();
      workload.expectPuts();
      workload.expectLinearizable();
    },
  },
  {
    id: 'B5',
    title: 'a server that is away for five seconds is not flooded, and is found again',
    points: 2,
    nodes: { n: 1, c: 4 },
    seeds: DIRECTED,
    lookAt: 'what does a client tell its caller when the server comes back?',
    run(cluster) {
      const workload = kv(cluster);
      workload.put('c1', 'a', 0);
      workload.settle();
      cluster.isolate('n1');
      const before = cluster.count('requests');
      for (const client of cluster.clients) workload.get(client, 'a');
      cluster.run(5000);
      const each = (cluster.count('requests') - before) / cluster.clients.length;
      cluster.expect(each <= 50, {
        kind: 'contract',
        ruleId: 'flood',
        rule: 'A call sends at most 50 requests while the server is away for 5 s (handout, The contract)',
        evidence: `${each} requests for each of ${cluster.clients.length} calls`,
        lookAt:
          'how long does a client wait before it tries again, and before the time after that?',
      });
      cluster.heal();
      workload.settle();
      workload.expectPuts();
      workload.expectLinearizable();
    },
  },
  {
    id: 'B6',
    title: 'through loss, delays and pauses the answers are true',
    points: 3,
    nodes: { n: 1, c: 5 },
    seeds: RANDOM,
    lookAt: 'which reply belongs to which attempt, and what had the others done by then?',
    plan: (draw) => [
      {
        atMs: 0,
        do: 'network',
        profile: {
          dropChance: draw.pick([0.05, 0.2, 0.4]),
          tailChance: draw.pick([0.05, 0.3]),
          tailMs: draw.pick([300, 1500]),
        },
      },
      ...Array.from({ length: 6 }, (_, i) => ({
        atMs: 10 + i,
        do: draw.pick(['stall', 'cutOff']),
        inMs: draw.int(100, 3500),
        forMs: draw.int(50, 700),
        node: draw.pick(['n1', `c${draw.int(1, 5)}`]),
      })),
      ...asks(draw, { clients: 5, keys: 2, durationMs: 4000 }),
    ],
    actions: {
      ...actions,
      stall(cluster, { node, inMs, forMs }) {
        cluster.after(inMs as number, () => cluster.pause(node as NodeId));
        cluster.after((inMs as number) + (forMs as number), () => cluster.resume(node as NodeId));
      },
      cutOff(cluster, { node, inMs, forMs }) {
        cluster.after(inMs as number, () => cluster.isolate(node as NodeId));
        cluster.after((inMs as number) + (forMs as number), () => cluster.heal());
      },
    },
    run(cluster) {
      const workload = kv(cluster);
      cluster.heal();
      for (const node of [...cluster.nodes, ...cluster.clients]) cluster.resume(node);
      cluster.network({ dropChance: 0, tailChance: 0 });
      workload.settle();
      workload.expectPuts();
      workload.expectLinearizable();
    },
  },
  {
    id: 'B7',
    title: 'a network that takes half a second each way is slow, not broken',
    points: 3,
    nodes: { n: 1, c: 3 },
    seeds: DIRECTED,
    lookAt: 'what does the client know after a timeout that it did not know before?',
    run(cluster) {
      const workload = kv(cluster);
      cluster.network({ minMs: 500, typicalMs: 550, tailChance: 0 });
      for (const client of cluster.clients) {
        workload.put(client, client, 0);
        workload.get(client, 'a');
      }
      workload.settle(
        SLOW_ANSWER_WITHIN_MS,
        'when does a reply come here, and which attempt still waits for one?',
      );
      cluster.network({ minMs: 1, typicalMs: 3 });
      cluster.run(1000);
      workload.expectPuts();
      workload.expectLinearizable();
    },
  },
];
