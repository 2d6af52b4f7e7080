import { describe, expect, it } from 'vitest';
import { type Answers, earnedBy, judge, parseAnswers, withTry } from './answers.ts';
import { isRight, type Question, whyNoAnswer } from './question.ts';

const QUESTION: Question = {
  id: 'B4.who',
  scenario: 'B4',
  seed: 1,
  kind: 'choice',
  text: 'Who?',
  options: ['n1', 'n2', 'n3'].map((text, i) => ({ key: 'abc'[i] as string, text })),
  unit: '',
  form: 'a, b or c',
  answers: ['b'],
  tolerance: 0,
  fact: 'It was n2.',
  look: 'B4 --seed 1',
  fingerprint: '01234567',
};
const NONE: Answers = { version: 1, lab: 'raft', answers: {} };
const sheet = { runs: [], questions: [QUESTION], broken: [] };

it.each([
  ['nonsense', 'is not JSON'],
  ['', 'is not JSON'],
  ['null', 'has version nothing'],
  ['[]', 'has version nothing'],
  ['{"version":2}', 'has version 2; this lab reads version 1'],
  ['{"version":1,"lab":"kv"}', 'is for the lab "kv", not for raft'],
  ['{"version":1,"lab":"raft","answers":[]}', 'has no "answers" by question'],
  ['{"version":1,"lab":"raft","answers":{"q":null}}', 'for "q"'],
  ['{"version":1,"lab":"raft","answers":{"q":{"fingerprint":"","tries":[1]}}}', 'for "q"'],
])('the file %j %s', (text, wrong) => {
  expect(parseAnswers(text, 'raft')).toEqual({ wrong: expect.stringContaining(wrong) });
});

it('what was written is what is read', () => {
  const answers = withTry(NONE, QUESTION, ' b ');
  expect(parseAnswers(JSON.stringify(answers), 'raft')).toEqual({ answers });
});

describe('judged', () => {
  it.each([
    [[], { verdict: 'open', tries: 0 }],
    [['b'], { verdict: 'right', tries: 1, answer: 'b' }],
    [['a', 'B'], { verdict: 'right', tries: 2, answer: 'B' }],
    [['b', 'a'], { verdict: 'right', tries: 1, answer: 'b' }],
    [['a', 'c'], { verdict: 'wrong', tries: 2, answer: 'c' }],
  ])('%j', (tries, expected) => {
    const answers = tries.reduce((so, text) => withTry(so, QUESTION, text), NONE);
    expect(judge(sheet, answers)[0]).toMatchObject(expected);
  });

  it('an answer to a question that has changed is outdated, and tries begin anew', () => {
    const old = withTry(NONE, { ...QUESTION, fingerprint: 'ffffffff' }, 'a');
    expect(judge(sheet, old)[0]).toMatchObject({ verdict: 'outdated', tries: 0 });
    expect(judge(sheet, withTry(old, QUESTION, 'b'))[0]).toMatchObject({ tries: 1 });
  });

  it('the names of built-in properties are no answers', () => {
    const strange = { ...QUESTION, id: '__proto__' };
    expect(judge({ runs: [], questions: [strange], broken: [] }, NONE)[0]?.verdict).toBe('open');
  });
});

it.each([
  ['choice', ['b'], 'b', true],
  ['choice', ['b'], 'a', false],
  ['number', ['41'], '43', true],
  ['number', ['41'], '44', false],
  ['event', ['#12'], '12', true],
  ['event', ['#12', '#14'], '#14', true],
  ['event', ['#12'], '#2', false],
  ['line', ['raft.ts:41'], 'raft.ts:42', true],
  ['line', ['raft.ts:41'], 'log.ts:41', false],
  ['line', ['../raft/raft.ts:41'], 'raft.ts:41:7', true],
] as const)('%s %j: %s is right: %s', (kind, answers, given, expected) => {
  expect(isRight({ ...QUESTION, kind, answers, tolerance: 2 }, given)).toBe(expected);
});

it.each([
  ['choice', 'd'],
  ['choice', ''],
  ['number', 'many'],
  ['number', ''],
  ['event', '#'],
  ['line', 'raft.ts'],
] as const)('%s: %j is no answer', (kind, given) => {
  expect(whyNoAnswer({ ...QUESTION, kind }, given)).toContain('the answer is');
});

it.each([
  [[1, 1, 1, 1], 20],
  [[1, 2, 1, 2], 15],
  [[1, 3, 0, 0], 5],
  [[0, 0, 0, 0], 0],
])('tries %j earn %i of 20', (tries, earned) => {
  const questions = tries.map((count, i) => ({
    id: String(i),
    text: '',
    tries: count,
    verdict: count === 0 ? ('open' as const) : ('right' as const),
  }));
  expect(earnedBy(questions, 20)).toBe(earned);
});
