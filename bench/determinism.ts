/**
 * ▲ 1,000 seeds of every lab on Node 20, 22 and 24: 0 differences. Runs the solutions and prints one
 * hash of all trace hashes; `.ci/run` compares it between versions of Node. Whether the runs passed is
 * printed, but checked elsewhere (`npm run soundness`).
 * Run: SEEDS=1000 npm run bench -- determinism
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isSimulated } from '../grader/lab.ts';
import { BOOT_FILE, ROOT } from '../grader/paths.ts';
import { loadBoot } from '../grader/realm/load.ts';
import { Session } from '../grader/session.ts';
import { loadSubmission } from '../grader/submission/load.ts';
import { course } from '../outages/index.ts';

const SEEDS = Number(process.env.SEEDS ?? 3);
const bootCode = await loadBoot(BOOT_FILE);
for (const entry of course) {
  const lab = await entry.load();
  if (!isSimulated(lab)) continue;
  const submission = await loadSubmission(lab, join(ROOT, 'solutions', lab.slug));
  if ('problems' in submission) throw new Error(JSON.stringify(submission.problems));
  const session = new Session({ lab, loaded: submission.loaded, bootCode });
  const hash = createHash('sha256');
  let bad = 0;
  for (const scenario of lab.parts.flatMap((part) => part.scenarios)) {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { result } = await session.run(scenario, seed);
      hash.update(`${scenario.id} ${seed} ${result.traceHash}\n`);
      if (result.verdict !== 'passed') bad++;
    }
  }
  session.close();
  const text = hash.digest('hex').slice(0, 16);
  console.log(`${lab.slug.padEnd(26)} ${SEEDS} seeds  ${text}  ${bad} not passed`);
}
