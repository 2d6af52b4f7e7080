/** `lab replay <lab> <scenario> --seed S`: one run again, event by event. */
import type { GradeOptions, ReplayOptions } from '../../grader/grade.ts';
import { grade, replay, SubmissionProblems } from '../../grader/grade.ts';
import type { Mutant } from '../../grader/lab.ts';
import { namesOf } from '../../grader/names.ts';
import { problemLines } from '../../grader/report/terminal.ts';
import type { SyllabusEntry } from '../../labs/index.ts';
import { UsageError } from '../errors.ts';
import { solutionFolder } from '../root.ts';
import { findLab, findScenario, referencesOf, rememberedReferences } from '../select.ts';
import { readState } from '../state.ts';
import { outcomeLines, type TraceChoice, traceLines } from '../trace.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, startedFolder } from '../workspace.ts';

interface ReplayRunOptions extends TraceChoice {
  readonly seed?: number;
  readonly shrunk?: boolean;
  readonly solution?: boolean;
  readonly mutant?: string;
}

export async function replayRun(
  ui: Ui,
  slug: string,
  id: string,
  options: ReplayRunOptions,
): Promise<number> {
  const entry = findLab(slug);
  const lab = await entry.load();
  const { id: scenario, nodes } = findScenario(lab, id);
  const names = namesOf(nodes);
  if (options.node !== undefined && !names.includes(options.node)) {
    const what = `${scenario} has no node ${JSON.stringify(options.node)}`;
    throw new UsageError({ what, allowed: names, todo: 'give one of these names' });
  }
  const planted = options.mutant === undefined ? undefined : await mutantOf(entry, options.mutant);
  const submission =
    planted || options.solution ? solutionFolder(slug) : startedFolder(findWorkspace(), lab);
  const edits = planted === undefined ? {} : { edits: planted.edit };
  const isOurs = planted !== undefined || options.solution === true;
  const uses = isOurs ? referencesOf(lab) : rememberedReferences(findWorkspace(), lab);
  const seed = options.seed ?? lastSeed(slug, scenario);
  const run = { lab: slug, submission, uses, scenario, seed, ...edits };
  try {
    const { plan, note } = options.shrunk ? await shrunkPlan(run) : {};
    const replayed = await replay({ ...run, ...(plan ? { plan } : {}) });
    ui.out(...traceLines(replayed.trace, options), '', ...outcomeLines(replayed, ui));
    if (note !== undefined) ui.out(note);
    const { verdict } = replayed.result;
    return verdict === 'passed' ? 0 : verdict === 'failed' ? 1 : 3;
  } catch (error) {
    if (!(error instanceof SubmissionProblems)) throw error;
    ui.out(...problemLines(error.problems, ui.style));
    return 1;
  }
}

/** The seed with which this scenario failed last, else the first of all. */
function lastSeed(slug: string, scenario: string): number {
  const last = readState(findWorkspace()).labs[slug]?.lastFailure;
  return last?.scenario === scenario ? last.seed : 1;
}

export async function mutantOf(entry: SyllabusEntry, name: string): Promise<Mutant> {
  const mutants = await entry.mutants();
  const mutant = mutants.find((m) => m.name === name);
  if (mutant) return mutant;
  const what = `${entry.slug} has no mutant ${JSON.stringify(name)}`;
  const allowed = mutants.map((m) => m.name);
  throw new UsageError({ what, value: name, allowed, todo: 'give one of these names' });
}

/** Shrinking is as deterministic as all else, so the plan need not be kept anywhere. */
async function shrunkPlan(run: ReplayOptions & Pick<GradeOptions, 'edits'>) {
  const { scenario, seed, ...rest } = run;
  const report = await grade({ ...rest, only: [scenario], seeds: { list: [seed] }, jobs: 1 });
  const plan = report.parts.flatMap((p) => p.scenarios)[0]?.shrunk?.plan;
  const note = 'This seed does not fail with this code; there is nothing to shrink.';
  return plan ? { plan } : { note };
}
