/**
 * Lab + submission + seeds → Report. The one place that owns control flow.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWERS_FILE, earnedBy, explanationOf } from './explain/answers.ts';
import { isExplained, makeSheet, type Sheet } from './explain/sheet.ts';
import { WRITE_UP_FILE } from './explain/write-up.ts';
import type { Isolation } from './isolation.ts';
import {
  type AnyScenario,
  isOnPostgres,
  isSimulated,
  type Lab,
  type Part,
  pointsOfPart,
  type SimulatedLab,
  seedCounts,
  simulated,
} from './lab.ts';
import { isFleet } from './names.ts';
import { BOOT_FILE, givenFile, loadLab } from './paths.ts';
import { Pool } from './pool.ts';
import { type Loaded, load, loadBoot, type UsedFolder } from './realm/load.ts';
import { plain } from './report/plain.ts';
import {
  type BuildProblem,
  type Explanation,
  type Finding,
  type PartResult,
  type Report,
  type ScenarioResult,
  type SeedResult,
  type Shrunk,
  type Step,
  type Verdict,
  worstOf,
} from './report/report.ts';
import type { Runner } from './runner.ts';
import { Session } from './session.ts';
import type { TraceFacts } from './sim/trace.ts';

/** How many seeds each scenario gets: its own number for `lab test` or `lab grade`, or explicit. */
export type SeedChoice =
  | { readonly mode: 'test' | 'grade' }
  /** As many of these as the scenario asks for when it is graded, or all of them. */
  | { readonly mode: 'grade'; readonly from: readonly number[] }
  | { readonly count: number }
  | { readonly list: readonly number[] };

