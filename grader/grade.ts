/** Lab + submission + seeds → Report: the order of parts and scenarios, and what blocks what. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWERS_FILE, explanationOf } from './explain/answers.ts';
import { isExplained } from './explain/sheet.ts';
import { WRITE_UP_FILE } from './explain/write-up.ts';
import { gradeScenario, seedsOf } from './grade-scenario.ts';
import type { Isolation } from './isolation.ts';
import { type AnyScenario, isOnPostgres, type Lab, type Part } from './lab.ts';
import { BOOT_FILE, loadLab } from './paths.ts';
import { Pool } from './pool.ts';
import { type Loaded, loadBoot } from './realm/load.ts';
import {
  blockedPart,
  partOf,
  problemReport,
  reportOf,
  withExplanation,
} from './report/assemble.ts';
import type { Explanation, PartResult, Report, ScenarioResult } from './report/report.ts';
import type { Runner } from './runner.ts';
import { type LoadChoice, loadSubmission } from './submission/load.ts';

/** How many seeds each scenario gets: its own number for `lab test` or `lab grade`, or an explicit choice. */
export type SeedChoice =
  | { readonly mode: 'test' | 'grade' }
  /** As many of these as the scenario asks for when it is graded, or all of them. */
  | { readonly mode: 'grade'; readonly from: readonly number[] }
  | { readonly count: number }
  | { readonly list: readonly number[] };

export interface GradeOptions extends LoadChoice {
  /** Slug of a lab of the syllabus. */
  readonly lab: string;
  /** Folder of the submission. */
  readonly submission: string;
  readonly seeds: SeedChoice;
  /** Scenario ids to run; all when absent. */
  readonly only?: readonly string[];
  /** Also run parts that need one which has earned nothing. */
  readonly evenIfBlocked?: boolean;
  /** Scenario ids to run before the others. */
  readonly first?: readonly string[];
  /** Worker processes; one per core when absent. */
  readonly jobs?: number;
  /** Work spent on making each failure small, in turns of the simulation; 0 for none. @default 1,000,000 */
  readonly shrinkBudget?: number;
  /** Real time that one run may take before it counts as endless. @default 10000 */
  readonly runTimeoutMs?: number;
  /** @default 'home' */
  readonly isolation?: Isolation;
  /** Folder for the records of runs on real servers that did not pass. */
  readonly recordsIn?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export type Progress =
  | { readonly type: 'planned'; readonly scenarios: number; readonly seeds: number }
  | { readonly type: 'seeds'; readonly done: number; readonly total: number }
  | { readonly type: 'shrinking'; readonly scenario: string }
  | { readonly type: 'scenario'; readonly part: string; readonly result: ScenarioResult };

/**
 * Grades a submission. Never rejects for what a submission does; a submission that does not build
 * gives a Report with `problems`. Rejects for an unknown lab or when `signal` aborts.
 */
export async function grade(options: GradeOptions): Promise<Report> {
  const lab = await loadLab(options.lab);
  const submission = await loadSubmission(lab, options.submission, options);
  if ('problems' in submission) return problemReport(lab, submission.problems);
  const { loaded } = submission;
  const runner = await openRunner(lab, loaded, options);
  const aborted = new Promise<never>((_, reject) => {
    options.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true });
  });
  aborted.catch(() => {});
  try {
    const explain = explainFor(lab, runner, options);
    const parts = await Promise.race([gradeParts(lab, runner, options, explain), aborted]);
    const explanation = await Promise.race([explain, aborted]);
    return reportOf(lab, loaded.hash, [], parts, explanation);
  } finally {
    await runner.close();
  }
}

