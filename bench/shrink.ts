/**
 * How small failures become: the first failing seed of each Raft mutant in each random scenario that
 * finds it, shrunk with the default budget. What counts is what a client sees: the operations and
 * faults that are left. Bar: a median of at most 20. `LAB=kv-raft` for another lab, `EVERY=5` for every
 * fifth mutant, `VERBOSE=1` to print each run.
 */

import { shrink } from '../grader/explore/shrink.ts';
import { simulated } from '../grader/lab.ts';
import { BOOT_FILE, loadLab } from '../grader/paths.ts';
import { loadBoot } from '../grader/realm/load.ts';
import type { Shrunk } from '../grader/report/report.ts';
import { Session } from '../grader/session.ts';
import { loadSubmission } from '../grader/submission/load.ts';
import { syllabus } from '../labs/index.ts';

const SLUG = process.env.LAB ?? 'raft';
const EVERY = Number(process.env.EVERY ?? 1);
const SEEDS = 5;

const entry = syllabus.find(({ slug }) => slug === SLUG);
if (entry === undefined) throw new Error(`no lab ${SLUG}`);
const lab = simulated(await loadLab(SLUG));
const bootCode = await loadBoot(BOOT_FILE);
const random = lab.parts.flatMap((p) => p.scenarios).filter((s) => s.plan !== undefined);
const found: { name: string; shrunk: Shrunk; cpuMs: number }[] = [];
for (const [i, mutant] of (await entry.mutants()).entries()) {
  if (mutant.equivalent || i % EVERY > 0) continue;
  const submission = await loadSubmission(lab, `solutions/${SLUG}`, { edits: mutant.edit });
  if ('problems' in submission) throw new Error(`${mutant.name} does not build`);
  const session = new Session({ lab, loaded: submission.loaded, bootCode });
  for (const scenario of random) {
    for (let seed = 1; seed <= SEEDS; seed++) {
      if ((await session.run(scenario, seed)).result.verdict !== 'failed') continue;
      const before = process.cpuUsage();
      const shrunk = await shrink(session, scenario, seed);
      const { user, system } = process.cpuUsage(before);
      const cpuMs = (user + system) / 1000;
      if (shrunk) found.push({ name: `${mutant.name} ${scenario.id} seed ${seed}`, shrunk, cpuMs });
      break;
    }
  }
  session.close();
}

const median = (numbers: number[]) =>
  numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
if (process.env.VERBOSE)
  for (const { name, shrunk, cpuMs } of found) {
    const { stepsBefore, stepsAfter, eventsBefore, eventsAfter, runs } = shrunk;
    const cost = `${runs} runs, ${cpuMs.toFixed(0)} ms CPU`;
    console.log(
      `${name}: ${stepsBefore} → ${stepsAfter}, ${eventsBefore} → ${eventsAfter}; ${cost}`,
    );
  }
const left = median(found.map(({ shrunk }) => shrunk.stepsAfter));
const was = median(found.map(({ shrunk }) => shrunk.stepsBefore));
const events = median(found.map(({ shrunk }) => shrunk.eventsAfter / shrunk.eventsBefore));
const cpuMs = found.map((f) => f.cpuMs);
console.log(`${found.length} failing random runs of ${SLUG} mutants, medians:`);
console.log(`  operations and faults ${was} → ${left} (bar: at most 20)`);
console.log(`  events × ${events.toFixed(2)}`);
console.log(
  `  ${median(cpuMs).toFixed(0)} ms CPU each, at most ${Math.max(...cpuMs).toFixed(0)} ms`,
);
