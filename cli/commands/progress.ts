/** `lab progress`: a summary of the whole course to share, and progress to take along. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pointsOfPart } from '../../grader/lab.ts';
import { course } from '../../outages/index.ts';
import { UsageError } from '../errors.ts';
import { mergeProgress, parseProgress } from '../progress-file.ts';
import { changeState, readState, type State } from '../state.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, shown } from '../workspace.ts';
import { list, pointsOf } from './list.ts';

export interface ProgressOptions {
  readonly export?: string;
  readonly import?: string;
  readonly markdown?: boolean;
}

export async function progress(ui: Ui, options: ProgressOptions): Promise<number> {
  const root = findWorkspace();
  const wishes = [
    options.export && '--export',
    options.import && '--import',
    options.markdown && '--markdown',
  ].filter(Boolean);
  if (wishes.length > 1) {
    const what = `${wishes.join(' and ')} do not go together`;
    throw new UsageError({ what, todo: 'choose one of them' });
  }
  if (options.export !== undefined) return exportTo(ui, root, options.export);
  if (options.import !== undefined) return importFrom(ui, root, options.import);
  if (options.markdown) ui.out(...(await summary(readState(root))));
  else await list(ui, {});
  return 0;
}

function exportTo(ui: Ui, root: string, file: string): number {
  if (existsSync(file)) {
    const what = `${JSON.stringify(file)} already exists`;
    throw new UsageError({ what, todo: 'give a new file' });
  }
  writeFileSync(file, `${JSON.stringify(readState(root), null, 2)}\n`, { flag: 'wx' });
  ui.out(`Progress: ${shown(file)}. Your code is not in it: that is in work/.`);
  return 0;
}

function importFrom(ui: Ui, root: string, file: string): number {
  let other: State;
  try {
    other = parseProgress(readFileSync(file, 'utf8'));
  } catch (error) {
    const what = `${JSON.stringify(file)} holds no progress: ${(error as Error).message}`;
    throw new UsageError({ what, todo: 'give a file that lab progress --export wrote' });
  }
  changeState(root, (state) => mergeProgress(state, other));
  ui.out('Imported. Whatever was achieved on either machine counts.');
  return 0;
}

/** A table of what was achieved, for a CV or a portfolio. It proves nothing on its own. */
async function summary(state: State): Promise<string[]> {
  const lines = ['# Distributed systems, built and broken', ''];
  lines.push('| Lab | Points | Parts | Explained |', '| --- | --- | --- | --- |');
  for (const entry of course) {
    const lab = await entry.load();
    const reached = state.labs[lab.slug];
    if (reached === undefined) continue;
    const { best, explain } = reached;
    const whole = lab.parts.filter((part) => (best.parts[part.id] ?? 0) === pointsOfPart(part));
    const parts = whole.map(({ title }) => title).join(', ') || '–';
    const answers = explain ? `${explain.right} of ${explain.asked}` : '–';
    lines.push(`| ${lab.title} | ${best.lab}/${pointsOf(lab)} | ${parts} | ${answers} |`);
  }
  if (lines.length === 4) lines.push('| nothing yet | | | |');
  return [
    ...lines,
    '',
    'Graded by Faultlab, with injected faults: the same work passes anywhere with `npx lab grade`.',
  ];
}
