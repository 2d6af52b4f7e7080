/** What scenarios and answers have earned, put together: parts, and the Report of a submission. */
import { earnedBy } from '../explain/answers.ts';
import { type AnyScenario, type Lab, type Part, pointsOfPart } from '../lab.ts';
import {
  type BuildProblem,
  type Explanation,
  type PartResult,
  type Report,
  type ScenarioResult,
  type Verdict,
  worstOf,
} from './report.ts';

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

export function partOf(part: Part, scenarios: readonly ScenarioResult[]): PartResult {
  return {
    id: part.id,
    title: part.title,
    verdict: worstOf(scenarios.map((s) => s.verdict)),
    points: sum(scenarios.map((s) => s.points)),
    earned: sum(scenarios.map((s) => s.earned)),
    scenarios,
  };
}

/** A part that waits for another one, which has earned nothing. */
export function blockedPart(
  { id, title, explain }: Part,
  { scenarios, asks, by }: { scenarios: readonly AnyScenario[]; asks: boolean; by: string },
): PartResult {
  const points = sum(scenarios.map((s) => s.points)) + (asks ? (explain?.points ?? 0) : 0);
  return { id, title, verdict: 'blocked', blockedBy: by, points, earned: 0, scenarios: [] };
}

/** The Report on a submission that cannot even be run. */
export function problemReport(lab: Lab, problems: readonly BuildProblem[]): Report {
  return reportOf(lab, '', problems, []);
}

export function reportOf(
  lab: Lab,
  submission: string,
  problems: readonly BuildProblem[],
  parts: readonly PartResult[],
  explain?: Explanation,
): Report {
  // A part that was not run gets the verdict of the one that it waits for.
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

/** Adds what the answers about the runs of this part have earned. */
export function withExplanation(
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
