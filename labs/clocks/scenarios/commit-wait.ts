/** Part D: timestamps in the order of real time, bought with waiting, and with no more than is needed. */
import type { Cluster, Draw, NodeId, Scenario, Step } from 'faultlab';
import { keyOn, SLACK_MS, stores } from '../stores.ts';
import { silence } from '../workload.ts';

const DIRECTED = { test: 5, grade: 25 };
const RANDOM = { test: 15, grade: 100 };

export const commitWait: readonly Scenario[] = [
  {
    id: 'D1',
    title: 'what begins after a commit was answered gets a higher timestamp, on any node',
    points: 4,
    nodes: { t: 3 },
    seeds: DIRECTED,
    lookAt: 'how far apart may two clocks be that both tell the truth?',
    run(cluster) {
      const store = stores(cluster);
      for (const uncertaintyMs of [4, 25, 60]) {
        store.spread(uncertaintyMs);
        store.chain(12);
        store.expectAnswers(12 * (2 * uncertaintyMs + SLACK_MS + 1), 'twelve commits in a row');
      }
      cluster.sometimes('all were answered', store.answered === 36);
    },
  },
  {
    id: 'D2',
    title: 'a commit waits no longer than its clock is uncertain, and not for other commits',
    points: 4,
    nodes: { t: 3 },
    seeds: DIRECTED,
    lookAt: 'until which reading of which clock does a commit wait?',
    run(cluster) {
      const store = stores(cluster);
      for (const uncertaintyMs of [1, 7, 50]) {
        store.spread(uncertaintyMs);
        for (const node of cluster.nodes) {
          store.expectQuickCommits(node, 1);
          store.expectQuickCommits(node, 20);
          cluster.run(cluster.draw.int(0, 30));
        }
      }
    },
  },
  {
    id: 'D3',
    title: 'nobody sees a commit before its timestamp is past, and nobody waits to read',
    points: 4,
    nodes: { t: 2 },
    seeds: DIRECTED,
    lookAt: 'when may a version first be seen, and when must it be?',
    run(cluster) {
      const store = stores(cluster);
      const [writer, other] = cluster.draw.shuffle(cluster.nodes) as [NodeId, NodeId];
      store.synchronise(writer, 40, 40);
      store.synchronise(other, -40, 40);
      for (let round = 0; round < 4; round++) {
        let newest = 0;
        store.commit(writer, 'x');
        for (let i = 0; i < 30; i++) {
          store.read(writer, 'x', (version) => {
            // Whoever sees something new writes about it elsewhere.
            if (version !== null && version.at > newest) store.commit(other, 'y');
            newest = Math.max(newest, version?.at ?? 0);
          });
          cluster.run(4);
        }
        store.expectAnswers(2 * 40 + SLACK_MS + 1, 'the last commit was made before that');
      }
      expectPromptRead(cluster, writer);
      // The clock is set back as far as it can be. What was seen stays seen.
      store.commit(writer, 'x');
      store.expectAnswers(2 * 40 + SLACK_MS, 'no other call is open');
      store.synchronise(writer, -40, 40);
      store.read(writer, 'x');
      store.expectAnswers(SLACK_MS, 'reads do not wait');
    },
  },
  {
    id: 'D4',
    title: 'a snapshot at t is what was committed up to t, on all nodes, and stays so',
    points: 4,
    nodes: { t: 2 },
    seeds: DIRECTED,
    lookAt: 'which commits may still get a timestamp up to t?',
    run: snapshots,
  },
  {
    id: 'D5',
    title:
      'while the time masters are silent, commits get slower, not wrong, and quick again afterwards',
    points: 2,
    nodes: { t: 3 },
    seeds: DIRECTED,
    lookAt: 'when does a commit ask its clock how wrong it is?',
    run(cluster) {
      const store = stores(cluster);
      const rates = cluster.draw.shuffle([1.00019, 0.99981, 1]);
      cluster.nodes.forEach((node, i) => {
        store.synchronise(node, 0, 1);
        store.drift(node, rates[i] ?? 1);
      });
      store.expectQuickCommits('t1', 1);
      cluster.run(90_000); // the clocks are off by up to 17 ms then, and say so
      store.chain(12);
      store.expectAnswers(12 * (2 * 19 + SLACK_MS + 1), 'twelve commits in a row');
      for (const node of cluster.nodes) store.expectQuickCommits(node, 1);
      for (const node of cluster.nodes) store.synchronise(node, 0, 1);
      for (const node of cluster.nodes) store.expectQuickCommits(node, 1);
    },
  },
  {
    id: 'D6',
    title: 'with clocks that are set, drift and sleep, under load, all of this holds',
    points: 3,
    nodes: { t: 3 },
    seeds: RANDOM,
    lookAt: 'how far apart may two clocks be that both tell the truth?',
    plan: (draw) => [
      ...Array.from({ length: 3 }, (_, i): Step => {
        return { atMs: 0, do: 'drift', node: `t${i + 1}`, rate: draw.pick([1, 0.99981, 1.00019]) };
      }),
      ...Array.from({ length: 45 }, (): Step => drawStep(draw)),
    ],
    actions: {
      drift: (cluster, { node, rate }) => stores(cluster).drift(node as NodeId, rate as number),
      synchronise: (cluster, { node, offsetMs, uncertaintyMs }) =>
        stores(cluster).synchronise(node as NodeId, offsetMs as number, uncertaintyMs as number),
      chain: (cluster, { length }) => stores(cluster).chain(length as number, { reads: true }),
      read: (cluster, { node }) => stores(cluster).read(node as NodeId, keyOn(node as NodeId)),
      snapshot(cluster, { ms }) {
        const { latestMs } = (stores(cluster).now('t1') ?? {}) as { latestMs?: number };
        if (latestMs === undefined) return;
        for (const node of cluster.nodes) {
          stores(cluster).readAt(
            node,
            keyOn(node as NodeId),
            Math.round(latestMs) + (ms as number),
          );
        }
      },
      silence,
    },
    run(cluster) {
      for (const node of cluster.nodes) cluster.resume(node);
      stores(cluster).expectAnswers(5000, 'nobody is silent any more');
      for (const node of cluster.nodes) stores(cluster).read(node, keyOn(node as NodeId));
      stores(cluster).expectAnswers(SLACK_MS, 'reads do not wait');
    },
  },
];

