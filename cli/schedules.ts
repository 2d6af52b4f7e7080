/**
 * The shrunk schedule of each failing scenario, as a small file in `.lab/failures/`: seed and plan,
 * with the rule that they break. It replays the same run on edited code, can be attached to a bug
 * report (`lab replay FILE`), and is what watch mode runs first.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isShorter } from '../grader/explore/shrink.ts';
import type { Report, Step } from '../grader/report/report.ts';
import { UsageError } from './errors.ts';

export interface Schedule {
  readonly version: 1;
  readonly lab: string;
  readonly scenario: string;
  readonly seed: number;
  readonly plan: readonly Step[];
  /** What broke when it was found. */
  readonly ruleId: string;
  readonly rule: string;
}

export function scheduleFile(root: string, lab: string, scenario: string): string {
  return join(root, '.lab', 'failures', `${lab}-${scenario}.json`);
}

/** Keeps the schedules of scenarios that failed, and forgets those of scenarios that now pass. */
export function keepSchedules(root: string, report: Report): void {
  for (const { id, verdict, firstBad, shrunk } of report.parts.flatMap((p) => p.scenarios)) {
    const file = scheduleFile(root, report.lab, id);
    if (verdict === 'passed') rmSync(file, { force: true });
    if (firstBad === undefined || shrunk === undefined || !isShorter(shrunk)) continue;
    const { ruleId, rule } = shrunk.finding;
    const { seed } = firstBad;
    const { plan } = shrunk;
    const schedule: Schedule = {
      version: 1,
      lab: report.lab,
      scenario: id,
      seed,
      ruleId,
      rule,
      plan,
    };
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(schedule, null, 1)}\n`);
  }
}

/** The kept schedule of a scenario; undefined when there is none. */
export function keptSchedule(root: string, lab: string, scenario: string): Schedule | undefined {
  const file = scheduleFile(root, lab, scenario);
  return existsSync(file) ? readSchedule(file) : undefined;
}

/** @throws {UsageError} when the file holds no schedule */
export function readSchedule(file: string): Schedule {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const what = `${file} cannot be read as a schedule: ${(error as Error).message}`;
    throw new UsageError({ what, todo: `give a file from .lab/failures, or a lab and a scenario` });
  }
  const { version, lab, scenario, seed, plan } = (value ?? {}) as Partial<Schedule>;
  const isStep = (step: Step | null) =>
    typeof step === 'object' && typeof step?.atMs === 'number' && typeof step.do === 'string';
  const isSchedule =
    version === 1 &&
    typeof lab === 'string' &&
    typeof scenario === 'string' &&
    Number.isSafeInteger(seed) &&
    Array.isArray(plan) &&
    plan.every(isStep);
  if (isSchedule) return value as Schedule;
  const what = `${file} is not a schedule of version 1 (version, lab, scenario, seed, plan)`;
  throw new UsageError({ what, todo: 'give a file that lab test has written to .lab/failures' });
}
