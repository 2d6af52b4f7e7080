/**
 * ▲ What a batch costs beyond the grading itself: 100 submissions of kv-server, right ones and wrong ones, two
 * at a time. Their own time is the CPU time of the same runs in one warm process; all else is overhead:
 * rosters, copies, bundles, worker processes and their start, reports, files – and
 * code that each new process begins to run cold. Bar: 30 %.
 * Run: npm run bench -- batch (half an hour; STUDENTS=6 for fewer)
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gradeBatch } from '../grader/batch/batch.ts';
import { exportBatch } from '../grader/batch/export.ts';
import { readRoster } from '../grader/batch/roster.ts';
import { runTwice } from '../grader/explore/repeat.ts';
import { shrink } from '../grader/explore/shrink.ts';
import { loadSubmission } from '../grader/grade.ts';
import { simulated } from '../grader/lab.ts';
import { BOOT_FILE, labFolder, loadLab, ROOT } from '../grader/paths.ts';
import { applyEdit, loadBoot } from '../grader/realm/load.ts';
import { isCutOff, type SeedResult } from '../grader/report/report.ts';
import { Session } from '../grader/session.ts';
import mutants from '../solutions/kv-server/mutants.ts';

const LAB = 'kv-server';
const STUDENTS = Number(process.env.STUDENTS ?? 100);
const JOBS = 2;
const OVERHEAD_MAX = 0.3;

const lab = simulated(await loadLab(LAB));
const bootCode = await loadBoot(BOOT_FILE);

/** CPU time of this process and of all that it started and that are gone, in seconds. */
function cpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').pop()?.split(' ') ?? [];
  const ticks = fields.slice(11, 15).reduce((sum, text) => sum + Number(text), 0);
  return ticks / 100;
}

/** Half of them right, one in ten not begun, the others with one known bug each. */
function handIn(folder: string, i: number): void {
  if (i % 10 === 9) {
    cpSync(join(labFolder(LAB), 'skeleton'), folder, { recursive: true });
    return;
  }
  cpSync(join(ROOT, 'solutions', LAB), folder, { recursive: true });
  for (const name of ['mutants.ts', 'variants.ts']) rmSync(join(folder, name));
  const edits = i % 2 === 0 ? [] : (mutants[i % mutants.length]?.edit ?? []);
  for (const edit of edits) {
    const path = join(folder, edit.file);
    writeFileSync(path, applyEdit(readFileSync(path, 'utf8'), edit));
  }
  // No two are the same.
  writeFileSync(
    join(folder, 'server.ts'),
    `${readFileSync(join(folder, 'server.ts'), 'utf8')}// ${i}\n`,
  );
}

/** The runs that a grading consists of, and nothing else; gives the points. */
async function runAll(folder: string): Promise<number> {
  const submission = await loadSubmission(lab, folder);
  if ('problems' in submission) return 0;
  const session = new Session({ lab, bootCode, loaded: submission.loaded });
  const startedAt = cpuSeconds();
  const earned = new Map<string, number>();
  for (const { id, needs = [], scenarios } of lab.parts) {
    earned.set(id, 0);
    if (needs.some((other) => earned.get(other) === 0)) continue;
    for (const scenario of scenarios) {
      const count = scenario.seeds?.grade ?? 20;
      let bad: SeedResult | undefined;
      for (let seed = 1; seed <= count; seed++) {
        const result =
          seed === 1
            ? await runTwice(session, scenario, seed)
            : (await session.run(scenario, seed)).result;
        if (result.verdict !== 'passed') bad ??= result;
        if (isCutOff(result)) break;
      }
      if (bad) await shrink(session, scenario, bad.seed, isCutOff(bad) ? 0 : undefined);
      else earned.set(id, (earned.get(id) ?? 0) + scenario.points);
    }
  }
  session.close();
  ownSeconds += cpuSeconds() - startedAt;
  return [...earned.values()].reduce((a, b) => a + b, 0);
}

let ownSeconds = 0;
const base = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  for (let i = 0; i < STUDENTS; i++) {
    const folder = join(base, 'class', `student-${String(i).padStart(3, '0')}`);
    mkdirSync(folder, { recursive: true });
    handIn(folder, i);
  }
  const students = readRoster(join(base, 'class'));
  const points: number[] = [];
  for (const { folder } of students) points.push(await runAll(folder));

  const before = cpuSeconds();
  const out = join(base, 'grades');
  const results = await gradeBatch({
    students,
    submissionsOf: async ({ folder }) => [{ lab, folder, references: {} }],
    ...{ out, seeds: { mode: 'grade' }, conditions: { grader: '0', seeds: 'grade' } },
    redo: { failed: false, undecided: false, students: [] },
    ...{ isolation: 'course', jobs: JOBS },
  });
  exportBatch({ out, students, results, detail: 'full', command: 'lab', version: '0' });
  // The last workers are gone, and counted.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const wholeSeconds = cpuSeconds() - before;

  const other = results.find(({ report }, i) => report?.earned !== points[i]);
  if (other)
    throw new Error(`${other.student} has ${other.report?.earned} points in the batch only`);
  const overhead = wholeSeconds / ownSeconds - 1;
  const each = (seconds: number) => `${((1000 * seconds) / STUDENTS).toFixed(0)} ms each`;
  console.log(`the runs themselves   ${ownSeconds.toFixed(1)} s of CPU, ${each(ownSeconds)}`);
  console.log(`the whole batch       ${wholeSeconds.toFixed(1)} s of CPU, ${each(wholeSeconds)}`);
  console.log(
    `overhead              ${(100 * overhead).toFixed(0)} %   (bar: ${100 * OVERHEAD_MAX} %)`,
  );
  if (overhead > OVERHEAD_MAX) process.exitCode = 1;
} finally {
  rmSync(base, { recursive: true, force: true });
}
