/** What changed between two gradings of the same class: by a new version of the grader, or new seeds. */
import type { Report } from '../report/report.ts';
import type { ResultLine } from './results.ts';

export interface Change {
  readonly student: string;
  readonly lab: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** Scenarios with another verdict: `B4 passed → failed`. */
  readonly scenarios: readonly string[];
}

type Results = ReadonlyMap<string, ResultLine>;

/** Those whose points or verdicts differ, in the order of the first file, then of the second. */
export function compareResults(before: Results, after: Results): readonly Change[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key): Change[] => {
    const [old, now] = [before.get(key), after.get(key)];
    const scenarios = changedScenarios(old?.report, now?.report);
    if (old?.report?.earned === now?.report?.earned && scenarios.length === 0) return [];
    const { student, lab } = (now ?? old) as ResultLine;
    return [{ student, lab, before: old?.report?.earned, after: now?.report?.earned, scenarios }];
  });
}

/** Whether somebody lost points that the other grading gave. */
export const hasLosses = (changes: readonly Change[]) =>
  changes.some(({ before = 0, after = 0 }) => after < before);

function changedScenarios(before: Report | undefined, after: Report | undefined): string[] {
  const [old, now] = [verdictsOf(before), verdictsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((id) => {
    const [was, is] = [old.get(id) ?? 'not run', now.get(id) ?? 'not run'];
    return was === is ? [] : [`${id} ${was} → ${is}`];
  });
}

function verdictsOf(report: Report | undefined): Map<string, string> {
  const scenarios = report?.parts.flatMap((part) => part.scenarios) ?? [];
  return new Map(scenarios.map(({ id, verdict }) => [id, verdict]));
}
