/** `lab grade <path…>`: the submissions of a course, unattended. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { SeedChoice } from '../../grader/grade.ts';
import type { Isolation } from '../../grader/isolation.ts';
import type { Lab } from '../../grader/lab.ts';
import { givenFile } from '../../grader/paths.ts';
import { problemReport } from '../../grader/report/assemble.ts';
import { type Detail, withDetail } from '../../grader/report/detail.ts';
import { type About, type Format, MissingFact } from '../../grader/report/formats/format.ts';
import { annotations, guarded } from '../../grader/report/formats/github.ts';
import { formats } from '../../grader/report/formats/index.ts';
import { exitCodeOf, type Report, worstOf } from '../../grader/report/report.ts';
import { withTaken } from '../../grader/submission/taken.ts';
import { type CourseOptions, detailOf, isolationLines, isolationOf, seedsOf } from '../course.ts';
import { UsageError } from '../errors.ts';
import { gradeAloud, showOutcome } from '../grading.ts';
import { VERSION } from '../main.ts';
import { referencesOf } from '../select.ts';
import { type Submission, submissionsIn } from '../submissions.ts';
import type { Ui } from '../ui.ts';
import { shown } from '../workspace.ts';

export interface GradePathOptions extends CourseOptions {
  readonly lab?: string;
  readonly report?: readonly string[];
  readonly student?: string;
  readonly withReference?: string;
  readonly json?: boolean;
  readonly jobs?: number;
}

export async function gradePath(
  ui: Ui,
  paths: readonly string[],
  options: GradePathOptions,
): Promise<number> {
  const seeds = seedsOf(options);
  const detail = detailOf(options);
  const isolation = isolationOf(options);
  const targets = targetsOf(options.report ?? []);
  const found = await Promise.all(paths.map((path) => submissionsIn(path, options.lab)));
  const submissions = found.flat();
  const silent = options.json ?? false;
  const labs = submissions.map((submission) => submission.lab);
  if (!silent) ui.err(...(await isolationLines(isolation, labs)));
  const reports: Report[] = [];
  const guard = process.env.GITHUB_ACTIONS === 'true' ? randomUUID() : undefined;
  if (guard && !silent) ui.out(...guarded([], guard).slice(0, 1));
  for (const submission of submissions) {
    if (!silent && submissions.length > 1) ui.out(...headOf(submission, reports.length > 0));
    const report = await gradeOne(ui, submission, { options, seeds, detail, isolation, silent });
    if (!silent) showOutcome(ui, report);
    reports.push(report);
  }
  if (guard && !silent) ui.out(...guarded([], guard).slice(1));
  const about = aboutOf(ui, options, submissions);
  if (guard && !silent) ui.out(...annotations(reports, about));
  if (silent) ui.out(JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2));
  for (const { format, file } of targets) {
    writeWhole(file, written(format, reports, about));
    ui.err(`${format.name}: ${shown(file)}`);
  }
  return exitCodeOf({ verdict: worstOf(reports.map((report) => report.verdict)) });
}

interface Circumstances {
  readonly options: GradePathOptions;
  readonly seeds: SeedChoice;
  readonly detail: Detail;
  readonly isolation: Isolation;
  readonly silent: boolean;
}

async function gradeOne(
  ui: Ui,
  { lab, folder }: Submission,
  { options, seeds, detail, isolation, silent }: Circumstances,
): Promise<Report> {
  const references = referencesOf(lab, options.withReference);
  const jobs = options.jobs === undefined ? {} : { jobs: options.jobs };
  const report = await withTaken(lab, folder, references, ({ folder, uses, problems }) => {
    if (problems.length > 0) return Promise.resolve(problemReport(lab, problems));
    const ignored = changedGiven(lab, folder);
    if (!silent && ignored.length > 0) {
      ui.err(`Changes in ${ignored.join(', ')} do not count: the lab provides these files.`);
    }
    const request = { submission: folder, seeds, uses, isolation, ...jobs };
    return gradeAloud(ui, lab, request, { silent, detail });
  });
  return withDetail(report, detail);
}

/** Given files that the submission has changed; ours are used. */
function changedGiven({ slug, given }: Lab, folder: string): readonly string[] {
  const text = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
  return given.filter((name) => {
    const own = text(join(folder, name));
    return own !== undefined && own !== text(givenFile(slug, name));
  });
}

const headOf = ({ lab, folder }: Submission, isLater: boolean) => [
  ...(isLater ? [''] : []),
  `== ${lab.title} (${shown(folder)})`,
];

interface Target {
  readonly format: Format;
  readonly file: string;
}

/** `junit` or `junit=build/tests.xml`, checked before the long work begins. */
function targetsOf(wishes: readonly string[]): Target[] {
  return wishes.map((wish) => {
    const [name = '', ...rest] = wish.split('=');
    const format = formats.find((known) => known.name === name);
    if (format) return { format, file: resolve(rest.join('=') || format.file) };
    const what = `there is no format ${JSON.stringify(name)}`;
    const allowed = formats.map((known) => known.name);
    throw new UsageError({ what, value: name, allowed, todo: '--report <format[=file]>' });
  });
}

function aboutOf(ui: Ui, options: GradePathOptions, submissions: readonly Submission[]): About {
  const { env } = process;
  const [only] = submissions.length === 1 ? submissions : [];
  return {
    version: VERSION,
    command: ui.command,
    platform: env,
    ...(options.student === undefined ? {} : { student: options.student }),
    ...(env.SUBMITTED_AT === undefined ? {} : { submittedAt: env.SUBMITTED_AT }),
    ...(only ? { folder: shown(only.folder) } : {}),
  };
}

function written(format: Format, reports: readonly Report[], about: About): string {
  try {
    return format.write(reports, about);
  } catch (error) {
    if (!(error instanceof MissingFact)) throw error;
    const todo = 'set them, or choose another format';
    throw new UsageError({ what: error.message, todo });
  }
}

/** A reader finds the old file or the new one, never half of it. */
function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}`;
  writeFileSync(part, text, { flag: 'wx' });
  renameSync(part, file);
}
