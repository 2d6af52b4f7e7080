/** Which run a user means: of their work or of our solution, with which seed, as drawn or shrunk. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isShorter } from '../grader/explore/shrink.ts';
import { type GradeOptions, grade } from '../grader/grade.ts';
import { isSimulated, type Lab, type Scenario } from '../grader/lab.ts';
import type { Mutant } from '../grader/mutant.ts';
import { type Replay, type ReplayOptions, replay } from '../grader/replay.ts';
import type { Step } from '../grader/report/report.ts';
import { shrunkWords } from '../grader/report/terminal.ts';
import type { SyllabusEntry } from '../labs/index.ts';
import { UsageError } from './errors.ts';
import { solutionFolder } from './root.ts';
import { keptSchedule, type Schedule } from './schedules.ts';
import { findLab, findScenario, referencesOf, rememberedReferences } from './select.ts';
import { readState } from './state.ts';
import { findWorkspace, startedFolder } from './workspace.ts';

export interface RunChoice {
  readonly seed?: number;
  readonly shrunk?: boolean;
  /** Exactly this schedule. */
  readonly schedule?: Schedule;
  readonly solution?: boolean;
  readonly mutant?: string;
}

type RunOptions = ReplayOptions & Pick<GradeOptions, 'edits'>;

export interface ChosenRun {
  readonly lab: Lab;
  readonly scenario: Scenario;
  readonly options: RunOptions;
  /** The plan to run instead of the drawn one, and what it leaves out, in words. */
  readonly shrunk?: { readonly plan: readonly Step[]; readonly words: string };
  /** The command that shows it again. */
  readonly command: string;
}

/** @throws {UsageError} for a lab, scenario or mutant that does not exist */
export async function chooseRun(slug: string, id: string, choice: RunChoice): Promise<ChosenRun> {
  const entry = findLab(slug);
  const any = await entry.load();
  const { id: known } = findScenario(any, id);
  if (!isSimulated(any)) throw notAgain(any, known, choice.seed);
  const lab = any;
  const scenario = lab.parts.flatMap((p) => p.scenarios).find((s) => s.id === known) as Scenario;
  const planted = choice.mutant === undefined ? undefined : await mutantOf(entry, choice.mutant);
  const isOurs = planted !== undefined || choice.solution === true;
  const root = findWorkspace();
  const options: RunOptions = {
    lab: slug,
    submission: isOurs ? solutionFolder(slug) : startedFolder(root, lab),
    uses: isOurs ? referencesOf(lab) : rememberedReferences(root, lab),
    scenario: scenario.id,
    seed: choice.schedule?.seed ?? choice.seed ?? lastSeed(root, slug, scenario.id),
    ...(planted === undefined ? {} : { edits: planted.edit }),
  };
  const flags = [
    ...(choice.shrunk ? ['--shrunk'] : []),
    ...(choice.solution ? ['--solution'] : []),
    ...(choice.mutant === undefined ? [] : ['--mutant', choice.mutant]),
  ];
  const command = ['replay', slug, scenario.id, '--seed', options.seed, ...flags].join(' ');
  const kept = choice.schedule ?? (isOurs ? undefined : keptSchedule(root, slug, scenario.id));
  const isKept = kept !== undefined && (choice.schedule || kept.seed === options.seed);
  const shrunk =
    choice.shrunk || choice.schedule
      ? isKept
        ? { plan: kept.plan, words: `the schedule that broke this rule: ${kept.rule}` }
        : await shrink(options)
      : undefined;
  return { lab, scenario, options, command, ...(shrunk === undefined ? {} : { shrunk }) };
}

/** @throws {SubmissionProblems} when it does not build */
export function replayChosen({ options, shrunk }: ChosenRun): Promise<Replay> {
  return replay({ ...options, ...(shrunk ? { plan: shrunk.plan } : {}) });
}

/** Time and servers are real: what happened once does not happen again, event by event. */
function notAgain({ slug }: Lab, scenario: string, seed = 1): UsageError {
  const record = join('.lab', 'servers', `${slug}-${scenario}-${seed}`);
  const kept = existsSync(record) ? `; its record is in ${record}` : '';
  return new UsageError({
    what: `${slug} runs on real servers, and a run on them cannot be replayed${kept}`,
    todo: `lab up ${slug} ${scenario} --seed ${seed}   boots the same broken cluster, to work on by hand`,
  });
}

/** The seed with which this scenario failed last, or else seed 1. */
function lastSeed(root: string, slug: string, scenario: string): number {
  return readState(root).labs[slug]?.failing?.[scenario]?.seed ?? 1;
}

async function mutantOf(entry: SyllabusEntry, name: string): Promise<Mutant> {
  const mutants = await entry.mutants();
  const mutant = mutants.find((m) => m.name === name);
  if (mutant) return mutant;
  const what = `${entry.slug} has no mutant ${JSON.stringify(name)}`;
  const allowed = mutants.map((m) => m.name);
  throw new UsageError({ what, value: name, allowed, todo: 'give one of these names' });
}

/** For a run whose schedule was not kept: shrinking is as deterministic as everything else. */
async function shrink({ scenario, seed, ...rest }: RunOptions): Promise<ChosenRun['shrunk']> {
  const report = await grade({ ...rest, only: [scenario], seeds: { list: [seed] }, jobs: 1 });
  const shrunk = report.parts.flatMap((p) => p.scenarios)[0]?.shrunk;
  if (shrunk === undefined || !isShorter(shrunk)) return undefined;
  return { plan: shrunk.plan, words: shrunkWords(shrunk) };
}
