/**
 * ▲ The cost of a virtual second grows linearly with the number of nodes, from 3 to 60: a node among
 * 60 has at most 1.5 × the events of one among 12, and an event costs at most 1.5 ×. Groups of three
 * replicas, each with a client that writes and reads its shards, and three controllers.
 * Run: npm run bench -- scaling
 */
import { join } from 'node:path';
import type { Cluster, NodeId, Scenario } from 'faultlab';
import { BOOT_FILE, ROOT } from '../grader/paths.ts';
import { loadBoot } from '../grader/realm/load.ts';
import { Session } from '../grader/session.ts';
import { loadSubmission } from '../grader/submission/load.ts';
import lab from '../labs/sharded-kv/lab.ts';
import { ALL_SHARDS, keyIn, sharded } from '../labs/sharded-kv/workload.ts';

const BAR = 1.5;
const VIRTUAL_MS = 3000;
const LETTERS = [...'abdefghijlmnopqrstu'];

/** Three controllers, `groups` groups of three replicas, and a client for each. */
function crew(groups: number): Record<string, number> {
  const replicas = Object.fromEntries(LETTERS.slice(0, groups).map((letter) => [letter, 3]));
  return { k: 3, ...replicas, c: Math.max(1, groups) };
}

function workload(groups: number): Scenario {
  return {
    id: 'bench',
    title: `${groups} groups`,
    points: 1,
    nodes: crew(groups),
    lookAt: '',
    run(cluster) {
      const store = sharded(cluster);
      if (groups > 0) {
        store.join(...LETTERS.slice(0, groups));
        store.expectSettled();
      }
      for (const client of cluster.clients) if (groups > 0) use(cluster, client);
      cluster.run(VIRTUAL_MS);
    },
  };
}

/** One short value after another into one of a few keys, so that no key or group gets heavier. */
function use(cluster: Cluster, client: NodeId): void {
  const store = sharded(cluster);
  const next = () => {
    if (cluster.nowMs >= VIRTUAL_MS) return;
    const key = keyIn(cluster.draw.pick(ALL_SHARDS));
    const again = () => cluster.after(cluster.draw.int(5, 35), next);
    if (cluster.draw.chance(0.5)) store.ask(client, { kind: 'get', key }, again);
    else store.ask(client, { kind: 'put', key, value: store.newValue() }, again);
  };
  cluster.after(cluster.draw.int(0, 20), next);
}

const uses = { raft: join(ROOT, 'solutions', 'raft') };
const submission = await loadSubmission(lab, join(ROOT, 'solutions', lab.slug), { uses });
if (!('loaded' in submission)) throw new Error(JSON.stringify(submission.problems));
const session = new Session({
  lab,
  loaded: submission.loaded,
  bootCode: await loadBoot(BOOT_FILE),
  runTimeoutMs: Number.POSITIVE_INFINITY,
});

interface Cost {
  /** CPU time per virtual second, the best of a few. */
  readonly cpuMs: number;
  /** Events per virtual second: the same on every machine. */
  readonly events: number;
}

async function measure(groups: number, seeds: number): Promise<Cost> {
  let best: Cost = { cpuMs: Number.POSITIVE_INFINITY, events: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const before = process.cpuUsage();
    const { result } = await session.run(workload(groups), seed);
    if (result.verdict !== 'passed') throw new Error(JSON.stringify(result));
    const { user, system } = process.cpuUsage(before);
    const virtualS = result.virtualMs / 1000;
    const cpuMs = (user + system) / 1000 / virtualS;
    if (cpuMs < best.cpuMs) best = { cpuMs, events: result.events / virtualS };
  }
  return best;
}

const seeds = Number(process.env.SEEDS ?? 5);
const costs = new Map<number, Cost>();
await measure(3, 3);
for (const groups of [0, 1, 3, 6, 9, 14, 19]) {
  const nodes = 3 + 3 * groups;
  const cost = await measure(groups, seeds);
  costs.set(nodes, cost);
  const [cpu, events] = [cost.cpuMs.toFixed(1).padStart(6), cost.events.toFixed(0).padStart(6)];
  const [each, event] = [cost.events / nodes, (1000 * cost.cpuMs) / cost.events];
  console.log(
    `${String(nodes).padStart(2)} nodes ${cpu} ms and ${events} events per virtual second:` +
      ` ${each.toFixed(0).padStart(4)} events per node, ${event.toFixed(0)} µs each`,
  );
}
const ratio = (of: (cost: Cost, nodes: number) => number) =>
  (of(costs.get(60) as Cost, 60) / of(costs.get(12) as Cost, 12)).toFixed(2);
console.log(
  `60 nodes to 12: events per node  ${ratio(({ events }, n) => events / n)} ×   (bar ${BAR})`,
);
console.log(
  `                CPU per event    ${ratio((c) => c.cpuMs / c.events)} ×   (bar ${BAR})`,
);
session.close();
