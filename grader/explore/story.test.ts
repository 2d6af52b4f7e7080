import { expect, test } from 'vitest';
import type { Finding } from '../report/report.ts';
import { TraceRecord } from '../sim/trace.ts';
import { tellStory } from './story.ts';

const record = (atMs: number, node: string | undefined, kind: string, text: string) =>
  new TraceRecord(atMs, node, kind, () => text, {});

function story(records: readonly TraceRecord[], more: Partial<Finding> = {}): string[] {
  const finding = {
    kind: 'safety',
    ruleId: 'r',
    rule: 'R',
    evidence: 'c1 got 1',
    atMs: 99,
  } as const;
  return tellStory(records, { ...finding, ...more }).map(({ atMs, text }) => `${atMs} ${text}`);
}

test('what happens to several nodes or links at once is one event', () => {
  const told = story([
    record(1, undefined, 'fault', 'cut n1 → n2'),
    record(1, undefined, 'fault', 'cut n2 → n1'),
    record(2, 'n1', 'crash', 'crashes'),
    record(2, 'n2', 'crash', 'crashes; 1 unsynced disk operation lost or torn'),
    record(2, 'n3', 'crash', 'crashes'),
    record(3, 'n1', 'pause', 'is paused'),
    record(3, 'n2', 'pause', 'is paused'),
  ]);
  expect(told).toEqual([
    '1 cut n1 → n2, n2 → n1',
    '2 n1,n3 crash',
    '2 n2 crashes; 1 unsynced disk operation lost or torn',
    '3 n1,n2 are paused',
  ]);
});

test('what a client waited for in vain is told if the evidence names the client', () => {
  const told = story([
    record(1, 'c1', 'timeout', 'put to n1 times out'),
    record(2, 'c2', 'timeout', 'put to n1 times out'),
    record(3, 'n1', 'timeout', 'append to n2 times out'),
  ]);
  expect(told).toEqual(['1 c1 put to n1 times out']);
});

test('the story of a history ends where it went wrong', () => {
  const core = [
    { client: 'c1', callAtMs: 4, returnAtMs: 5, text: 'get', isCulprit: true as const },
  ];
  const records = [record(3, 'n1', 'crash', 'crashes'), record(50, 'n1', 'restart', 'restarts')];
  expect(story(records, { core })).toEqual(['3 n1 crashes']);
});

test('of many events the weightiest six are told, in order of time', () => {
  const faults = Array.from({ length: 20 }, (_, i) => record(i, undefined, 'fault', `fault ${i}`));
  const told = story([...faults, record(30, undefined, 'note', 'n1 is chosen')]);
  expect(told).toHaveLength(6);
  expect(told.at(-1)).toBe('30 n1 is chosen');
});

test('what only pads a value is left out', () => {
  expect(story([record(1, 'n1', 'emit', `apply ${'x'.repeat(40)}`)])).toEqual(['1 n1 apply xxx…']);
});