async function openRunner(lab: Lab, loaded: Loaded, options: GradeOptions): Promise<Runner> {
  const { jobs, runTimeoutMs, recordsIn, isolation } = options;
  if (isOnPostgres(lab)) {
    const { ServersRunner } = await import('./systems/runner.ts');
    return new ServersRunner({ lab, loaded, jobs, recordsIn, isolation });
  }
  const bootCode = await loadBoot(BOOT_FILE);
  const limit = runTimeoutMs ? { runTimeoutMs } : {};
  return new Pool(
    { type: 'open', lab: lab.slug, loaded, bootCode, ...limit },
    { ...(jobs ? { jobs } : {}), ...(isolation ? { isolation } : {}) },
  );
}

/** What the submission explains, when it does or when points depend on it. */
async function explainFor(
  lab: Lab,
  runner: Runner,
  { submission, only }: GradeOptions,
): Promise<Explanation | undefined> {
  if (only !== undefined || runner.explain === undefined) return undefined;
  if (!isExplained(lab)) return undefined;
  const text = readText(join(submission, ANSWERS_FILE));
  const writeUp = readText(join(submission, WRITE_UP_FILE));
  const isCounted = lab.parts.some((part) => part.explain !== undefined);
  if (text === undefined && writeUp === undefined && !isCounted) return undefined;
  const sheet = await runner.explain(writeUp);
  if (sheet !== undefined) return explanationOf(lab, sheet, text);
  return { runs: [], questions: [], problem: 'the questions could not be made: a run never ended' };
}

const TEXT_BYTES_MAX = 1024 * 1024;

/** Undefined when there is no such file, or none that a person would write. */
function readText(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() && stats.size <= TEXT_BYTES_MAX ? readFileSync(file, 'utf8') : undefined;
}

async function gradeParts(
  lab: Lab,
  runner: Runner,
  options: GradeOptions,
  explain: Promise<Explanation | undefined>,
): Promise<PartResult[]> {
  const seedsFor = (s: AnyScenario) => seedsOf(lab, s, options.seeds);
  const wanted = (s: AnyScenario) => options.only === undefined || options.only.includes(s.id);
  const all = lab.parts.flatMap((p) => p.scenarios).filter(wanted);
  const total = all.reduce((sum, s) => sum + seedsFor(s).length, 0);
  const tell = options.onProgress ?? (() => {});
  tell({ type: 'planned', scenarios: all.length, seeds: total });
  let done = 0;
  const onSeeds = (count: number) => {
    done += count;
    tell({ type: 'seeds', done: Math.min(done, total), total });
  };

  const early = new Map<string, Promise<ScenarioResult>>();
  // Told in the order of the lab, whichever is ready first.
  let told: Promise<unknown> = Promise.resolve();
  const start = (part: Part, scenario: AnyScenario) => {
    const running = early.get(scenario.id);
    if (running) return running;
    const graded = gradeScenario(scenario, seedsFor(scenario), runner, options, onSeeds);
    const result = Promise.all([graded, told]).then(([outcome]) => {
      tell({ type: 'scenario', part: part.id, result: outcome });
      return outcome;
    });
    told = result;
    early.set(scenario.id, result);
    return result;
  };
  for (const id of options.first ?? []) {
    const part = lab.parts.find((p) => p.scenarios.some((s) => s.id === id && wanted(s)));
    const scenario = part?.scenarios.find((s) => s.id === id);
    if (part && scenario) await start(part, scenario);
  }

  const results: PartResult[] = [];
  for (const part of lab.parts) {
    const scenarios = part.scenarios.filter(wanted);
    const asks = part.explain !== undefined && options.only === undefined;
    if (scenarios.length === 0 && !asks) continue;
    const needs = options.evenIfBlocked ? [] : (part.needs ?? []);
    const blocker = results.find((r) => needs.includes(r.id) && r.earned === 0);
    if (blocker) {
      onSeeds(scenarios.reduce((sum, s) => sum + seedsFor(s).length, 0));
      results.push(blockedPart(part, { scenarios, asks, by: blocker.id }));
      continue;
    }
    const outcomes = await Promise.all(scenarios.map((s) => start(part, s)));
    const result = partOf(part, outcomes);
    results.push(asks ? withExplanation(result, part, await explain) : result);
  }
  return results;
}
