/** `lab batch <roster>`, `lab merge`, `lab compare`: a whole class. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gradeBatch, type Redo } from '../../grader/batch/batch.ts';
import { compareResults, hasLosses } from '../../grader/batch/compare.ts';
import { exportBatch } from '../../grader/batch/export.ts';
import type { LatePolicy } from '../../grader/batch/late.ts';
import {
  type ResultLine,
  ResultLog,
  readResults,
  resultsFile,
} from '../../grader/batch/results.ts';
import { RosterProblem, readRoster, type Student, shardOf } from '../../grader/batch/roster.ts';
import { exportForTool, type HandedIn, TOOLS } from '../../grader/batch/similarity.ts';
import {
  type CourseOptions,
  detailOf,
  graderName,
  isolationLines,
  isolationOf,
  seedsName,
  seedsOf,
} from '../course.ts';
import { UsageError } from '../errors.ts';
import { VERSION } from '../main.ts';
import { findLab, referencesOf } from '../select.ts';
import { submissionsIn } from '../submissions.ts';
import type { Ui } from '../ui.ts';
import { shown } from '../workspace.ts';

interface ExportChoices extends CourseOptions {
  readonly out: string;
  readonly due?: string;
  readonly graceHours: number;
  readonly percentPerDay: number;
  readonly percentMax: number;
}

export interface BatchCommandOptions extends ExportChoices {
  readonly lab?: string;
  readonly withReference?: string;
  readonly jobs?: number;
  readonly shard?: string;
  readonly redo?: string;
  readonly exportFor?: string;
}

export async function batch(ui: Ui, path: string, options: BatchCommandOptions): Promise<number> {
  const everybody = rosterAt(path);
  const students = options.shard ? shardOf(everybody, shardFrom(options.shard)) : everybody;
  const { lab, withReference, jobs, out } = options;
  if (options.exportFor !== undefined) return exportFor(ui, students, options, options.exportFor);
  const seeds = seedsOf(options);
  const isolation = isolationOf(options);
  const known = lab === undefined ? undefined : [await findLab(lab).load()];
  ui.err(...(await isolationLines(isolation, known)));
  const stop = new AbortController();
  const onInterrupt = () => stop.abort(new Error('interrupted'));
  process.once('SIGINT', onInterrupt);
  let done = 0;
  try {
    const results = await gradeBatch({
      students,
      submissionsOf: async ({ folder }) => {
        const found = await submissionsIn(folder, lab);
        return found.map((one) => ({ ...one, references: referencesIn(one.lab, withReference) }));
      },
      out,
      seeds,
      conditions: { grader: graderName(), seeds: seedsName(seeds) },
      redo: redoFrom(options.redo),
      isolation,
      ...(jobs ? { jobs } : {}),
      signal: stop.signal,
      onResult: (result, kept) => ui.err(progressLine(++done, students.length, result, kept)),
    });
    return finish(ui, students, results, options);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    ui.err(`Stopped. What has been graded is kept: run the same command to resume.`);
    return 3;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

/** Instead of grading: the class in the form that a similarity tool wants. */
async function exportFor(
  ui: Ui,
  students: readonly Student[],
  { lab, out }: BatchCommandOptions,
  wanted: string,
): Promise<number> {
  const tool = TOOLS.find((known) => known === wanted);
  if (tool === undefined) {
    const what = `--export-for got ${JSON.stringify(wanted)}`;
    throw new UsageError({ what, value: wanted, allowed: TOOLS, todo: 'give one of these' });
  }
  const submissions: HandedIn[] = [];
  for (const student of students) {
    try {
      for (const one of await submissionsIn(student.folder, lab)) {
        submissions.push({ student, ...one });
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      ui.err(`- ${student.name}: ${error.message.split('\n')[0]}`);
    }
  }
  if (submissions.length === 0) {
    throw new UsageError({ what: 'nobody has handed in anything', todo: 'check the roster' });
  }
  for (const written of await exportForTool(tool, submissions, join(out, tool))) {
    for (const { student, why } of written.leftOut) ui.err(`- ${student}: ${why}`);
    ui.out(
      `${written.lab}: ${written.students} submissions for ${tool}`,
      `  then     ${written.command}`,
    );
  }
  return 0;
}

/** Of the labs named for the whole class, those that this one is built on. */
function referencesIn(lab: Parameters<typeof referencesOf>[0], option = 'none') {
  const wanted = option.split(',').filter((slug) => lab.uses?.includes(slug));
  return referencesOf(lab, wanted.length > 0 ? wanted.join(',') : 'none');
}

function progressLine(done: number, total: number, result: ResultLine, kept: boolean): string {
  const { student, lab, report, trouble } = result;
  const count = `${done}/${total}`.padStart(9);
  const points = report ? `${report.earned}/${report.points}` : '-';
  const why = report?.problems[0]?.text ?? trouble?.split('\n')[0] ?? '';
  const text = `${count}  ${student}  ${lab}  ${points}${kept ? '  (as before)' : ''}  ${why}`;
  return text.trimEnd().slice(0, 160);
}

function finish(
  ui: Ui,
  students: readonly Student[],
  results: readonly ResultLine[],
  options: ExportChoices,
): number {
  const { out } = options;
  const late = lateFrom(options);
  const grades = exportBatch({
    ...{ out, students, results, detail: detailOf(options), version: VERSION },
    command: ui.command,
    ...(late ? { late } : {}),
  });
  const troubled = results.filter(({ report }) => report === undefined);
  const undecided = results.filter(({ report }) => report?.verdict === 'undecided');
  const graded = results.length - troubled.length;
  ui.out(`${graded} submissions of ${students.length} students graded; grades: ${shown(grades)}`);
  for (const { student, trouble } of troubled) ui.out(`- ${student}: ${trouble?.split('\n')[0]}`);
  if (undecided.length === 0) return 0;
  ui.out(
    `? undecided, through no fault of their own: ${undecided.map(({ student }) => student).join(', ')}`,
  );
  ui.out(`  do: run the same command with --redo undecided`);
  return 3;
}

export async function merge(
  ui: Ui,
  folders: readonly string[],
  options: ExportChoices & { readonly roster: string },
): Promise<number> {
  const students = rosterAt(options.roster);
  const merged = new Map<string, ResultLine>();
  for (const folder of folders) {
    for (const [key, line] of resultsAt(folder)) {
      const other = merged.get(key);
      if (other && JSON.stringify(other) !== JSON.stringify(line)) {
        const what = `${line.student} has two different results for ${line.lab}`;
        throw new UsageError({ what, todo: `check ${folder}: is it a shard of this class?` });
      }
      merged.set(key, line);
    }
  }
  const results = [...merged.values()];
  const missing = students.filter(({ name }) => !results.some((r) => r.student === name));
  if (missing.length > 0) {
    const names = missing.slice(0, 5).map(({ name }) => name);
    const what = `${missing.length} of ${students.length} students are in no shard: ${names.join(', ')}${missing.length > 5 ? ' …' : ''}`;
    throw new UsageError({ what, todo: 'add the folder of the missing shard' });
  }
  const file = resultsFile(options.out);
  if (existsSync(file)) {
    const what = `there are already results in ${shown(options.out)}`;
    throw new UsageError({ what, todo: 'give a new folder with --out' });
  }
  const log = new ResultLog(file);
  for (const line of results) log.append(line);
  log.close();
  return finish(ui, students, results, options);
}

export async function compare(ui: Ui, before: string, after: string): Promise<number> {
  const changes = compareResults(resultsAt(before), resultsAt(after));
  const points = (value: number | undefined) => (value === undefined ? 'none' : String(value));
  for (const { student, lab, before, after, scenarios } of changes) {
    ui.out(`${student}  ${lab}  ${points(before)} → ${points(after)}`);
    ui.out(...scenarios.map((change) => `    ${change}`));
  }
  if (changes.length === 0) ui.out('No difference.');
  return hasLosses(changes) ? 1 : 0;
}

/** From the folder of a batch, or the file in it. */
function resultsAt(path: string) {
  const file = path.endsWith('.jsonl') ? path : resultsFile(path);
  if (!existsSync(file)) {
    const what = `there is no ${shown(resolve(file))}`;
    throw new UsageError({ what, todo: 'give the --out folder of a batch' });
  }
  try {
    return readResults(file);
  } catch (error) {
    throw new UsageError({ what: (error as Error).message, todo: 'restore a copy of the file' });
  }
}

function rosterAt(path: string): readonly Student[] {
  try {
    return readRoster(path);
  } catch (error) {
    if (!(error instanceof RosterProblem)) throw error;
    const what = `the roster ${JSON.stringify(path)}: ${error.message}`;
    const todo = 'give a folder with one folder per student, or a CSV file with a column student';
    throw new UsageError({ what, todo });
  }
}

function shardFrom(text: string): { index: number; count: number } {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index && count && index <= count) return { index, count };
  const what = `--shard got ${JSON.stringify(text)}`;
  throw new UsageError({ what, todo: 'give the part and how many there are, such as --shard 1/4' });
}

function redoFrom(text = ''): Redo {
  const words = text.split(',').filter(Boolean);
  const students = words.flatMap((word) => (word.startsWith('student=') ? word.slice(8) : []));
  const [wrong] = words.filter((word) => !/^(failed|undecided|student=.+)$/.test(word));
  if (wrong !== undefined) {
    const what = `--redo got ${JSON.stringify(wrong)}`;
    const allowed = ['failed', 'undecided', 'student=NAME'];
    throw new UsageError({
      what,
      value: wrong,
      allowed,
      todo: 'give some of these, separated by commas',
    });
  }
  return { failed: words.includes('failed'), undecided: words.includes('undecided'), students };
}

function lateFrom(options: ExportChoices): LatePolicy | undefined {
  const { due, graceHours, percentPerDay, percentMax } = options;
  if (due === undefined) return undefined;
  if (!Number.isNaN(Date.parse(due))) return { due, graceHours, percentPerDay, percentMax };
  const what = `--due got ${JSON.stringify(due)}`;
  throw new UsageError({ what, todo: 'give an ISO 8601 time: 2026-12-01T23:59:00+01:00' });
}
