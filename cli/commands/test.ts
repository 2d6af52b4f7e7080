/** `lab test [lab]`: grades `work/<lab>/` with the public seeds. */
import { join } from 'node:path';
import { isExplained } from '../../grader/explain/sheet.ts';
import { type Lab, pointsOfPart } from '../../grader/lab.ts';
import { exitCodeOf, type Report } from '../../grader/report/report.ts';
import { wrap } from '../../grader/report/terminal.ts';
import { UsageError } from '../errors.ts';
import { gradeAloud, showOutcome } from '../grading.ts';
import { labFolder } from '../root.ts';
import { keepSchedules } from '../schedules.ts';
import {
  countsAsScore,
  labOrLast,
  rememberedReferences,
  selectScenarios,
  selectSeeds,
} from '../select.ts';
import { changeState, readState, recordReport } from '../state.ts';
import { settled, typecheck } from '../typecheck.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, shown, startedFolder } from '../workspace.ts';

export interface TestOptions {
  readonly part?: string;
  readonly scenario?: string;
  readonly seeds?: number;
  readonly seed?: number;
  readonly withReference?: string;
  readonly watch?: boolean;
  readonly inspect?: boolean;
  readonly json?: boolean;
  readonly jobs?: number;
  /** In thousands of simulated events. */
  readonly shrinkBudget?: number;
}

/** Later failures are often the same bug again. */
export const FAILURES_SHOWN = 3;
const TYPE_ERRORS_SHOWN = 8;
const TYPE_CHECK_WAIT_MS = 1500;

export async function test(
  ui: Ui,
  slug: string | undefined,
  which: string | undefined,
  options: TestOptions,
): Promise<number> {
  const root = findWorkspace();
  // `lab test B4` means the lab that was worked on last.
  const isScenario = which === undefined && slug !== undefined && /^[a-z]\d*$/i.test(slug);
  const lab = await labOrLast(root, isScenario ? undefined : slug).load();
  const submission = startedFolder(root, lab);
  const wanted = [isScenario ? slug : which, options.scenario].filter(Boolean).join(',');
  const only = selectScenarios(lab, { ...options, ...(wanted ? { scenario: wanted } : {}) });
  const clash = [
    options.watch && '--watch',
    options.inspect && '--inspect',
    options.json && '--json',
  ];
  if (clash.filter(Boolean).length > 1) {
    const what = `${clash.filter(Boolean).join(' and ')} do not go together`;
    throw new UsageError({ what, todo: 'choose one of them' });
  }
  const seeds = selectSeeds('test', options);
  const uses = rememberedReferences(root, lab, options.withReference);
  if (!options.json) ui.out(...referenceLines(uses));
  const { jobs, shrinkBudget: thousands } = options;
  const request = {
    submission,
    seeds,
    uses,
    ...(only ? { only } : {}),
    recordsIn: shown(join(root, '.lab', 'servers')),
    ...(jobs ? { jobs } : {}),
    ...(thousands === undefined ? {} : { shrinkBudget: 1000 * thousands }),
  };
  if (options.inspect) {
    const { inspect } = await import('../inspect.ts');
    const last = readState(root).labs[lab.slug]?.lastFailure;
    return inspect(
      ui,
      lab,
      { submission, uses },
      { scenario: only?.[0], seed: options.seed, last },
    );
  }
  if (options.watch) {
    const { watch } = await import('../watch.ts');
    return watch(ui, root, lab, request);
  }

  const controller = new AbortController();
  const types = options.json ? undefined : typecheck(submission, controller.signal, lab.given);
  const report = await gradeAloud(ui, lab, request, { silent: options.json ?? false });
  changeState(root, (state) => recordReport(state, report, countsAsScore(lab, seeds)));
  keepSchedules(root, report);
  if (options.json) {
    ui.out(JSON.stringify(report, null, 2));
    return exitCodeOf(report);
  }
  const errors = types && (await settled(types, TYPE_CHECK_WAIT_MS));
  controller.abort();
  showTypeErrors(ui, report, errors ?? [], shown(submission));
  showOutcome(ui, report, only?.length === 1 ? undefined : FAILURES_SHOWN);
  const failed = report.parts.flatMap((p) => p.scenarios).find((s) => s.verdict === 'failed');
  if (failed) ui.out('', `Next: ${ui.command} hint ${lab.slug} ${failed.id}`);
  else if (report.verdict === 'passed') ui.out('', ...nextLines(ui, root, lab));
  return exitCodeOf(report);
}

/** What is left of the lab when what was tested is green. */
function nextLines(ui: Ui, root: string, lab: Lab): string[] {
  const earned = readState(root).labs[lab.slug]?.best.parts ?? {};
  const left = lab.parts.find((part) => (earned[part.id] ?? 0) < pointsOfPart(part));
  if (left === undefined) {
    return isExplained(lab)
      ? [
          `Next: ${ui.command} explain ${lab.slug}`,
          '      all parts are done; it asks what happened in your own runs',
        ]
      : [`Next: ${ui.command} list`, '      all parts are done; it shows what else there is'];
  }
  const handout = shown(join(labFolder(lab.slug), 'README.md'));
  return [
    `Next: part ${left.id}, ${left.title}, in ${handout}`,
    `      ${ui.command} test ${lab.slug} ${left.id}`,
  ];
}

/** Shown each time: whose labs the work is tested on is easily forgotten. */
function referenceLines(uses: Readonly<Record<string, string>>): string[] {
  const labs = Object.keys(uses);
  return labs.length === 0
    ? []
    : [`On our ${labs.join(' and ')}, not yours (--with-reference none for yours)`];
}

/** Not when the submission does not build: its problem has been shown, and is often one of these. */
export function showTypeErrors(
  ui: Ui,
  { problems }: Report,
  errors: readonly string[],
  folder: string,
): void {
  if (errors.length === 0 || problems.length > 0) return;
  ui.out('', ui.style.colours.yellow(`! type errors in ${folder} (a warning; the tests ran):`));
  for (const error of errors.slice(0, TYPE_ERRORS_SHOWN)) {
    const [first = '', ...rest] = wrap(error, 76);
    ui.out(`  ${first}`, ...rest.map((line) => `    ${line}`));
  }
  const hidden = errors.length - TYPE_ERRORS_SHOWN;
  if (hidden > 0) ui.out(`  and ${hidden} more`);
}
