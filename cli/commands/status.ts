/** `lab status [lab]`: best points by part, and the TODO markers that are left. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isExplained } from '../../grader/explain/sheet.ts';
import { type Lab, pointsOfPart } from '../../grader/lab.ts';
import { course } from '../../outages/index.ts';
import { labOrLast } from '../select.ts';
import { readState } from '../state.ts';
import type { Ui } from '../ui.ts';
import { filesIn, findWorkspace, shown, startedFolder } from '../workspace.ts';
import { pointsOf } from './list.ts';
import { progress } from './progress.ts';

const TODOS_SHOWN = 10;

export async function status(
  ui: Ui,
  slug?: string,
  { markdown }: { markdown?: boolean } = {},
): Promise<number> {
  if (markdown) return progress(ui, { markdown });
  const root = findWorkspace();
  const lab = await labOrLast(root, slug).load();
  const folder = startedFolder(root, lab);
  const state = readState(root).labs[lab.slug];
  ui.out(ui.style.colours.bold(lab.title), '');
  for (const part of lab.parts) {
    const points = pointsOfPart(part);
    const earned = state?.best.parts[part.id] ?? 0;
    const mark = earned === points ? '✓' : ' ';
    const title = `Part ${part.id}  ${part.title}`.padEnd(48);
    ui.out(`${mark} ${title}${`${earned}/${points}`.padStart(7)}`);
  }
  ui.out(`  ${'Best run'.padEnd(48)}${`${state?.best.lab ?? 0}/${pointsOf(lab)}`.padStart(7)}`, '');

  const todos = filesIn(folder)
    .filter((name) => name.endsWith('.ts') && !lab.given.includes(name))
    .flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .flatMap((line, i) => {
          const todo = /(?<!`)\/\/\s*(TODO\b.*)/.exec(line)?.[1];
          return todo === undefined ? [] : [`${shown(join(folder, name))}:${i + 1}  ${todo}`];
        }),
    );
  ui.out(todos.length === 0 ? 'No TODOs left.' : `TODOs left: ${todos.length}`);
  const cut = (line: string) => (line.length <= 78 ? line : `${line.slice(0, 77)}…`);
  ui.out(...todos.slice(0, TODOS_SHOWN).map((line) => `  ${cut(line)}`));
  if (todos.length > TODOS_SHOWN) ui.out(`  and ${todos.length - TODOS_SHOWN} more`);
  if (state?.explain) {
    const { asked, right, first } = state.explain;
    const words = `${right} of ${asked} questions answered, ${first} at the first try`;
    ui.out('', `Explained: ${words}   ${ui.command} explain ${lab.slug}`);
  }
  const last = state?.lastFailure;
  if (last) {
    const again = `${ui.command} replay ${lab.slug} ${last.scenario} --seed ${last.seed}`;
    ui.out('', `Last failure: ${last.scenario} with seed ${last.seed}   ${again}`);
  }
  ui.out('', `Next: ${ui.command} ${nextStep(lab, root)}`);
  return 0;
}

/** Pass it, explain it, and go on to the next lab that has not been begun. */
function nextStep(lab: Lab, root: string): string {
  const { labs } = readState(root);
  const { best, explain } = labs[lab.slug] ?? {};
  const isPassed = lab.parts.every((part) => (best?.parts[part.id] ?? 0) >= pointsOfPart(part));
  if (!isPassed) return `test ${lab.slug}`;
  const isToldOf = explain !== undefined && explain.asked > 0 && explain.right === explain.asked;
  if (isExplained(lab) && !isToldOf) return `explain ${lab.slug}`;
  const place = course.findIndex(({ slug }) => slug === lab.slug);
  const next = course.slice(place + 1).find(({ slug }) => labs[slug] === undefined);
  return next === undefined ? 'list' : `start ${next.slug}`;
}
