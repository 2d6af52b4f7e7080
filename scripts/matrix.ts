/**
 * Submissions × scenarios × seeds, on all cores: the measuring instrument behind the kill matrix
 * (every wrong one must fail) and the soundness check (no right one may).
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { loadSubmission } from '../grader/grade.ts';
import { type Mutant, type Scenario, type SimulatedLab, simulated } from '../grader/lab.ts';
import { BOOT_FILE, ROOT } from '../grader/paths.ts';
import { loadBoot } from '../grader/realm/load.ts';
import { Session } from '../grader/session.ts';
import { course } from '../outages/index.ts';

export interface Failure {
  readonly seed: number;
  readonly verdict: 'failed' | 'undecided';
  readonly ruleId: string;
  readonly evidence: string;
}

/** What one scenario found in one submission. */
export interface Cell {
  readonly scenario: string;
  readonly seeds: number;
  readonly failures: readonly Failure[];
}

export interface Task {
  readonly lab: string;
  /** Edits of the solution of that lab. */
  readonly edit: Mutant['edit'];
  /** So many seeds of each of these scenarios. @default from 1 on */
  readonly scenarios: readonly {
    readonly id: string;
    readonly seeds: number;
    readonly firstSeed?: number;
  }[];
  /** A scenario is left at its first failure. */
  readonly stopAtFailure: boolean;
}

type Answer = { readonly cells: readonly Cell[] } | { readonly error: string };

export const scenariosOf = (lab: SimulatedLab): readonly Scenario[] =>
  lab.parts.flatMap((p) => p.scenarios);

/** Runs a task in this process. @throws {Error} when the edited solution does not build */
async function perform({ lab: slug, edit, scenarios, stopAtFailure }: Task): Promise<Cell[]> {
  const entry = course.find((each) => each.slug === slug);
  if (entry === undefined) throw new Error(`there is no lab "${slug}"`);
  const lab = simulated(await entry.load());
  const submission = await loadSubmission(lab, join(ROOT, 'solutions', slug), { edits: edit });
  if ('problems' in submission) throw new Error(JSON.stringify(submission.problems));
  const session = new Session({
    lab,
    loaded: submission.loaded,
    bootCode: await loadBoot(BOOT_FILE),
  });
  const cells: Cell[] = [];
  for (const { id, seeds, firstSeed = 1 } of scenarios) {
    const scenario = scenariosOf(lab).find((each) => each.id === id);
    if (scenario === undefined) throw new Error(`${slug} has no scenario ${id}`);
    const failures: Failure[] = [];
    let run = 0;
    for (; run < seeds && !(stopAtFailure && failures.length > 0); run++) {
      const seed = firstSeed + run;
      const { result } = await session.run(scenario, seed);
      if (result.verdict === 'passed') continue;
      const { ruleId = 'undecided', evidence = result.undecided ?? '' } = result.finding ?? {};
      failures.push({ seed, verdict: result.verdict, ruleId, evidence });
    }
    cells.push({ scenario: id, seeds: run, failures });
  }
  session.close();
  return cells;
}

/** The children that {@link Crew} forks are this program again. */
export function isCrewMember(): boolean {
  if (process.env.FAULTLAB_CREW === undefined) return false;
  process.on('message', (task: Task) => {
    perform(task).then(
      (cells) => process.send?.({ cells } satisfies Answer),
      (error) => process.send?.({ error: String(error?.stack ?? error) } satisfies Answer),
    );
  });
  return true;
}

/** One child process per core; each takes the next task when it is free. */
export async function performAll<T extends Task>(
  tasks: readonly T[],
  onDone: (task: T, cells: readonly Cell[]) => void,
): Promise<void> {
  let next = 0;
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const child = fork(process.argv[1] as string, {
        env: { ...process.env, FAULTLAB_CREW: '1' },
      });
      let task: T | undefined;
      const take = () => {
        task = tasks[next++];
        if (task) child.send(task);
        else child.disconnect();
      };
      child.on('message', (answer: Answer) => {
        if ('error' in answer) {
          child.disconnect();
          reject(new Error(answer.error));
          return;
        }
        if (task) onDone(task, answer.cells);
        take();
      });
      child.on('exit', (code) => {
        if (task) reject(new Error(`a child process ended with code ${code}`));
        else resolve();
      });
      take();
    });
  const size = Math.min(tasks.length, availableParallelism());
  await Promise.all(Array.from({ length: size }, work));
}
