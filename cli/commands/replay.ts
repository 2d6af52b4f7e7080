/** `lab replay <lab> <scenario> --seed S`: one run again, event by event. */
import { namesOf } from '../../grader/names.ts';
import type { TraceLine } from '../../grader/replay.ts';
import { problemLines } from '../../grader/report/terminal.ts';
import { SubmissionProblems } from '../../grader/submission/load.ts';
import { UsageError } from '../errors.ts';
import { laneLines } from '../lanes.ts';
import { record, whereItDiffers } from '../recording.ts';
import { type ChosenRun, chooseRun, type RunChoice, replayChosen } from '../runs.ts';
import { readSchedule } from '../schedules.ts';
import { stepThrough } from '../steps.ts';
import { chosenEvents, outcomeLines, type TraceChoice, traceLines } from '../trace.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace } from '../workspace.ts';

const NOT_SMALLER = 'Nothing smaller than the run as drawn breaks the same rule.';
const NOTHING_BROKEN = 'No rule is broken in this run: there is nothing to shrink.';
const PASSES_NOW = 'This schedule no longer breaks any rule.';

interface ReplayOptions extends RunChoice, TraceChoice {
  readonly text?: boolean;
  readonly step?: boolean;
}

export async function replayRun(
  ui: Ui,
  slug: string,
  id: string | undefined,
  options: ReplayOptions,
): Promise<number> {
  const run = await chosen(slug, id, options);
  const names = namesOf(run.scenario.nodes);
  if (options.node !== undefined && !names.includes(options.node)) {
    const what = `${run.scenario.id} has no node ${JSON.stringify(options.node)}`;
    throw new UsageError({ what, allowed: names, todo: 'give one of these names' });
  }
  try {
    const replayed = await replayChosen(run);
    const { trace, result } = replayed;
    if (options.step) await stepThrough(ui, chosenEvents(trace, options));
    else if (options.text) ui.out(...laneLines(chosenEvents(trace, options), names, options));
    else ui.out(...traceLines(trace, options));
    ui.out('', ...outcomeLines(replayed, ui));
    if (run.shrunk && result.verdict === 'passed') ui.out(PASSES_NOW);
    if (options.shrunk && run.shrunk === undefined)
      ui.out(result.verdict === 'passed' ? NOTHING_BROKEN : NOT_SMALLER);
    if (options.mutant === undefined && options.solution !== true) compare(ui, run, trace);
    return result.verdict === 'passed' ? 0 : result.verdict === 'failed' ? 1 : 3;
  } catch (error) {
    if (!(error instanceof SubmissionProblems)) throw error;
    ui.out(...problemLines(error.problems, ui.style));
    return 1;
  }
}

/** `lab replay raft C2 …`, or `lab replay .lab/failures/raft-C2.json`. */
function chosen(slug: string, id: string | undefined, options: ReplayOptions): Promise<ChosenRun> {
  if (slug.endsWith('.json')) {
    const schedule = readSchedule(slug);
    return chooseRun(schedule.lab, schedule.scenario, { ...options, schedule });
  }
  if (id !== undefined) return chooseRun(slug, id, options);
  const what = `lab replay ${slug} does not say which scenario`;
  throw new UsageError({ what, todo: `add one, such as A1, or give a file from .lab/failures` });
}

/** With the same run before the student's last edit. */
function compare(ui: Ui, { options, shrunk }: ChosenRun, trace: readonly TraceLine[]): void {
  const root = findWorkspace();
  const kind = shrunk === undefined ? '' : '-shrunk';
  const name = `${options.lab}-${options.scenario}-${options.seed}${kind}`;
  const different = whereItDiffers(root, name, trace);
  if (different !== undefined) ui.out('', ...different.map((line) => cut(line, 78)));
  record(root, name, trace);
}

const cut = (line: string, length: number) =>
  line.length <= length ? line : `${line.slice(0, length - 1)}…`;
