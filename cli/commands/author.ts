/** `lab new <slug>` and `lab check <slug>`: for whoever adds a lab. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkLab } from '../../grader/authoring/check.ts';
import { newLab, withSyllabusLine } from '../../grader/authoring/new.ts';
import { wrap } from '../../grader/report/terminal.ts';
import { course } from '../../outages/index.ts';
import { UsageError } from '../errors.ts';
import { labFolder, ROOT } from '../root.ts';
import { findLab } from '../select.ts';
import type { Ui } from '../ui.ts';
import { shown } from '../workspace.ts';

export async function newLabFolder(ui: Ui, slug: string): Promise<number> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(slug) || slug.length > 30) {
    const what = `${JSON.stringify(slug)} cannot be the name of a lab`;
    throw new UsageError({ what, todo: 'give small letters, digits and "-", such as two-phase' });
  }
  const taken = [labFolder(slug), join(ROOT, 'solutions', slug)].find((folder) =>
    existsSync(folder),
  );
  if (taken || course.some((entry) => entry.slug === slug)) {
    const what = `there is a lab ${JSON.stringify(slug)} already${taken ? ` (${shown(taken)})` : ''}`;
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

export async function check(ui: Ui, slug: string, { seeds }: { seeds: number }): Promise<number> {
  const entry = findLab(slug);
  const [lab, mutants] = await Promise.all([entry.load(), entry.mutants()]);
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
  const missing = claims.filter(({ problems }) => problems.length > 0).length;
  ui.out('', missing === 0 ? 'Ready for students.' : `${missing} of ${claims.length} do not hold.`);
  return missing === 0 ? 0 : 1;
}
