/** One scenario of a submission, with all its seeds: a verdict, and the first failure, shrunk. */
import type { GradeOptions, SeedChoice } from './grade.ts';
import { type AnyScenario, type Lab, seedCounts } from './lab.ts';
import { isFleet } from './names.ts';
import { plain } from './report/plain.ts';
import type { Finding, ScenarioResult, SeedResult, Shrunk } from './report/report.ts';
import type { Runner } from './runner.ts';

/** The public seeds: 1, 2, 3 … in every scenario. */
export function seedsOf(lab: Lab, scenario: AnyScenario, choice: SeedChoice): readonly number[] {
  if ('list' in choice) return choice.list;
  const seeds = seedCounts(lab, scenario);
  if ('from' in choice) return choice.from.slice(0, seeds.grade);
  const count = 'count' in choice ? choice.count : seeds[choice.mode];
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** Seeds are handed out in pieces, so that all cores have work until the end. */
const SEEDS_PER_JOB = 10;

/** `onSeeds` is called with the number of seeds that have just been done. */
export async function gradeScenario(
  scenario: AnyScenario,
  seeds: readonly number[],
  runner: Runner,
  options: GradeOptions,
  onSeeds: (count: number) => void,
): Promise<ScenarioResult> {
  // Whoever grades for a course must be able to rely on "same seed, same run".
  const isForCourse = 'mode' in options.seeds && options.seeds.mode === 'grade';
  const runs = piecesOf(scenario, seeds).map(async (piece, i) => {
    const choice = { checkTwice: isForCourse && i === 0, onSeed: () => onSeeds(1) };
    const results = await runner.runSeeds(scenario.id, piece, choice);
    onSeeds(piece.length - results.length);
    return results;
  });
  const results = (await Promise.all(runs)).flat().map(shownResult);
  results.sort((a, b) => seeds.indexOf(a.seed) - seeds.indexOf(b.seed));
  const firstBad =
    results.find((r) => r.verdict === 'failed') ?? results.find((r) => r.verdict === 'undecided');
  const shrunk = firstBad && (await shrunkOf(scenario, firstBad, runner, options));
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

function piecesOf(scenario: AnyScenario, seeds: readonly number[]): number[][] {
  // One seed of a sweep is hundreds of runs: the next one is for whichever worker is idle.
  const isSweep = 'sweep' in scenario && scenario.sweep !== undefined;
  const size = isSweep ? 1 : SEEDS_PER_JOB;
  const pieces: number[][] = [];
  for (let i = 0; i < seeds.length; i += size) pieces.push(seeds.slice(i, i + size));
  return pieces;
}

/** Undefined for what did not fail, or cannot be run again. */
async function shrunkOf(
  scenario: AnyScenario,
  { verdict, seed, traceHash, finding }: SeedResult,
  runner: Runner,
  { shrinkBudget, onProgress }: GradeOptions,
): Promise<Shrunk | undefined> {
  if (verdict !== 'failed' || traceHash === '') return undefined;
  if (runner.shrink === undefined || shrinkBudget === 0) return undefined;
  onProgress?.({ type: 'shrinking', scenario: scenario.id });
  // Neither a fleet nor what never ends is shrunk, but the story is told.
  const isLarge = 'nodes' in scenario && isFleet(scenario.nodes);
  const isEndless = finding?.ruleId === 'endless-loop';
  const budget = isLarge || isEndless ? 0 : shrinkBudget;
  const found = await runner.shrink(scenario.id, seed, budget);
  return found && { ...found, finding: shownFinding(found.finding) };
}

/** A run that has to be cut off costs seconds: the seeds after it are not tried. */
const leftOut = (seeds: number) =>
  seeds === 0 ? [] : [`seeds not tried, because a run had to be cut off: ${seeds}`];

/** What a submission said is shown on terminals and pages: it must be text there, and nothing more. */
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
