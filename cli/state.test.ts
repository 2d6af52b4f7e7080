import { expect, it } from 'vitest';
import type { Report, ScenarioResult, Verdict } from '../grader/report/report.ts';
import { recordReport, type State } from './state.ts';

function reportOf(id: string, verdict: Verdict, earned: number): Report {
  const seed = { seed: 7, verdict, traceHash: '', virtualMs: 0, events: 0 };
  const scenario: ScenarioResult = {
    id,
    title: id,
    points: 5,
    earned,
    verdict,
    seedsRun: 1,
    seedsPassed: 0,
    ...(verdict === 'passed' ? {} : { firstBad: seed }),
    virtualMs: 0,
    events: 0,
  };
  const part = { id: 'A', title: 'A', verdict, points: 5, earned, scenarios: [scenario] };
  return {
    version: 1,
    lab: 'toy',
    labTitle: 'Toy',
    submission: '',
    problems: [],
    parts: [part],
    points: 5,
    earned,
    verdict,
  };
}

it('keeps the best score and the last failure', () => {
  const state: State = { version: 1, labs: {} };
  recordReport(state, reportOf('A1', 'passed', 5), true);
  recordReport(state, reportOf('A1', 'failed', 0), true);
  expect(state.labs.toy?.best).toEqual({ lab: 5, parts: { A: 5 }, scenarios: { A1: 5 } });
  expect(state.labs.toy?.lastFailure).toEqual({ scenario: 'A1', seed: 7 });
  expect(state.last).toBe('toy');
});

it('a failure is forgotten when its scenario passes, not when another one does', () => {
  const state: State = { version: 1, labs: {} };
  recordReport(state, reportOf('A1', 'failed', 0), true);
  recordReport(state, reportOf('A2', 'passed', 5), true);
  expect(state.labs.toy?.lastFailure).toEqual({ scenario: 'A1', seed: 7 });
  recordReport(state, reportOf('A1', 'passed', 5), true);
  expect(state.labs.toy?.lastFailure).toBeUndefined();
});

it('each failing scenario keeps its seed, for a replay, until it passes', () => {
  const state: State = { version: 1, labs: {} };
  recordReport(state, reportOf('A1', 'failed', 0), true);
  recordReport(state, reportOf('A2', 'failed', 0), true);
  expect(state.labs.toy?.failing).toEqual({ A1: { seed: 7 }, A2: { seed: 7 } });
  recordReport(state, reportOf('A1', 'passed', 5), true);
  expect(state.labs.toy?.failing).toEqual({ A2: { seed: 7 } });
});

it('a run with chosen seeds is no score', () => {
  const state: State = { version: 1, labs: {} };
  recordReport(state, reportOf('A1', 'passed', 5), false);
  expect(state.labs.toy?.best.lab).toBe(0);
});
