/** `lab list`: the syllabus with progress; `lab` alone also offers to begin one. */
import { existsSync } from 'node:fs';
import { type Lab, pointsOfPart } from '../../grader/lab.ts';
import { wrap } from '../../grader/report/terminal.ts';
import { course, outages } from '../../outages/index.ts';
import { readState } from '../state.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, workFolder } from '../workspace.ts';
import { startLab } from './start.ts';
import { status } from './status.ts';

/** The longest name, and a gap. */
const SLUG_COLUMNS = Math.max(...course.map(({ slug }) => slug.length)) + 2;

interface Row {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly hours: string;
  /** `simulation`, or the real servers that it runs on. */
  readonly on: string;
  readonly started: boolean;
  readonly earned: number;
  readonly points: number;
}

export const pointsOf = (lab: Lab): number =>
  lab.parts.reduce((points, part) => points + pointsOfPart(part), 0);

async function rows(root: string): Promise<Row[]> {
  const state = readState(root);
  const labs = await Promise.all(course.map((entry) => entry.load()));
  return labs.map((lab) => ({
    slug: lab.slug,
    title: lab.title,
    summary: lab.summary,
    hours: lab.hours,
    on: lab.on ?? 'simulation',
    started: existsSync(workFolder(root, lab.slug)),
    earned: state.labs[lab.slug]?.best.lab ?? 0,
    points: pointsOf(lab),
  }));
}

const progressOf = (row: Row) =>
  row.started || row.earned > 0 ? `${row.earned}/${row.points} points` : 'not started';

export async function list(ui: Ui, { json }: { json?: boolean }): Promise<number> {
  const all = await rows(findWorkspace());
  if (json) {
    ui.out(JSON.stringify(all, null, 2));
    return 0;
  }
  for (const row of all) {
    if (row.slug === outages[0]?.slug) ui.out('', 'Outages in miniature');
    const mark = row.earned === row.points ? '✓' : row.started ? '>' : ' ';
    const margin = ' '.repeat(SLUG_COLUMNS + 2);
    const [title = '', ...more] = wrap(row.title, 78 - margin.length);
    ui.out(`${mark} ${ui.style.colours.bold(row.slug.padEnd(SLUG_COLUMNS))}${title}`);
    const summary = wrap(row.summary, 78 - margin.length);
    ui.out(...[...more, ...summary].map((line) => margin + line));
    ui.out(`${margin}${progressOf(row)}, ${row.hours} hours`);
  }
  return 0;
}

export async function home(ui: Ui): Promise<number> {
  if (!ui.interactive) {
    await list(ui, {});
    ui.out('', `${ui.command} start <lab>   ${ui.command} --help`);
    return 0;
  }
  const all = await rows(findWorkspace());
  const { default: enquirer } = await import('enquirer');
  const choices = all.map((row) => ({
    name: row.slug,
    message: `${row.slug.padEnd(SLUG_COLUMNS)}${row.title}  (${progressOf(row)})`,
  }));
  const question = { type: 'select', name: 'lab', message: 'Which lab?', choices };
  const answer = await enquirer.prompt<{ lab: string }>(question).catch(() => undefined);
  const row = all.find((r) => r.slug === answer?.lab);
  if (row === undefined) return 0;
  return row.started ? status(ui, row.slug) : startLab(ui, row.slug);
}
