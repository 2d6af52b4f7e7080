/**
 * How much a student gets to see of a failure. Courses that grade on hidden seeds want the verdict
 * without what gives the seed away; a grader that tells everything can be solved from its messages.
 */
import type { Report, ScenarioResult } from './report.ts';

/** `full`: all. `rule`: the broken rule, no evidence, no seed. `none`: the kind of failure only. */
export const DETAILS = ['full', 'rule', 'none'] as const;
export type Detail = (typeof DETAILS)[number];

/** The Report with less detail; hidden scenarios get the least. Points and verdicts stay as they are. */
export function withDetail(report: Report, detail: Detail): Report {
  const parts = report.parts.map((part) => ({
    ...part,
    scenarios: part.scenarios.map((result) => resultWithDetail(result, detail)),
  }));
  return { ...report, parts };
}

export function resultWithDetail(result: ScenarioResult, detail: Detail): ScenarioResult {
  if (result.hidden) return withLess(result, 'none');
  return detail === 'full' ? result : withLess(result, detail);
}

function withLess(result: ScenarioResult, detail: Exclude<Detail, 'full'>): ScenarioResult {
  // Notes and charts are measurements of one seed: they would give it away.
  const { firstBad, shrunk, notes, chart, ...rest } = result;
  if (firstBad === undefined) return rest;
  const finding = shrunk?.finding ?? firstBad.finding;
  const kind = finding?.kind ?? 'undecided';
  const rule = detail === 'rule' && finding ? { rule: finding.rule } : {};
  return { ...rest, withheld: { kind, ...rule } };
}
