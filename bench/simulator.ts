/**
 * ▲ ≥ 250 k simulator events/s/core warm, ≥ 150 k with full tracing; ≥ 300 simulated seconds of a
 * 5-node Raft per CPU-second; ≤ 250 MB. Run: npm run bench -- simulator
 */
import type { Scenario, SimulatedLab } from 'faultlab';
import { BOOT_FILE, labFolder, ROOT } from '../grader/paths.ts';
import { load, loadBoot } from '../grader/realm/load.ts';
import { Session } from '../grader/session.ts';

const lab: SimulatedLab = {
  slug: 'raft',
  title: 'Raft',
  summary: '',
  entry: 'raft.ts',
  given: ['contract.ts'],
  methods: ['start', 'propose', 'inspect'],
  hours: '',
  parts: [],
  invariants: () => [],
};

/** Ten virtual seconds of five nodes, `perSecond` commands a second; the leader crashes every two seconds. */
const workload = (perSecond: number): Scenario => ({
  id: 'bench',
  title: 'five nodes, proposals, crashes',
  points: 1,
  nodes: 5,
  lookAt: '',
  run(cluster) {
    const leader = () =>
      cluster.nodes.find((node) => (cluster.inspect(node) as { role?: string })?.role === 'leader');
    for (let tick = 0; tick < 500; tick++) {
      cluster.run(20);
      const node = leader();
      if (node === undefined) continue;
      if (tick % (50 / perSecond) === 0) cluster.invoke(node, 'propose', `command ${tick}`);
      if (tick % 100 === 50) {
        cluster.crash(node);
        cluster.after(500, () => cluster.restart(node));
      }
    }
  },
});

const submission = await load({
  folder: `${ROOT}/solutions/raft`,
  entry: lab.entry,
  given: { 'contract.ts': `${labFolder('raft')}/contract.ts` },
});
if (!('loaded' in submission)) throw new Error(JSON.stringify(submission.problems));
const session = new Session({
  lab,
  loaded: submission.loaded,
  bootCode: await loadBoot(BOOT_FILE),
});

async function measure(scenario: Scenario, seeds: number, keepTrace = false) {
  const before = process.cpuUsage();
  let events = 0;
  let virtualMs = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const { result } = await session.run(scenario, seed, { keepTrace });
    if (result.verdict !== 'passed') throw new Error(JSON.stringify(result));
    events += result.events;
    virtualMs += result.virtualMs;
  }
  const used = process.cpuUsage(before);
  const cpuS = (used.user + used.system) / 1e6;
  return { eventsPerS: events / cpuS, simulatedPerCpu: virtualMs / 1000 / cpuS };
}

const seeds = Number(process.env.SEEDS ?? 100);
const [busy, steady] = [workload(50), workload(10)];
await measure(busy, 20);
const plain = await measure(busy, seeds);
const traced = await measure(busy, Math.ceil(seeds / 2), true);
const calm = await measure(steady, seeds);
const k = (n: number) => `${Math.round(n / 1000)} k`;
const times = (n: number) => `${Math.round(n)} ×`;
console.log(`events/s/core              ${k(plain.eventsPerS)}   (bar 250 k)`);
console.log(`events/s/core, traced      ${k(traced.eventsPerS)}   (bar 150 k)`);
console.log(
  `faster than real time      ${times(calm.simulatedPerCpu)}   (bar 300) at 10 commands/s`,
);
console.log(`                           ${times(plain.simulatedPerCpu)}   at 50 commands/s`);
const residentMb = Math.round(process.memoryUsage.rss() / 1e6);
console.log(`resident memory            ${residentMb} MB   (bar 250 MB)`);
session.close();
