/** One seed in this process with the debugger attached; virtual time waits at a breakpoint. */
import inspector from 'node:inspector';
import { isSimulated, type Lab } from '../grader/lab.ts';
import { type ReplayOptions, replay } from '../grader/replay.ts';
import { problemLines } from '../grader/report/terminal.ts';
import { SubmissionProblems } from '../grader/submission/load.ts';
import { UsageError } from './errors.ts';
import { scenariosOf } from './select.ts';
import type { LabState } from './state.ts';
import type { Ui } from './ui.ts';

const PORT = 9229;

export async function inspect(
  ui: Ui,
  lab: Lab,
  { submission, uses }: Pick<ReplayOptions, 'submission' | 'uses'>,
  wanted: {
    readonly scenario: string | undefined;
    readonly seed: number | undefined;
    readonly last: LabState['lastFailure'];
  },
): Promise<number> {
  if (!isSimulated(lab)) {
    const what = `${lab.slug} runs on real servers, which do not wait at a breakpoint`;
    const todo = `print with console.log and read .lab/servers/, or try it by hand: lab up ${lab.slug}`;
    throw new UsageError({ what, todo });
  }
  const { last } = wanted;
  const scenario = wanted.scenario ?? last?.scenario ?? scenariosOf(lab)[0]?.id ?? '';
  const seed = wanted.seed ?? (scenario === last?.scenario ? last.seed : 1);
  ui.err(`lab: ${lab.slug} ${scenario} --seed ${seed}; set breakpoints in work/${lab.slug}/`);
  // VS Code has opened it already when it started this process.
  if (inspector.url() === undefined) inspector.open(PORT, '127.0.0.1', true);
  try {
    const of = { submission, ...(uses ? { uses } : {}), scenario, seed };
    const { result } = await replay({ lab: lab.slug, ...of, debugging: true });
    const found = result.finding ? `: ${result.finding.evidence}` : '';
    ui.out(`${scenario} seed ${seed} ${result.verdict}${found}`);
    return result.verdict === 'passed' ? 0 : result.verdict === 'failed' ? 1 : 3;
  } catch (error) {
    if (!(error instanceof SubmissionProblems)) throw error;
    ui.out(...problemLines(error.problems, ui.style));
    return 1;
  }
}
