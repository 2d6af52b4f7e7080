import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { Report, ScenarioResult } from '../grader/report/report.ts';
import { keepSchedules, keptSchedule, readSchedule } from './schedules.ts';

const root = mkdtempSync(join(tmpdir(), 'faultlab-schedules-'));
afterEach(() => rmSync(join(root, '.lab'), { recursive: true, force: true }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const plan = [{ atMs: 5, do: 'crash', node: 'n1' }];
const finding = { kind: 'safety', ruleId: 'r', rule: 'R', evidence: 'e', atMs: 9 } as const;
const run = { seed: 7, traceHash: '0', virtualMs: 9, events: 90 };
const failed: ScenarioResult = {
  id: 'C2',
  title: 't',
  points: 1,
  earned: 0,
  verdict: 'failed',
  seedsRun: 1,
  seedsPassed: 0,
  firstBad: { ...run, verdict: 'failed', finding },
  shrunk: {
    plan,
    stepsBefore: 4,
    stepsAfter: 1,
    eventsBefore: 90,
    eventsAfter: 9,
    runs: 3,
    finding,
    traceHash: '1',
  },
  virtualMs: 9,
  events: 90,
};
const reportOf = (result: ScenarioResult) =>
  ({ lab: 'raft', parts: [{ scenarios: [result] }] }) as unknown as Report;

it('what failed is kept until it passes', () => {
  keepSchedules(root, reportOf(failed));
  expect(keptSchedule(root, 'raft', 'C2')).toMatchObject({ seed: 7, plan, ruleId: 'r' });
  const { firstBad, shrunk, ...rest } = failed;
  keepSchedules(root, reportOf({ ...rest, verdict: 'passed' }));
  expect(keptSchedule(root, 'raft', 'C2')).toBeUndefined();
});

it('a file that is no schedule is refused with what it should be', () => {
  const file = join(root, 'broken.json');
  writeFileSync(file, '{"version": 1, "lab": "raft", "plan": [null]}');
  expect(() => readSchedule(file)).toThrow(/is not a schedule of version 1/);
  writeFileSync(file, 'no JSON');
  expect(() => readSchedule(file)).toThrow(/cannot be read as a schedule/);
  expect(() => readSchedule(join(root, 'none.json'))).toThrow(/cannot be read as a schedule/);
});
