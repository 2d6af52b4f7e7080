/**
 * Submissions × scenarios × seeds, on all cores: the measuring instrument behind the kill matrix (every
 * wrong one must fail) and the soundness check (no right one may). For code of the course itself:
 * one warm process tries many submissions, and nothing keeps them apart as a grading does.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Scenario, type SimulatedLab, simulated } from '../lab.ts';
import type { Mutant } from '../mutant.ts';
import { BOOT_FILE, CREW_FILE, loadLab, ROOT } from '../paths.ts';
import { loadBoot } from '../realm/load.ts';
import { Session } from '../session.ts';
import { loadSubmission } from '../submission/load.ts';

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
  /** How many seeds of which scenarios. @default from 1 on */
  readonly scenarios: readonly {
    readonly id: string;
    readonly seeds: number;
    readonly firstSeed?: number;
  }[];
  /** A scenario is left at its first failure. */
  readonly stopAtFailure: boolean;
}

export type Answer = { readonly cells: readonly Cell[] } | { readonly error: string };

export const scenariosOf = (lab: SimulatedLab): readonly Scenario[] =>
  lab.parts.flatMap((p) => p.scenarios);

/** Runs a task in this process. @throws {Error} when the edited solution does not build */
export async function perform(task: Task): Promise<Cell[]> {
  const { lab: slug, edit, scenarios, stopAtFailure } = task;
  const lab = simulated(await loadLab(slug));
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
      // Lets the process learn, between two runs, that nobody is waiting for them any more.
      await setImmediate();
      if (result.verdict === 'passed') continue;
      const { ruleId = 'undecided', evidence = result.undecided ?? '' } = result.finding ?? {};
      failures.push({ seed, verdict: result.verdict, ruleId, evidence });
    }
    cells.push({ scenario: id, seeds: run, failures });
  }
  session.close();
  return cells;
}

/** The cells of a task that its process did not survive. */
function lost({ scenarios }: Task, code: number | null, signal: string | null): Cell[] {
  const evidence = `the process that ran it ended with ${signal ?? `code ${code}`}`;
  return scenarios.map(({ id, seeds, firstSeed: seed = 1 }) => {
    const failure: Failure = { seed, verdict: 'undecided', ruleId: 'process-ended', evidence };
    return { scenario: id, seeds, failures: [failure] };
  });
}

/**
 * One child process per core; each takes the next task when it is free.
 * @throws {Error} when an edited solution does not build
 */
export async function performAll<T extends Task>(
  tasks: readonly T[],
  onDone: (task: T, cells: readonly Cell[]) => void,
): Promise<void> {
  const waiting = tasks.values();
  const work = async () => {
    let child: ChildProcess | undefined;
    for (const task of waiting) {
      child ??= fork(CREW_FILE, { execArgv: ['--enable-source-maps', '--max-semi-space-size=32'] });
      const answer = await ask(child, task);
      if ('error' in answer) {
        child.disconnect();
        throw new Error(answer.error);
      }
      // A child that has ended may still count as connected.
      if (child.exitCode !== null || child.signalCode !== null) child = undefined;
      onDone(task, answer.cells);
    }
    child?.disconnect();
  };
  const size = Math.min(tasks.length, availableParallelism());
  await Promise.all(Array.from({ length: size }, work));
}

function ask(child: ChildProcess, task: Task): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer) => {
      child.removeAllListeners();
      resolve(answer);
    };
    child.on('message', (answer: Answer) => settle(answer));
    child.on('exit', (code, signal) => settle({ cells: lost(task, code, signal) }));
    child.send(task);
  });
}
