/**
 * Progress in `.lab/state.json`: readable, versioned, safe to copy to another machine. Scores are
 * the best ever reached with the default seeds; a lucky run of fewer seeds does not count.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Report } from '../grader/report/report.ts';
import { UsageError } from './errors.ts';

export interface LabState {
  startedAt?: string;
  /** Best points of the whole lab in one run, by part, by scenario. */
  best: { lab: number; parts: Record<string, number>; scenarios: Record<string, number> };
  /** Labs whose reference solution this one is tested on: the last `--with-reference`. */
  reference?: string;
  lastFailure?: { scenario: string; seed: number };
  /** `lab explain`: questions asked, answered correctly, and correctly at the first try. */
  explain?: { asked: number; right: number; first: number };
  /** By scenario: with which seed it failed last, and the rule that it broke. */
  failing?: Record<string, { seed: number; ruleId?: string }>;
  /** How many hints were read, by scenario, or by `rule` and its name. */
  hints: Record<string, number>;
}

export interface State {
  version: 1;
  /** The lab that was started or tested last. */
  last?: string;
  labs: Record<string, LabState>;
}

export function stateFile(root: string): string {
  return join(root, '.lab', 'state.json');
}

export function readState(root: string): State {
  const file = stateFile(root);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { version: 1, labs: {} };
  }
  const todo = `restore a copy, or delete ${file} (progress is lost, your code is not)`;
  let state: State;
  try {
    state = JSON.parse(text) as State;
  } catch (error) {
    throw new UsageError({ what: `${file} is not JSON: ${(error as Error).message}`, todo });
  }
  if (state?.version !== 1 || typeof state.labs !== 'object' || state.labs === null) {
    const what = `${file} has version ${JSON.stringify(state?.version)}; this lab reads version 1`;
    throw new UsageError({ what, todo });
  }
  return state;
}

export function labState(state: State, slug: string): LabState {
  state.labs[slug] ??= { best: { lab: 0, parts: {}, scenarios: {} }, hints: {} };
  return state.labs[slug];
}

/** Reads, changes and writes the state; a crash leaves the old file. */
export function changeState(root: string, change: (state: State) => void): State {
  const state = readState(root);
  change(state);
  const file = stateFile(root);
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}`;
  writeFileSync(part, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(part, file);
  return state;
}

/** Keeps the best scores and the first failure of a run. */
export function recordReport(state: State, report: Report, countsAsScore: boolean): void {
  const lab = labState(state, report.lab);
  state.last = report.lab;
  const scenarios = report.parts.flatMap((p) => p.scenarios);
  const failed = scenarios.find((s) => s.verdict === 'failed' && s.firstBad);
  if (failed?.firstBad) lab.lastFailure = { scenario: failed.id, seed: failed.firstBad.seed };
  else if (scenarios.some((s) => s.id === lab.lastFailure?.scenario)) delete lab.lastFailure;
  lab.failing ??= {};
  for (const { id, verdict, firstBad, shrunk } of scenarios) {
    delete lab.failing[id];
    if (verdict !== 'failed' || firstBad === undefined) continue;
    const ruleId = (shrunk?.finding ?? firstBad.finding)?.ruleId;
    lab.failing[id] = { seed: firstBad.seed, ...(ruleId === undefined ? {} : { ruleId }) };
  }
  if (!countsAsScore) return;
  const raise = (scores: Record<string, number>, name: string, points: number) => {
    scores[name] = Math.max(scores[name] ?? 0, points);
  };
  for (const { id, earned } of scenarios) raise(lab.best.scenarios, id, earned);
  for (const { id, earned } of report.parts) raise(lab.best.parts, id, earned);
  lab.best.lab = Math.max(lab.best.lab, report.earned);
}
