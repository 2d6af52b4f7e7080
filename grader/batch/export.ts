/**
 * The results of a batch as files: `grades.csv` for the gradebook, one folder per student, an index, and
 * how each scenario went. Made from `results.jsonl` alone, so they can be made again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Detail, withDetail } from '../report/detail.ts';
import { line } from '../report/formats/csv.ts';
import { escapeHtml, html, htmlPage } from '../report/formats/html.ts';
import type { Report, ScenarioResult } from '../report/report.ts';
import { afterLateness, type LatePolicy } from './late.ts';
import { NO_LAB, type ResultLine } from './results.ts';
import { resultFolder, type Student } from './roster.ts';

export interface ExportOptions {
  readonly out: string;
  readonly students: readonly Student[];
  readonly results: readonly ResultLine[];
  readonly late?: LatePolicy;
  /** How much each student's page shows. */
  readonly detail: Detail;
  readonly command: string;
  readonly version: string;
}

const OWN = 'lab earned points verdict days_late percent_taken final files trouble'.split(' ');

/** Writes all files; gives the path of the grades. */
export function exportBatch(options: ExportOptions): string {
  const { out, results } = options;
  mkdirSync(out, { recursive: true });
  for (const result of results) writeStudent(options, result);
  const grades = join(out, 'grades.csv');
  writeFileSync(grades, gradesCsv(options));
  writeFileSync(join(out, 'scenarios.csv'), scenariosCsv(results));
  writeFileSync(join(out, 'index.html'), indexPage(options));
  return grades;
}

function writeStudent({ out, detail, command, version }: ExportOptions, result: ResultLine): void {
  const { student, lab, report } = result;
  if (report === undefined) return;
  const folder = resultFolder(out, student);
  mkdirSync(folder, { recursive: true });
  const told = withDetail(report, detail);
  writeFileSync(join(folder, `${lab}.json`), `${JSON.stringify(told, null, 2)}\n`);
  writeFileSync(join(folder, `${lab}.html`), html.write([told], { version, command, student }));
}

/** The columns of the roster, then ours; a line for each student and lab, and for those without any. */
function gradesCsv({ students, results, late }: ExportOptions): string {
  const columns = [...new Set(students.flatMap(({ columns }) => Object.keys(columns)))];
  const rows = students.flatMap((student) => {
    const own = results.filter((result) => result.student === student.name);
    const theirs = columns.map((column) => student.columns[column] ?? '');
    return own.map(({ lab, report, trouble = '', conditions }) => {
      const earned = report?.earned ?? 0;
      const { daysLate, percentTaken, points } = afterLateness(earned, student, late);
      const facts = [
        lab === NO_LAB ? '' : lab,
        earned,
        report?.points ?? 0,
        report?.verdict ?? 'not graded',
      ];
      const files = conditions.files.slice(0, 16);
      return line([...theirs, ...facts, daysLate, percentTaken, points, files, firstLine(trouble)]);
    });
  });
  return line([...columns, ...OWN]) + rows.join('');
}

const firstLine = (text: string) => text.split('\n')[0] ?? '';

/** How many passed each scenario: one that nobody or everybody passes does not tell students apart. */
function scenariosCsv(results: readonly ResultLine[]): string {
  const counts = new Map<
    string,
    { lab: string; result: ScenarioResult; run: number; passed: number }
  >();
  const scenariosOf = (report: Report) => report.parts.flatMap(({ scenarios }) => scenarios);
  for (const { lab, report } of results) {
    for (const result of report ? scenariosOf(report) : []) {
      const key = `${lab} ${result.id}`;
      const count = counts.get(key) ?? { lab, result, run: 0, passed: 0 };
      const passed = count.passed + Number(result.verdict === 'passed');
      counts.set(key, { ...count, run: count.run + 1, passed });
    }
  }
  const rows = [...counts.values()].map(({ lab, result: { id, title, points }, run, passed }) =>
    line([lab, id, title, points, run, passed, `${Math.round((100 * passed) / run)}%`]),
  );
  return line('lab scenario title points run passed share'.split(' ')) + rows.join('');
}

function indexPage({ results }: ExportOptions): string {
  const rows = results.map(({ student, lab, report, trouble }) => {
    const page = `students/${encodeURIComponent(student)}/${encodeURIComponent(lab)}.html`;
    const name = escapeHtml(student);
    const link = report ? `<a href="${page}">${name}</a>` : name;
    const what = report ? report.verdict : escapeHtml(firstLine(trouble ?? 'not graded'));
    const points = report ? `${report.earned}/${report.points}` : '–';
    return `<tr><td>${link}</td><td>${lab === NO_LAB ? '' : escapeHtml(lab)}</td><td>${what}</td><td>${points}</td></tr>`;
  });
  const head = '<tr><th>Student</th><th>Lab</th><th>Verdict</th><th>Points</th></tr>';
  return htmlPage('Results', ['<h1>Results</h1>', '<table>', head, ...rows, '</table>']);
}
