/** `lab demo`: what the grader does, in three acts. Each must come out as promised. */
import type { Lab } from '../../grader/lab.ts';
import { namesOf } from '../../grader/names.ts';
import { replay } from '../../grader/replay.ts';
import type { Report, ScenarioResult } from '../../grader/report/report.ts';
import { failureLines, summaryLines, wrap } from '../../grader/report/terminal.ts';
import { gradeAloud } from '../grading.ts';
import { skeletonFolder, solutionFolder } from '../root.ts';
import { findLab } from '../select.ts';
import { outcomeLines, traceLines } from '../trace.ts';
import type { Ui } from '../ui.ts';
import { shown } from '../workspace.ts';
import { pageFile, writePage } from './view.ts';

const LAB = 'raft';
/** Figure 8 of the paper: the bug that every Raft has once. */
const DEMO_MUTANT = 'commits-old-term-entries';
const FAILURES_SHOWN = 2;
const TRACE_LINES_SHOWN = 12;

export async function demo(ui: Ui): Promise<number> {
  const lab = await findLab(LAB).load();
  solutionFolder(LAB);
  const acts = [skeletonAct, mutantAct, solutionAct];
  const titles = ['The untouched skeleton', 'A famous bug', 'The reference solution'];
  const outcomes: boolean[] = [];
  for (const [i, act] of acts.entries()) {
    ui.out(ui.style.colours.bold(`${i + 1}. ${titles[i]}`), '');
    const came = await act(ui, lab);
    outcomes.push(came);
    if (!came) ui.out('', 'This is not what the demo promises: a fault in the grader.');
    ui.out('');
  }
  ui.out(
    'What to do next',
    `  ${ui.command} start ${LAB}           begin the lab in work/${LAB}/`,
    `  ${ui.command} test ${LAB} --watch    test on every save`,
    `  ${ui.command} hint                 when you are stuck`,
  );
  return outcomes.every(Boolean) ? 0 : 3;
}

const scenarios = (report: Report) => report.parts.flatMap((p) => p.scenarios);
const seeds = { mode: 'test' } as const;

async function skeletonAct(ui: Ui, lab: Lab): Promise<boolean> {
  const options = { submission: skeletonFolder(LAB), seeds, shrinkBudget: 100_000 };
  const report = await gradeAloud(ui, lab, options, { silent: true });
  const failed = scenarios(report).filter((s) => s.verdict === 'failed');
  for (const result of failed.slice(0, FAILURES_SHOWN)) {
    ui.out(...failureLines(LAB, result, ui.style), '');
  }
  ui.out(...summaryLines(report, ui.style));
  return report.problems.length === 0 && report.earned === 0 && report.verdict === 'failed';
}

async function mutantAct(ui: Ui, lab: Lab): Promise<boolean> {
  const mutants = await findLab(LAB).mutants();
  const mutant = mutants.find((m) => m.name === DEMO_MUTANT) ?? mutants[0];
  if (mutant === undefined) return false;
  const bugLines = wrap(mutant.bug, 76).map((line) => `  ${line}`);
  ui.out(`The solution with a planted bug, ${mutant.name}:`, ...bugLines, '');
  const bug = { submission: solutionFolder(LAB), edits: mutant.edit };
  let found: ScenarioResult | undefined;
  for (const mode of ['test', 'grade'] as const) {
    const options = { ...bug, only: [mutant.killedBy], seeds: { mode } };
    const report = await gradeAloud(ui, lab, options, { silent: true });
    found = scenarios(report).find((s) => s.verdict === 'failed');
    if (found) break;
  }
  if (!found?.firstBad) {
    ui.out(`Scenario ${mutant.killedBy} did not find it.`);
    return false;
  }
  const { firstBad, shrunk } = found;
  const style = { ...ui.style, replayArguments: `--mutant ${mutant.name}` };
  ui.out(...failureLines(LAB, found, style), '', 'The same run again, just its last events:', '');
  const plan = shrunk === undefined ? {} : { plan: shrunk.plan };
  const run = { ...bug, lab: LAB, scenario: found.id, seed: firstBad.seed, ...plan };
  const replayed = await replay(run);
  ui.out(...traceLines(replayed.trace, { from: 0 }).slice(-TRACE_LINES_SHOWN), '');
  ui.out(...outcomeLines(replayed, ui).slice(-1));
  const hash = shrunk?.traceHash ?? firstBad.traceHash;
  const file = pageFile(LAB, found.id, firstBad.seed);
  const scenario = lab.parts.flatMap((p) => p.scenarios).find(({ id }) => id === found.id);
  await writePage(file, {
    replay: replayed,
    title: scenario?.title ?? '',
    lab: lab.title,
    scenario: found.id,
    nodes: namesOf(scenario?.nodes ?? 1),
    command: `${ui.command} view ${LAB} ${found.id} --mutant ${mutant.name}`,
  });
  ui.out(`  as a page, for your browser: ${shown(file)}`);
  const isSame = replayed.result.traceHash === hash;
  ui.out(`  ${isSame ? 'the same as' : 'NOT the same as'} when it was found: ${hash}`);
  return isSame;
}

async function solutionAct(ui: Ui, lab: Lab): Promise<boolean> {
  const report = await gradeAloud(ui, lab, { submission: solutionFolder(LAB), seeds });
  for (const result of scenarios(report)) {
    if (result.verdict !== 'passed') ui.out('', ...failureLines(LAB, result, ui.style));
  }
  ui.out('', ...summaryLines(report, ui.style));
  return report.verdict === 'passed' && report.earned === report.points;
}
