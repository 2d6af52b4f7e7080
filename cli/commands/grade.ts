/** `lab grade <path>`: a submission of a course, unattended. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Lab } from '../../grader/lab.ts';
import { exitCodeOf } from '../../grader/report/report.ts';
import { syllabus } from '../../labs/index.ts';
import { UsageError } from '../errors.ts';
import { gradeAloud, showOutcome } from '../grading.ts';
import { findLab, referencesOf, selectSeeds } from '../select.ts';
import type { Ui } from '../ui.ts';

export interface GradePathOptions {
  readonly lab?: string;
  readonly seeds?: number;
  readonly withReference?: string;
  readonly json?: boolean;
  readonly jobs?: number;
}

export async function gradePath(ui: Ui, path: string, options: GradePathOptions): Promise<number> {
  const submission = resolve(path);
  const lab = await labOf(submission, path, options.lab);
  const silent = options.json ?? false;
  const seeds = selectSeeds('grade', options);
  const uses = referencesOf(lab, options.withReference);
  const jobs = options.jobs === undefined ? {} : { jobs: options.jobs };
  const report = await gradeAloud(ui, lab, { submission, seeds, uses, ...jobs }, { silent });
  if (silent) ui.out(JSON.stringify(report, null, 2));
  else showOutcome(ui, report);
  return exitCodeOf(report);
}

/** The lab that was named, or the only one whose file is there. */
async function labOf(submission: string, path: string, slug: string | undefined): Promise<Lab> {
  if (!statSync(submission, { throwIfNoEntry: false })?.isDirectory()) {
    const what = `${JSON.stringify(path)} is ${existsSync(submission) ? 'a file' : 'not there'}`;
    throw new UsageError({ what, todo: 'give the folder of a submission' });
  }
  const candidates = slug === undefined ? syllabus : [findLab(slug)];
  const labs = await Promise.all(candidates.map((entry) => entry.load()));
  const found = labs.filter((lab) => existsSync(join(submission, lab.entry)));
  const [lab] = found;
  if (lab !== undefined && found.length === 1) return lab;
  const entries = labs.map((l) => `${l.entry} (${l.slug})`);
  if (lab === undefined) {
    const what = `${JSON.stringify(path)} has none of the files that a submission begins with`;
    throw new UsageError({ what, allowed: entries, todo: 'give the folder that holds the file' });
  }
  const what = `${JSON.stringify(path)} could be of several labs`;
  throw new UsageError({ what, allowed: found.map((l) => l.slug), todo: 'add --lab <lab>' });
}
