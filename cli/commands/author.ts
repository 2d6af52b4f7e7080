/** `lab new <slug>` and `lab check <slug>`: for whoever adds a lab. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkLab, leftOfExample, testCpuMs } from '../../grader/authoring/check.ts';
import {
  isFoundByAny,
  killMatrix,
  MATRIX_LEGEND,
  type MatrixRow,
  matrixLines,
} from '../../grader/authoring/matrix.ts';
import { newLab, withSyllabusLine } from '../../grader/authoring/new.ts';
import type { Lab } from '../../grader/lab.ts';
import type { Mutant } from '../../grader/mutant.ts';
import { wrap } from '../../grader/report/terminal.ts';
import { course } from '../../outages/index.ts';
import { UsageError } from '../errors.ts';
import { labFolder, ROOT, requireWholeCourse } from '../root.ts';
import { findLab } from '../select.ts';
import type { Ui } from '../ui.ts';
import { shown } from '../workspace.ts';

export async function newLabFolder(ui: Ui, slug: string): Promise<number> {
  requireWholeCourse('lab new');
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(slug) || slug.length > 30) {
    const what = `${JSON.stringify(slug)} cannot be the name of a lab`;
    throw new UsageError({
      what,
      todo: 'give lower-case letters, digits and "-", such as two-phase',
    });
  }
  const taken = [labFolder(slug), join(ROOT, 'solutions', slug)].find((folder) =>
    existsSync(folder),
  );
  if (taken || course.some((entry) => entry.slug === slug)) {
    const what = `there is already a lab ${JSON.stringify(slug)}${taken ? ` (${shown(taken)})` : ''}`;
    throw new UsageError({ what, todo: 'choose another name' });
  }
  const index = join(ROOT, 'labs', 'index.ts');
  const syllabus = withSyllabusLine(readFileSync(index, 'utf8'), slug);
  for (const [name, text] of newLab(slug)) {
    mkdirSync(dirname(join(ROOT, name)), { recursive: true });
    writeFileSync(join(ROOT, name), text, { flag: 'wx' });
    ui.out(`  new      ${name}`);
  }
  writeFileSync(index, syllabus);
  ui.out('  changed  labs/index.ts', `  then     ${ui.command} check ${slug}`);
  ui.out('  read     labs/AUTHORING.md');
  return 0;
}

export interface CheckCommandOptions {
  readonly seeds: number;
  readonly matrix?: boolean;
}

export async function check(
  ui: Ui,
  slug: string,
  { seeds, matrix }: CheckCommandOptions,
): Promise<number> {
  requireWholeCourse('lab check');
  const entry = findLab(slug);
  const [lab, mutants] = await Promise.all([entry.load(), entry.mutants()]);
  if (matrix) return printMatrix(ui, lab, mutants);
  const { colours } = ui.style;
  ui.err(`${lab.title}: ${mutants.length} planted bugs, ${seeds} seeds of each scenario`);
  const claims = await checkLab({
    lab,
    mutants,
    seeds,
    onClaim({ claim, problems }) {
      const mark = problems.length === 0 ? colours.green('✓') : colours.red('✗');
      ui.out(`${mark} ${claim}`);
      for (const problem of problems) {
        const [first = '', ...rest] = wrap(problem, 74);
        ui.out(`    - ${first}`, ...rest.map((line) => `      ${line}`));
      }
    },
  });
  const cpuMs = await testCpuMs(lab);
  if (cpuMs !== undefined)
    ui.out(`- one lab test takes ${(cpuMs / 1000).toFixed(1)} s of CPU here`);
  for (const left of leftOfExample(lab)) ui.out(...wrap(`- still as in the example: ${left}`, 78));
  const missing = claims.filter(({ problems }) => problems.length > 0).length;
  ui.out(
    '',
    missing === 0 ? 'Ready for students.' : `${missing} of ${claims.length} claims do not hold.`,
  );
  return missing === 0 ? 0 : 1;
}

/** Every planted bug against every scenario; 1 when some bug is found by none. */
async function printMatrix(ui: Ui, lab: Lab, mutants: readonly Mutant[]): Promise<number> {
  const live = mutants.filter(({ equivalent }) => equivalent === undefined);
  if (live.length === 0) {
    const what = `${lab.slug} has no planted bugs in this copy of the course`;
    throw new UsageError({ what, todo: `write some into solutions/${lab.slug}/mutants.ts` });
  }
  const scenarios = lab.parts.flatMap((part) => part.scenarios.map(({ id }) => id));
  ui.err(`${lab.title}: ${live.length} planted bugs × ${scenarios.length} scenarios`);
  let done = 0;
  const onRow = ({ name }: MatrixRow) =>
    ui.err(`${`${++done}/${live.length}`.padStart(9)}  ${name}`);
  const rows = await killMatrix({ lab, mutants, onRow });
  ui.out(...matrixLines(scenarios, rows), '', ...MATRIX_LEGEND);
  return rows.every(isFoundByAny) ? 0 : 1;
}
