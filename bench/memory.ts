/**
 * ▲ ≤ 250 MB per worker, flat over 10,000 seeds: a process that runs short scenarios of the reference
 * Raft, and the memory it holds after each thousand. Run: npm run bench -- memory
 */
import { join } from 'node:path';
import { BOOT_FILE, ROOT } from '../grader/paths.ts';
import { loadBoot } from '../grader/realm/load.ts';
import { Session } from '../grader/session.ts';
import { loadSubmission } from '../grader/submission/load.ts';
import lab from '../labs/raft/lab.ts';

const SEEDS = Number(process.env.SEEDS ?? 10_000);
const scenario = lab.parts.flatMap((part) => part.scenarios).find(({ id }) => id === 'B1');
const submission = await loadSubmission(lab, join(ROOT, 'solutions', 'raft'));
if (scenario === undefined || 'problems' in submission) throw new Error('there is no B1 to run');
const { loaded } = submission;
const session = new Session({ lab, loaded, bootCode: await loadBoot(BOOT_FILE) });
const megabytes: number[] = [];
for (let seed = 1; seed <= SEEDS; seed++) {
  await session.run(scenario, seed);
  if (seed % (SEEDS / 10) === 0) megabytes.push(Math.round(process.memoryUsage.rss() / 1e6));
}
session.close();
const [first = 0] = megabytes;
const last = megabytes.at(-1) ?? 0;
console.log(`resident memory      ${megabytes.join(' ')} MB, after each tenth of ${SEEDS} seeds`);
console.log(`last to first        ${(last / first).toFixed(2)}   (bar 1.2, and 250 MB)`);
if (last > 250 || last / first > 1.2) process.exitCode = 1;