export interface GradeOptions {
  /** Slug of a lab of the syllabus. */
  readonly lab: string;
  /** Folder of the submission. */
  readonly submission: string;
  readonly seeds: SeedChoice;
  /** Scenario ids to run; all when absent. */
  readonly only?: readonly string[];
  /** Also parts that need one which has earned nothing. */
  readonly evenIfBlocked?: boolean;
  /** Scenario ids to run before the others. */
  readonly first?: readonly string[];
  /** The submissions of other labs that this one is built on, when they are not beside it. */
  readonly uses?: Readonly<Record<string, string>>;
  /** Replacements applied to the loaded files, for planted bugs. */
  readonly edits?: readonly {
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
  /** Worker processes; one per core when absent. */
  readonly jobs?: number;
  /** Work spent on making each failure small, in simulated events; 0 for none. @default 1,000,000 */
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

export interface ReplayOptions {
  readonly lab: string;
  readonly submission: string;
  readonly scenario: string;
  readonly seed: number;
  /** A shrunk plan instead of the drawn one. */
  readonly plan?: readonly Step[];
  readonly uses?: GradeOptions['uses'];
  readonly edits?: GradeOptions['edits'];
}

/** The public seeds: 1, 2, 3 … in every scenario. */
function seedsOf(lab: Lab, scenario: AnyScenario, choice: SeedChoice): readonly number[] {
  if ('list' in choice) return choice.list;
  const seeds = seedCounts(lab, scenario);
  if ('from' in choice) return choice.from.slice(0, seeds.grade);
  const count = 'count' in choice ? choice.count : seeds[choice.mode];
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** Seeds are handed out in pieces, so that all cores have work until the end. */
const SEEDS_PER_JOB = 10;

/** Bundles a submission as `grade` does. */
export async function loadSubmission(
  lab: Lab,
  folder: string,
  { edits = [], uses = {} }: Pick<GradeOptions, 'edits' | 'uses'> = {},
): Promise<{ loaded: Loaded } | { problems: readonly BuildProblem[] }> {
  const used: Record<string, UsedFolder> = {};
  const absent: Lab[] = [];
  for (const slug of lab.uses ?? []) {
    const other = await loadLab(slug);
    const at = uses[slug] ?? join(folder, '..', slug);
    if (existsSync(join(at, other.entry))) used[slug] = { folder: at, given: givenFiles(other) };
    else absent.push(other);
  }
  if (absent.length > 0) {
    // The whole list: what is given already would be lost when only the rest is named.
    const stoodIn = new Set([...Object.keys(uses), ...absent.map((other) => other.slug)]);
    const references = (lab.uses ?? []).filter((slug) => stoodIn.has(slug)).join(',');
    return { problems: absent.map((other) => missing(lab, other, references)) };
  }
  const given = givenFiles(lab);
  const shape = isSimulated(lab)
    ? { entry: lab.program ?? lab.entry }
    : { entry: lab.entry, api: `faultlab/${lab.on}` };
  const submission = await load({ folder, ...shape, given, uses: used, edits });
  if (isOnPostgres(lab) && lab.store !== undefined && !('problems' in submission)) {
    const folders = Object.fromEntries(Object.entries(used).map(([slug, at]) => [slug, at.folder]));
    const at = folders[lab.store] as string;
    const store = await loadSubmission(await loadLab(lab.store), at, { uses: folders });
    if ('problems' in store) {
      const problems = store.problems.map((problem) => {
        return { ...problem, where: `../${lab.store}/${problem.where}` };
      });
      return { problems };
    }
    return { loaded: { ...submission.loaded, store: store.loaded } };
  }
  const shipped = isSimulated(lab) ? (lab.shipped ?? []) : [];
  if (shipped.length === 0 || 'problems' in submission) return submission;
  const asShipped = await load({
    folder,
    ...shape,
    given: { ...given, ...givenFiles({ slug: lab.slug, given: shipped }) },
    uses: used,
    edits: edits.filter(({ file }) => !shipped.includes(file)),
  });
  if ('problems' in asShipped) return asShipped;
  return { loaded: { ...submission.loaded, shipped: asShipped.loaded } };
}

function givenFiles({ slug, given }: Pick<Lab, 'slug' | 'given'>): Record<string, string> {
  return Object.fromEntries(given.map((name) => [name, givenFile(slug, name)]));
}

function missing(lab: Lab, other: Lab, references: string): BuildProblem {
  return {
    where: `../${other.slug}/${other.entry}`,
    text: `${lab.slug} is built on your ${other.slug}, and there is none`,
    advice: `Do that lab first (lab start ${other.slug}), or give --with-reference ${references}.`,
  };
}

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

/** Runs one scenario with one seed in this process and keeps the whole trace. */
export async function replay(options: ReplayOptions & { debugging?: boolean }): Promise<Replay> {
  const lab = simulated(await loadLab(options.lab));
  const scenario = lab.parts.flatMap((p) => p.scenarios).find((s) => s.id === options.scenario);
  if (scenario === undefined) throw new Error(`${lab.slug} has no scenario ${options.scenario}`);
  const submission = await loadSubmission(lab, options.submission, options);
  if ('problems' in submission) throw new SubmissionProblems(submission.problems);
  const session = new Session({
    lab,
    loaded: submission.loaded,
    bootCode: await loadBoot(BOOT_FILE),
    ...(options.debugging ? { debugging: options.submission } : {}),
  });
  try {
    const run = await session.run(scenario, options.seed, {
      keepTrace: true,
      ...(options.plan ? { plan: options.plan } : {}),
    });
    return { result: run.result, trace: run.trace };
  } finally {
    session.close();
  }
}

/** The questions that a lab asks about a submission. Runs it in this process. */
export async function explain(
  options: Pick<ReplayOptions, 'lab' | 'submission' | 'uses' | 'edits'>,
  writeUp?: string,
): Promise<Sheet> {
  return withSession(options, (session, lab) => makeSheet(session, lab, writeUp));
}

/** Opens a submission in this process. @throws {SubmissionProblems} when it does not build */
export async function withSession<T>(
  options: Pick<ReplayOptions, 'lab' | 'submission' | 'uses' | 'edits'>,
  use: (session: Session, lab: SimulatedLab) => Promise<T>,
): Promise<T> {
  const lab = simulated(await loadLab(options.lab));
  const submission = await loadSubmission(lab, options.submission, options);
  if ('problems' in submission) throw new SubmissionProblems(submission.problems);
  const bootCode = await loadBoot(BOOT_FILE);
  const session = new Session({ lab, loaded: submission.loaded, bootCode });
  try {
    return await use(session, lab);
  } finally {
    session.close();
  }
}

/** The submission does not build. */
export class SubmissionProblems extends Error {
  override readonly name = 'SubmissionProblems';
  readonly problems: readonly BuildProblem[];

  constructor(problems: readonly BuildProblem[]) {
    super(problems.map((p) => `${p.where}: ${p.text}`).join('\n'));
    this.problems = problems;
  }
}

/** What the submission explains, when it does or when points hang on it. */
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
      const points = sum(scenarios.map((s) => s.points)) + (asks ? (part.explain?.points ?? 0) : 0);
      const { id, title } = part;
      results.push({
        id,
        title,
        verdict: 'blocked',
        blockedBy: blocker.id,
        points,
        earned: 0,
        scenarios: [],
      });
      continue;
    }
    const outcomes = await Promise.all(scenarios.map((s) => start(part, s)));
    const result = partOf(part, outcomes);
    results.push(asks ? withExplanation(result, part, await explain) : result);
  }
  return results;
}

