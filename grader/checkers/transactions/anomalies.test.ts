/** One small history for each anomaly: its name, and the weakest level that it rules out. */
import { describe, expect, test } from 'vitest';
import { checkListAppend, checkRwRegister } from './check.ts';
import { parse } from './parse.ts';

function lists(text: string) {
  const { anomalies, ruledOut } = checkListAppend(parse(text, true));
  return [anomalies.map(({ name }) => name), ruledOut[0]];
}

function registers(text: string) {
  const { anomalies, ruledOut } = checkRwRegister(parse(text, false));
  return [anomalies.map(({ name }) => name), ruledOut[0]];
}

describe('lists', () => {
  test.each([
    [
      'G0',
      ['G0'],
      'read-uncommitted',
      'a append x 1, append y 1\n| b append x 2, append y 2\nc r x 1.2, r y 2.1',
    ],
    ['G1a', ['G1a'], 'read-committed', 'a! append x 1\n| b r x 1'],
    [
      'G1b',
      ['G1b', 'fractured-read', 'G-single'],
      'read-committed',
      'a append x 1, append x 2\n| b r x 1\nc r x 1.2',
    ],
    ['G1c', ['G1c'], 'read-committed', 'a append x 1, r y 1\n| b append y 1, r x 1'],
    [
      'dirty-update',
      ['dirty-update', 'G1a'],
      'read-committed',
      'a! append x 1\n| b append x 2\nc r x 1.2',
    ],
    ['garbage-read', ['garbage-read'], 'read-committed', 'a append x 1\nb r x 1.7'],
    ['future-read', ['future-read'], 'read-committed', 'a r x 1, append x 1\nb r x 1'],
    [
      'incompatible-order',
      ['incompatible-order'],
      'read-committed',
      'a append x 1\n| b append x 2\nc r x 1.2\n| d r x 2',
    ],
    ['duplicate-elements', ['duplicate-elements'], 'read-uncommitted', 'a append x 1\nb r x 1.1'],
    ['internal', ['internal'], 'read-atomic', 'a append x 1\nb append x 2, r x 1\nc r x 1.2'],
    [
      'fractured-read',
      ['fractured-read', 'G-single'],
      'read-atomic',
      'a append x 1, append y 1\n| b r x 1, r y',
    ],
    [
      'lost-update',
      ['lost-update', 'G-single'],
      'cursor-stability',
      'a r x, append x 1\n| b r x, append x 2\nc r x 1.2',
    ],
    [
      'G-single',
      ['G-single'],
      'snapshot-isolation',
      'a append x 1\n| b r x 1, append y 1\n| c r x, r y 1',
    ],
    [
      'G-nonadjacent',
      ['G-nonadjacent'],
      'snapshot-isolation',
      'a append x 1\n| b append y 1\n| c r x 1, r y\n| d r x, r y 1',
    ],
    ['G2-item', ['G2-item'], 'repeatable-read', 'a r x, append y 1\n| b r y, append x 1'],
    [
      'G-single-process',
      ['G-single-process'],
      'strong-session-snapshot-isolation',
      'a append x 1\na r x\nb r x 1',
    ],
    [
      'G-single-realtime',
      ['G-single-realtime'],
      'strong-snapshot-isolation',
      'a append x 1\nb r x\nc r x 1',
    ],
    [
      'G0-realtime',
      ['G0-realtime'],
      'strong-snapshot-isolation',
      'a append x 1\nb append x 2\nc r x 2.1',
    ],
    [
      'G1c-process',
      ['G1c-process'],
      'strong-session-snapshot-isolation',
      'a r x 1\na append y 1\n| b r y 1, append x 1',
    ],
    [
      'G2-item-realtime',
      ['G2-item-realtime'],
      'strict-serializable',
      'a~ append x 1, r y\n| b append y 1\nc r x\nd r x 1, r y 1',
    ],
  ])('%s', (_, names, weakest, text) => {
    expect(lists(text)).toEqual([names, weakest]);
  });
});

