import { expect, it } from 'vitest';
import { nearest, UsageError, wholeNumber } from './errors.ts';

const COMMANDS = ['list', 'start', 'test', 'replay', 'hint', 'status', 'reset', 'diff', 'grade'];

it.each([
  ['tset', ['test']],
  ['rest', ['test', 'reset']],
  ['stat', ['start', 'status']],
  ['GRADE', ['grade']],
  ['replya', ['replay']],
  ['xyzzy', []],
])('the nearest names of %s are %j', (name, names) => {
  expect(nearest(name, COMMANDS).sort()).toEqual([...names].sort());
});

it('says what happened, what is near, what is allowed, what to do', () => {
  const error = new UsageError({
    what: 'there is no lab "rfat"',
    value: 'rfat',
    allowed: ['raft', 'paxos'],
    todo: 'lab list',
  });
  expect(error.message).toMatchInlineSnapshot(`
    "there is no lab "rfat"; did you mean raft?
      allowed: raft, paxos
      do: lab list"
  `);
});

it.each(['0', '-1', '1.5', '1e3', 'x', '', '99999999999999999999'])(
  '--seeds refuses %j',
  (value) => {
    expect(() => wholeNumber('--seeds', 1)(value)).toThrow('--seeds got');
  },
);

it('--seeds takes a whole number', () => {
  expect(wholeNumber('--seeds', 1)('12')).toBe(12);
});