async function gradeScenario(
  scenario: AnyScenario,
  seeds: readonly number[],
  runner: Runner,
  options: GradeOptions,
  onSeeds: (count: number) => void,
): Promise<ScenarioResult> {
  const pieces: number[][] = [];
  // One seed of a sweep is hundreds of runs: the next one is for whoever has nothing to do.
  const isSweep = 'sweep' in scenario && scenario.sweep !== undefined;
  const count = isSweep ? 1 : SEEDS_PER_JOB;
  for (let i = 0; i < seeds.length; i += count) pieces.push(seeds.slice(i, i + count));
  // Who grades for a course must be able to rely on "same seed, same run".
  const isForCourse = 'mode' in options.seeds && options.seeds.mode === 'grade';
  const runs = await Promise.all(
    pieces.map(async (piece, i) => {
      const checkTwice = isForCourse && i === 0;
      const run = await runner.runSeeds(scenario.id, piece, {
        checkTwice,
        onSeed: () => onSeeds(1),
      });
      onSeeds(piece.length - run.length);
      return run;
    }),
  );
  const results = runs
    .flat()
    .map(shownResult)
    .sort((a, b) => seeds.indexOf(a.seed) - seeds.indexOf(b.seed));
  const firstBad =
    results.find((r) => r.verdict === 'failed') ?? results.find((r) => r.verdict === 'undecided');
  let shrunk: Shrunk | undefined;
  const { shrinkBudget } = options;
  if (
    firstBad?.verdict === 'failed' &&
    firstBad.traceHash !== '' &&
    runner.shrink &&
    shrinkBudget !== 0
  ) {
    options.onProgress?.({ type: 'shrinking', scenario: scenario.id });
    // A fleet is not made small, nor what never ends, but the story is told.
    const isLarge = 'nodes' in scenario && isFleet(scenario.nodes);
    const isEndless = firstBad.finding?.ruleId === 'endless-loop';
    const budget = isLarge || isEndless ? 0 : shrinkBudget;
    const found = await runner.shrink(scenario.id, firstBad.seed, budget);
    shrunk = found && { ...found, finding: shownFinding(found.finding) };
  }
  const verdict = firstBad?.verdict ?? 'passed';
  const { id, title, points } = scenario;
  const notes = [...(results[0]?.notes ?? []), ...leftOut(seeds.length - results.length)];
  const { chart } = firstBad ?? results[0] ?? {};
  return {
    id,
    title,
    points,
    earned: verdict === 'passed' ? points : 0,
    verdict,
    seedsRun: results.length,
    seedsPassed: results.filter((r) => r.verdict === 'passed').length,
    ...(scenario.hidden ? { hidden: true as const } : {}),
    ...(firstBad ? { firstBad } : {}),
    ...(shrunk ? { shrunk } : {}),
    virtualMs: results.reduce((sum, r) => sum + r.virtualMs, 0),
    events: results.reduce((sum, r) => sum + r.events, 0),
    ...(notes.length > 0 ? { notes } : {}),
    ...(chart ? { chart } : {}),
  };
}

