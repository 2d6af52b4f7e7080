/** Grading as a person sees it: each result as it comes, then the failures, then the points. */
import { type GradeOptions, grade } from '../grader/grade.ts';
import type { Lab } from '../grader/lab.ts';
import { chartLines } from '../grader/report/chart.ts';
import { type Detail, resultWithDetail } from '../grader/report/detail.ts';
import { explanationLines } from '../grader/report/explanation.ts';
import type { Report, ScenarioResult } from '../grader/report/report.ts';
import {
  failureLines,
  partHeading,
  problemLines,
  resultLines,
  summaryLines,
} from '../grader/report/terminal.ts';
import { ProgressLine } from './progress.ts';
import type { Ui } from './ui.ts';

export interface Aloud {
  /** Prints no results. */
  readonly silent?: boolean;
  readonly detail?: Detail;
}

/** Grades, with progress on stderr and results on stdout. */
export async function gradeAloud(
  ui: Ui,
  lab: Lab,
  options: Omit<GradeOptions, 'lab' | 'onProgress'>,
  { silent = false, detail = 'full' }: Aloud = {},
): Promise<Report> {
  const progress = new ProgressLine();
  let part: string | undefined;
  try {
    return await grade({
      ...options,
      lab: lab.slug,
      onProgress(event) {
        if (event.type === 'scenario' && !silent) {
          progress.clear();
          const title = lab.parts.find((p) => p.id === event.part)?.title ?? '';
          if (event.part !== part) ui.out(partHeading(event.part, title, ui.style));
          part = event.part;
          const shown = resultWithDetail(event.result, detail);
          ui.out(...resultLines(shown, ui.style));
          // Whoever asks for one scenario wants to see its chart; a failure shows it in any case.
          const { chart, verdict } = shown;
          if (options.only?.length === 1 && verdict === 'passed' && chart) {
            ui.out('', ...chartLines(chart).map((line) => `  ${line}`), '');
          }
        }
        progress.update(event);
      },
    });
  } finally {
    progress.clear();
  }
}

/** What comes after the streamed lines: problems or failures, and the points. */
export function showOutcome(ui: Ui, report: Report, failuresMax = Number.POSITIVE_INFINITY): void {
  if (report.problems.length > 0) {
    ui.out(...problemLines(report.problems, ui.style));
    return;
  }
  const bad = report.parts.flatMap((p) => p.scenarios).filter((s) => s.verdict !== 'passed');
  // Of several failures that break the same rule, the first is likely to say enough.
  const ruleOf = (result: ScenarioResult) => result.firstBad?.finding?.ruleId ?? result.id;
  const isFirst = (result: ScenarioResult) =>
    bad.find((other) => ruleOf(other) === ruleOf(result)) === result;
  const all = failuresMax === Number.POSITIVE_INFINITY;
  const shown = bad.filter((result) => all || isFirst(result)).slice(0, failuresMax);
  for (const result of shown) ui.out('', ...failureLines(report.lab, result, ui.style));
  const hidden = bad.filter((result) => !shown.includes(result)).map(({ id }) => id);
  if (hidden.length > 0) {
    const command = `${ui.command} test ${report.lab} ${hidden[0]}`;
    const ids = hidden.length > 8 ? `${hidden.slice(0, 8).join(', ')} …` : hidden.join(', ');
    ui.out('', `  ${hidden.length} more did not pass: ${ids}`, `  one of them: ${command}`);
  }
  ui.out('', ...summaryLines(report, ui.style));
  if (report.explain) ui.out(...explanationLines(report.lab, report.explain, ui.style));
}