describe('registers', () => {
  test.each([
    ['G1a', ['G1a'], 'read-committed', 'a! w x 1\n| b r x 1'],
    ['G1b', ['G1b'], 'read-committed', 'a w x 1, w x 2\n| b r x 1'],
    ['G1c', ['G1c'], 'read-committed', 'a w x 1, r y 1\n| b w y 1, r x 1'],
    ['garbage-read', ['garbage-read'], 'read-committed', 'a w x 1\nb r x 7'],
    ['future-read', ['future-read'], 'read-committed', 'a r x 1, w x 1'],
    ['internal', ['internal'], 'read-atomic', 'a w x 1\nb w x 2, r x 1'],
    [
      'fractured-read',
      ['fractured-read', 'G-single'],
      'read-atomic',
      'a w x 1, w y 1\n| b r x 1, r y',
    ],
    ['lost-update', ['lost-update', 'G2-item'], 'cursor-stability', 'a r x, w x 1\n| b r x, w x 2'],
    ['G-single', ['G-single'], 'snapshot-isolation', 'a w x 1\n| b r x 1, w y 1\n| c r x, r y 1'],
    [
      'G-nonadjacent',
      ['G-nonadjacent'],
      'snapshot-isolation',
      'a w x 1\n| b w y 1\n| c r x 1, r y\n| d r x, r y 1',
    ],
    ['G2-item', ['G2-item'], 'repeatable-read', 'a r x, w y 1\n| b r y, w x 1'],
    [
      'G-single-process',
      ['G-single-process'],
      'strong-session-snapshot-isolation',
      'a w x 1\na r x',
    ],
    ['G-single-realtime', ['G-single-realtime'], 'strong-snapshot-isolation', 'a w x 1\nb r x'],
    [
      'no-order: two blind writes are read in both orders',
      ['no-order'],
      'repeatable-read',
      'a w x 1\n| b w x 2\n| c r x 1, w y 1\n| d r x 2, r y 1, w z 1\n| e r x 1, r z 1',
    ],
    [
      'no-order-process',
      ['no-order-process'],
      'strong-session-serializable',
      'a w x 1\n| b w x 2\n| c r x 1\nc r x 2\nc r x 1',
    ],
    [
      'no-order-realtime',
      ['no-order-realtime'],
      'strict-serializable',
      'a w x 1\nb w x 2\nc r x 1',
    ],
  ])('%s', (_, names, weakest, text) => {
    expect(registers(text)).toEqual([names, weakest]);
  });
});

test('blind writes that no search can order are undecided, with advice', () => {
  const many = Array.from({ length: 40 }, (_, i) => `| c${i}~ w x ${i}, w y ${i}`).join('\n');
  const readers = Array.from({ length: 20 }, (_, i) => `| r${i}~ r x ${i}, r z ${19 - i}`);
  const writers = Array.from({ length: 20 }, (_, i) => `| w${i}~ w z ${i}, r y ${i}`);
  const text = [many.slice(2), ...readers, ...writers].join('\n');
  const result = checkRwRegister(parse(text, false), { level: 'snapshot-isolation' });
  expect(result.verdict).toMatch(/ok|undecided/);
  expect(result.undecided.why).toContain('blind writes');
});

describe('malformed histories are refused, with the line and what was expected', () => {
  const one = (output: unknown, input: unknown = output) =>
    [{ client: 'a', input, output, outcome: 'ok', callAt: 1, returnAt: 2, line: 12 }] as never;
  test.each([
    ['no list of micro-operations', checkListAppend, one(7)],
    ['a micro-operation of another kind', checkListAppend, one([['w', 'x', 1]])],
    ['an append of nothing', checkListAppend, one([['append', 'x', null]])],
    ['a read of no list', checkListAppend, one([['r', 'x', 3]])],
    ['an answer to another question', checkListAppend, one([['r', 'x', []]], [['r', 'y', null]])],
    ['a value appended twice', checkListAppend, parse('a append x 1\nb append x 1', true)],
    ['a value written twice', checkRwRegister, parse('a w x 1\nb w x 1', false)],
    ['a read of a list as a register', checkRwRegister, one([['r', 'x', [1]]])],
  ])('%s', (_, check, history) => {
    expect(() => check(history)).toThrowErrorMatchingSnapshot();
  });
});
