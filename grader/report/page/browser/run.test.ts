import { expect, test } from 'vitest';
import { pageData } from '../convert.ts';
import { samplePage } from '../sample.ts';
import { arrowsOf, bandsOf, type Choice, GROUPS, type Group, operationsOf, Rows } from './model.ts';
import { Run, readable } from './run.ts';

const run = new Run(pageData(samplePage()));
const all: Choice = {
  groups: new Set(Object.keys(GROUPS) as Group[]),
  nodes: new Set([0, 1, 2]),
  method: '',
};
const rows = new Rows(run, all);
const eventAt = (k: string, at: number) =>
  run.events.findIndex((event) => event.k === k && event.at === at);

test('arrows end as their messages did', () => {
  const fates = arrowsOf(run, rows).map(({ fate, isReply }) => (isReply ? `${fate} reply` : fate));
  expect(fates).toEqual(['delivered', 'delivered reply', 'copy reply', 'lost', 'late']);
});

test('bands show roles with their terms, crashes, pauses, cuts and clocks', () => {
  const told = bandsOf(run, rows)
    .filter(({ kind }) => kind !== 'term')
    .map(({ kind, lane, label }) => `${run.data.nodes[lane]} ${kind}: ${label}`);
  expect(told.sort()).toEqual([
    'n1 cut: with c1',
    'n1 down: down',
    'n1 leader: leader t2',
    'n2 clock: ×0.5',
    'n2 cut: with c1',
    'n2 paused: paused',
  ]);
});

test('operations of the illegal core are marked, the culprit most', () => {
  expect(operationsOf(run, rows).map(({ part, isOpen }) => [part, isOpen])).toEqual([
    ['core', false],
    ['culprit', false],
  ]);
});

test('rows are what was chosen, and the violation always', () => {
  const messages = new Rows(run, { ...all, groups: new Set(['messages'] as const) });
  const kinds = new Set(messages.events.map((i) => run.events[i]?.k));
  expect([...kinds].sort()).toEqual(['deliver', 'drop', 'fail', 'note', 'send']);
  const one = new Rows(run, { ...all, method: 'append' });
  const methods = one.events.map((i) => run.methodOf(i)).filter(Boolean);
  expect(new Set(methods)).toEqual(new Set(['append']));
  const n2 = new Rows(run, { ...all, nodes: new Set([1]) });
  expect(new Set(n2.events.map((i) => run.events[i]?.n))).toEqual(new Set([1, undefined]));
});

test('a state is what the node said after the event, with what that event changed', () => {
  const [role, , log] = run.stateAt(0, eventAt('deliver', 5));
  expect(role).toEqual({ name: 'role', value: 'leader', isNew: false });
  expect(log).toEqual({ name: 'log', value: ['x=1'], was: [], isNew: true });
  expect(run.stateAt(0, eventAt('crash', 13))).toEqual([]);
});

test('the past of an event is what can have had a part in it', () => {
  const past = run.pastOf(eventAt('deliver', 5));
  const has = (k: string, at: number) => past[eventAt(k, at)] === 1;
  expect([has('call', 2), has('send', 3), has('state', 1)]).toEqual([true, true, true]);
  expect([has('send', 5), has('crash', 13)]).toEqual([false, false]);
  expect(past[eventAt('boot', 0) + 1]).toBe(0); // n2 has sent nothing
});

test.each([
  ['{"term":4,"entries":[{"a":1}],"name":"x"}', '{term: 4, entries: [{a: 1}], name: "x"}'],
  ['"a, b"', '"a, b"'],
])('%s is read as %s', (json, text) => {
  expect(readable(json)).toBe(text);
});
