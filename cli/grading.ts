/** Grading as a person sees it: each result when it comes, then the failures, then the points. */
import { type GradeOptions, grade } from '../grader/grade.ts';
import type { Lab } from '../grader/lab.ts';
import type { Report } from '../grader/report/report.ts';
import {
  failureLines,
  partHeading,
  problemLines,
  resultLines,
  summaryLines,
} from '../grader/report/terminal.ts';
import { ProgressLine } from './progress.ts';
import type { Ui } from './ui.ts';

/** Grades, with progress on stderr; `silent` prints no results. */
export async function gradeAloud(
  ui: Ui,
  lab: Lab,
  options: Omit<GradeOptions, 'lab' | 'onProgress'>,
  { silent = false } = {},
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
          ui.out(...resultLines(event.result, ui.style));
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
  for (const result of bad.slice(0, failuresMax)) {
    ui.out('', ...failureLines(report.lab, result, ui.style));
  }
  const hidden = bad.slice(failuresMax).map((s) => s.id);
  if (hidden.length > 0) {
    const command = `${ui.command} test ${report.lab} --scenario ${hidden[0]}`;
    ui.out('', `  and ${hidden.length} more that did not pass; one of them: ${command}`);
  }
  ui.out('', ...summaryLines(report, ui.style));
}