/** What had to be cut off costs seconds each time: the seeds after it are not tried. */
const leftOut = (seeds: number) =>
  seeds === 0 ? [] : [`seeds not tried, as it had to be cut off: ${seeds}`];

/** What a submission said is shown on terminals and pages: it may be said, and no more than that. */
function shownResult(result: SeedResult): SeedResult {
  return result.finding ? { ...result, finding: shownFinding(result.finding) } : result;
}

function shownFinding(finding: Finding): Finding {
  const { rule, evidence, picture, story, core } = finding;
  return {
    ...finding,
    rule: plain(rule),
    evidence: plain(evidence),
    ...(picture ? { picture: picture.map((line) => plain(line)) } : {}),
    ...(core ? { core: core.map((one) => ({ ...one, text: plain(one.text) })) } : {}),
    ...(story ? { story: story.map(({ atMs, text }) => ({ atMs, text: plain(text) })) } : {}),
  };
}

/** Adds what the answers about the runs of this part have earned. */
function withExplanation(
  result: PartResult,
  { id, explain }: Part,
  explanation: Explanation | undefined,
): PartResult {
  const points = explain?.points ?? 0;
  const runs = explanation?.runs.filter(({ part }) => part === id) ?? [];
  const isAsked = runs.length > 0 && runs.every(({ verdict }) => verdict === 'passed');
  const own = (explanation?.questions ?? []).filter((question) =>
    runs.some(({ scenario }) => question.id.startsWith(`${scenario}.`)),
  );
  const earned = isAsked ? earnedBy(own, points) : 0;
  return {
    ...result,
    points: result.points + points,
    earned: result.earned + earned,
    explain: { points, earned },
    verdict: worstOf([result.verdict as Verdict, earned === points ? 'passed' : 'failed']),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

function partOf(part: Part, scenarios: readonly ScenarioResult[]): PartResult {
  return {
    id: part.id,
    title: part.title,
    verdict: worstOf(scenarios.map((s) => s.verdict)),
    points: sum(scenarios.map((s) => s.points)),
    earned: sum(scenarios.map((s) => s.earned)),
    scenarios,
  };
}

/** The Report on a submission that cannot even be looked at. */
export function problemReport(lab: Lab, problems: readonly BuildProblem[]): Report {
  return reportOf(lab, '', problems, []);
}

function reportOf(
  lab: Lab,
  submission: string,
  problems: readonly BuildProblem[],
  parts: readonly PartResult[],
  explain?: Explanation,
): Report {
  // A part that was not run is as bad as the one that it waits for.
  const own = new Map<string, Verdict>();
  for (const { id, verdict, blockedBy = '' } of parts) {
    own.set(id, verdict === 'blocked' ? (own.get(blockedBy) ?? 'failed') : verdict);
  }
  const verdicts = [...own.values()];
  const points =
    parts.length > 0 ? sum(parts.map((p) => p.points)) : sum(lab.parts.map(pointsOfPart));
  return {
    version: 1,
    lab: lab.slug,
    labTitle: lab.title,
    submission,
    problems,
    parts,
    ...(explain ? { explain } : {}),
    points,
    earned: sum(parts.map((p) => p.earned)),
    verdict: problems.length > 0 ? 'failed' : worstOf(verdicts),
  };
}