function drawStep(draw: Draw): Step {
  const atMs = draw.int(1, 2500);
  const node = `t${draw.int(1, 3)}`;
  const uncertaintyMs = draw.pick([2, 10, 40]);
  // Mostly at the edge, where it matters.
  const offsetMs = uncertaintyMs * draw.pick([-1, 1, -1, 1, 0, 0.5]);
  return draw.pick<Step>([
    { atMs, do: 'synchronise', node, offsetMs, uncertaintyMs },
    { atMs, do: 'synchronise', node, offsetMs, uncertaintyMs },
    { atMs, do: 'chain', length: draw.int(1, 6) },
    { atMs, do: 'chain', length: draw.int(1, 6) },
    { atMs, do: 'read', node },
    { atMs, do: 'snapshot', ms: draw.int(-60, 60) },
    { atMs, do: 'silence', node, ms: draw.int(10, 200) },
  ]);
}

function expectPromptRead(cluster: Cluster, node: NodeId): void {
  const store = stores(cluster);
  store.commit(node, 'x');
  cluster.run(2);
  const before = store.answered;
  store.read(node, 'x');
  cluster.runUntil(() => store.answered > before, SLACK_MS);
  cluster.expect(store.answered > before, {
    ruleId: 'read-waits',
    rule: 'read resolves at once, even while commits wait (contract, StoreLike.read)',
    evidence: `a read of x on ${node} was not answered within ${SLACK_MS} ms, while a commit of x was waiting`,
    lookAt: 'which version can be returned without waiting?',
  });
  store.expectAnswers(2 * 40 + SLACK_MS, 'the commit was made before that');
}

function snapshots(cluster: Cluster): void {
  const store = stores(cluster);
  store.spread(30);
  const both = (at: number) => {
    for (const node of cluster.nodes) store.readAt(node, keyOn(node as NodeId), at);
  };
  const stamps: number[] = [];
  for (let round = 0; round < 6; round++) {
    for (const node of cluster.nodes)
      store.commit(node, keyOn(node as NodeId), (at) => stamps.push(at));
    cluster.run(cluster.draw.int(0, 8));
    // While these two wait, snapshots are asked for: some include them, some do not.
    const { earliestMs, latestMs } = store.now('t1');
    for (const at of [earliestMs - 20, latestMs - 10, latestMs, latestMs + 15]) both(at);
    cluster.run(cluster.draw.int(0, 8));
    // Commits that come after the question, and perhaps before the answer.
    for (const node of cluster.nodes)
      store.commit(node, keyOn(node as NodeId), (at) => stamps.push(at));
    store.expectAnswers(2 * 30 + 2 * 30 + 15 + SLACK_MS + 3, 'all timestamps are past by then');
  }
  cluster.run(150);
  // What is long past is answered at once, and exactly.
  for (const at of [...stamps, ...stamps.map((at) => at - 0.5)]) both(at);
  store.expectAnswers(SLACK_MS, 'these timestamps are long past');
}
