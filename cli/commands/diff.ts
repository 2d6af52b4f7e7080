/** `lab diff [lab]`: unified, from the skeleton to your work, or from your work to the solution. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { skeletonFolder, solutionFolder } from '../root.ts';
import { labOrLast } from '../select.ts';
import { confirm, type Ui } from '../ui.ts';
import { filesIn, findWorkspace, startedFolder } from '../workspace.ts';

interface DiffOptions {
  readonly skeleton?: boolean;
  readonly solution?: boolean;
  readonly yes?: boolean;
}

export async function diff(
  ui: Ui,
  slug: string | undefined,
  { skeleton, solution, yes }: DiffOptions,
): Promise<number> {
  const root = findWorkspace();
  const lab = await labOrLast(root, slug).load();
  const work = startedFolder(root, lab);
  if (skeleton && solution) {
    throw new UsageError({ what: '--skeleton and --solution exclude each other', todo: 'use one' });
  }
  if (solution && !yes) {
    if (!ui.interactive) {
      const what = 'the solution spoils the lab, and there is nobody to confirm it';
      throw new UsageError({ what, todo: `lab diff ${lab.slug} --solution --yes` });
    }
    if (!(await confirm('The solution spoils the lab. Show it?'))) return 0;
  }
  const [before, after, names] = solution
    ? [work, solutionFolder(lab.slug), ['yours', 'solution']]
    : [skeletonFolder(lab.slug), work, ['skeleton', 'yours']];
  const files = new Set([...filesIn(before), ...filesIn(after)]);
  const { createTwoFilesPatch } = await import('diff');
  let count = 0;
  for (const name of [...files].sort()) {
    // mutants.ts is about the solution, not a part of it.
    if (!name.endsWith('.ts') || lab.given.includes(name) || name === 'mutants.ts') continue;
    const [a, b] = [textOf(join(before, name)), textOf(join(after, name))];
    if (a === b) continue;
    count++;
    const patch = createTwoFilesPatch(`${names[0]}/${name}`, `${names[1]}/${name}`, a, b);
    ui.out(
      ...patch
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => paint(line, ui)),
    );
  }
  if (count === 0) ui.out('No differences.');
  return 0;
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function paint(line: string, { style }: Ui): string {
  if (line.startsWith('+')) return style.colours.green(line);
  return line.startsWith('-') ? style.colours.red(line) : line;
}
