/** `lab replay <lab> <scenario> --seed S`: one run again, event by event. */
import { SubmissionProblems } from '../../grader/grade.ts';
import { namesOf } from '../../grader/names.ts';
import { problemLines } from '../../grader/report/terminal.ts';
import { UsageError } from '../errors.ts';
import { chooseRun, type RunChoice, replayChosen } from '../runs.ts';
import { outcomeLines, type TraceChoice, traceLines } from '../trace.ts';
import type { Ui } from '../ui.ts';

const NOT_FAILING = 'This seed does not fail with this code; there is nothing to shrink.';

export async function replayRun(
  ui: Ui,
  slug: string,
  id: string,
  options: RunChoice & TraceChoice,
): Promise<number> {
  const run = await chooseRun(slug, id, options);
  const names = namesOf(run.scenario.nodes);
  if (options.node !== undefined && !names.includes(options.node)) {
    const what = `${run.scenario.id} has no node ${JSON.stringify(options.node)}`;
    throw new UsageError({ what, allowed: names, todo: 'give one of these names' });
  }
  try {
    const replayed = await replayChosen(run);
    ui.out(...traceLines(replayed.trace, options), '', ...outcomeLines(replayed, ui));
    if (options.shrunk && run.shrunk === undefined) ui.out(NOT_FAILING);
    const { verdict } = replayed.result;
    return verdict === 'passed' ? 0 : verdict === 'failed' ? 1 : 3;
  } catch (error) {
    if (!(error instanceof SubmissionProblems)) throw error;
    ui.out(...problemLines(error.problems, ui.style));
    return 1;
  }
}
