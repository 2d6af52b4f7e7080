/** One run of a submission, in this process: again with its whole trace, or to ask questions about it. */
import { makeSheet, type Sheet } from './explain/sheet.ts';
import { type SimulatedLab, simulated } from './lab.ts';
import { BOOT_FILE, loadLab } from './paths.ts';
import { loadBoot } from './realm/load.ts';
import type { SeedResult, Step } from './report/report.ts';
import { Session } from './session.ts';
import type { TraceFacts } from './sim/trace.ts';
import { type LoadChoice, loadSubmission, SubmissionProblems } from './submission/load.ts';

/** One line of a trace, in words. */
export interface TraceLine {
  readonly atMs: number;
  /** Undefined for what concerns the whole cluster. */
  readonly node?: string;
  /** boot crash restart pause resume fault send deliver drop timer disk emit log note fail … */
  readonly kind: string;
  readonly text: string;
  readonly facts?: TraceFacts;
}

export interface Replay {
  readonly result: SeedResult;
  readonly trace: readonly TraceLine[];
}

/** A submission, and the lab that it is opened for. */
export interface OpenOptions extends LoadChoice {
  readonly lab: string;
  readonly submission: string;
  /** Runs for a debugger: its stops do not count as time, and the student's files are named. */
  readonly debugging?: boolean;
}

export interface ReplayOptions extends OpenOptions {
  readonly scenario: string;
  readonly seed: number;
  /** A shrunk plan instead of the drawn one. */
  readonly plan?: readonly Step[];
}

/** Runs one scenario with one seed and keeps the whole trace. */
export async function replay(options: ReplayOptions): Promise<Replay> {
  const { scenario: id, seed, plan } = options;
  return withSession(options, async (session, lab) => {
    const scenario = lab.parts.flatMap((p) => p.scenarios).find((s) => s.id === id);
    if (scenario === undefined) throw new Error(`${lab.slug} has no scenario ${id}`);
    const choice = { keepTrace: true, ...(plan ? { plan } : {}) };
    const { result, trace } = await session.run(scenario, seed, choice);
    return { result, trace };
  });
}

/** The questions that a lab asks about a submission. */
export async function explain(options: OpenOptions, writeUp?: string): Promise<Sheet> {
  return withSession(options, (session, lab) => makeSheet(session, lab, writeUp));
}

/** Opens a submission in this process. @throws {SubmissionProblems} when it does not build */
export async function withSession<T>(
  options: OpenOptions,
  use: (session: Session, lab: SimulatedLab) => Promise<T>,
): Promise<T> {
  const lab = simulated(await loadLab(options.lab));
  const submission = await loadSubmission(lab, options.submission, options);
  if ('problems' in submission) throw new SubmissionProblems(submission.problems);
  const session = new Session({
    lab,
    loaded: submission.loaded,
    bootCode: await loadBoot(BOOT_FILE),
    ...(options.debugging ? { debugging: options.submission } : {}),
  });
  try {
    return await use(session, lab);
  } finally {
    session.close();
  }
}
