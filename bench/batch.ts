/**
 * ▲ What a batch costs beyond the gradings themselves: 100 submissions of kv-server, right and
 * wrong ones, two at a time, against the CPU time of `lab grade` for each, one after the other. What is
 * left is the batch's own: rosters, the copies of hand-ins, result files, the tables at the end – and
 * what two gradings on two cores take from each other. Bar: 30 %.
 * Run: npm run bench -- batch (half an hour; STUDENTS=6 for fewer)
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gradeBatch } from '../grader/batch/batch.ts';
import { exportBatch } from '../grader/batch/export.ts';
import { readRoster } from '../grader/batch/roster.ts';
import { grade } from '../grader/grade.ts';
import { simulated } from '../grader/lab.ts';
import { labFolder, loadLab, ROOT } from '../grader/paths.ts';
import { applyEdit } from '../grader/realm/load.ts';
import mutants from '../solutions/kv-server/mutants.ts';

const LAB = 'kv-server';
const STUDENTS = Number(process.env.STUDENTS ?? 100);
const JOBS = 2;
const OVERHEAD_MAX = 0.3;

const lab = simulated(await loadLab(LAB));

/** CPU time of this process and of those that it started and that have ended, in seconds. */
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

/** The CPU time of `work`, with that of the processes that it starts. */
async function secondsOf(work: () => Promise<void>): Promise<number> {
  const before = cpuSeconds();
  await work();
  // By then the last workers have ended, and are counted.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return cpuSeconds() - before;
}

const base = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  for (let i = 0; i < STUDENTS; i++) {
    const folder = join(base, 'class', `student-${String(i).padStart(3, '0')}`);
    mkdirSync(folder, { recursive: true });
    handIn(folder, i);
  }
  const students = readRoster(join(base, 'class'));
  const points: number[] = [];
  const ownSeconds = await secondsOf(async () => {
    for (const { folder } of students) {
      const request = { lab: LAB, submission: folder, seeds: { mode: 'grade' } as const };
      points.push((await grade({ ...request, isolation: 'course', jobs: 1 })).earned);
    }
  });

  const out = join(base, 'grades');
  const wholeSeconds = await secondsOf(async () => {
    const results = await gradeBatch({
      students,
      submissionsOf: async ({ folder }) => [{ lab, folder, references: {} }],
      ...{ out, seeds: { mode: 'grade' }, conditions: { grader: '0', seeds: 'grade' } },
      redo: { failed: false, undecided: false, students: [] },
      ...{ isolation: 'course', jobs: JOBS },
    });
    exportBatch({ out, students, results, detail: 'full', command: 'lab', version: '0' });
    const other = results.find(({ report }, i) => report?.earned !== points[i]);
    if (other)
      throw new Error(`${other.student} has ${other.report?.earned} points in the batch only`);
  });

  const overhead = wholeSeconds / ownSeconds - 1;
  const each = (seconds: number) => `${((1000 * seconds) / STUDENTS).toFixed(0)} ms each`;
  console.log(`one after the other   ${ownSeconds.toFixed(1)} s of CPU, ${each(ownSeconds)}`);
  console.log(`the whole batch       ${wholeSeconds.toFixed(1)} s of CPU, ${each(wholeSeconds)}`);
  console.log(
    `overhead              ${(100 * overhead).toFixed(0)} %   (bar: ${100 * OVERHEAD_MAX} %)`,
  );
  if (overhead > OVERHEAD_MAX) process.exitCode = 1;
} finally {
  rmSync(base, { recursive: true, force: true });
}
