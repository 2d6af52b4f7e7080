/** Part A: a server, and a client on a network that behaves. */
import type { Scenario } from 'faultlab';
import type { GetResult, PutResult } from '../contract.ts';
import { actions, asks, kv } from '../workload.ts';

const DIRECTED = { test: 3, grade: 10 };
const RANDOM = { test: 10, grade: 50 };

export const server: readonly Scenario[] = [
  {
    id: 'A1',
    title: 'a get returns what was put, and versions count the puts',
    points: 5,
    nodes: { n: 1, c: 1 },
    seeds: DIRECTED,
    lookAt:
      'which version does a key have before it is ever written, and after its first put? (contract)',
    run(cluster) {
      const workload = kv(cluster);
      const answers: (GetResult | PutResult)[] = [];
      const note = (result: GetResult | PutResult) => void answers.push(result);
      const steps: [string, () => void, GetResult | PutResult][] = [
        ['get a', () => workload.get('c1', 'a', note), { ok: false, error: 'no-key' }],
        [
          'put a=x at version 3',
          () => workload.put('c1', 'a', 3, note, 'x'),
          { ok: false, error: 'no-key' },
        ],
        [
          'put a=x at version 0',
          () => workload.put('c1', 'a', 0, note, 'x'),
          { ok: true, version: 1 },
        ],
        [
          'put a=y at version 0',
          () => workload.put('c1', 'a', 0, note, 'y'),
          { ok: false, error: 'version' },
        ],
        ['get a', () => workload.get('c1', 'a', note), { ok: true, value: 'x', version: 1 }],
        [
          'put a=y at version 1',
          () => workload.put('c1', 'a', 1, note, 'y'),
          { ok: true, version: 2 },
        ],
        [
          'put a=z at version 3',
          () => workload.put('c1', 'a', 3, note, 'z'),
          { ok: false, error: 'version' },
        ],
        ['get a', () => workload.get('c1', 'a', note), { ok: true, value: 'y', version: 2 }],
        [
          'put b= at version 0',
          () => workload.put('c1', 'b', 0, note, ''),
          { ok: true, version: 1 },
        ],
        ['get b', () => workload.get('c1', 'b', note), { ok: true, value: '', version: 1 }],
      ];
      for (const [what, ask, expected] of steps) {
        ask();
        workload.settle();
        const answer = answers.at(-1);
        cluster.expect(isSame(answer, expected), {
          kind: 'safety',
          ruleId: 'wrong-answer',
          rule: 'A client on its own sees what it did (contract, Kv)',
          evidence: `${what} was answered with ${JSON.stringify(answer)}, not ${JSON.stringify(expected)}`,
        });
      }
    },
  },
  {
    id: 'A2',
    title: 'of several puts at the same version exactly one happens',
    points: 5,
    nodes: { n: 1, c: 5 },
    seeds: DIRECTED,
    lookAt: 'what does the server compare, and what happens between comparing and writing?',
    run(cluster) {
      const workload = kv(cluster);
      for (let version = 0; version < 10; version++) {
        const winners: string[] = [];
        for (const client of cluster.clients) {
          workload.put(client, 'a', version, (result) => {
            if (result.ok) winners.push(client);
          });
        }
        workload.settle();
        cluster.expect(winners.length === 1, {
          kind: 'safety',
          ruleId: 'one-winner',
          rule: 'Of the puts that name the same version exactly one happens (contract, PutArgs)',
          evidence: `${winners.join(', ') || 'nobody'} replaced version ${version} of a; all five tried`,
        });
      }
      workload.expectLinearizable();
    },
  },
  {
    id: 'A3',
    title: 'ten clients see one history, with one request for each call',
    points: 5,
    nodes: { n: 1, c: 10 },
    seeds: RANDOM,
    lookAt: 'when does a call of the client take effect at the server?',
    plan: (draw) => asks(draw, { clients: 10, keys: 3, durationMs: 1500 }),
    actions,
    run(cluster) {
      const workload = kv(cluster);
      workload.settle();
      workload.expectPuts();
      workload.expectLinearizable();
      const requests = cluster.count('requests', 'get') + cluster.count('requests', 'put');
      cluster.expect(requests === workload.answered, {
        kind: 'contract',
        ruleId: 'needless-requests',
        rule: 'On a calm network a call costs one request (handout, The contract)',
        evidence: `${workload.answered} calls cost ${requests} requests`,
      });
      workload.expectNoMaybe();
    },
  },
];

function isSame(answer: GetResult | PutResult | undefined, expected: GetResult | PutResult) {
  const all = { ...answer } as Record<string, unknown>;
  return Object.entries(expected).every(([name, value]) => all[name] === value);
}
