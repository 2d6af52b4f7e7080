/** Each weak model's own violation, in words; staleness; convergence; what sets must not do. */
import { describe, expect, test } from 'vitest';
import { parse } from '../transactions/parse.ts';
import { checkWeak } from './check.ts';
import { StrongConvergence, setFaults, whyNotConverged } from './convergence.ts';
import { WEAK_MODELS, type WeakModel } from './models.ts';
import { stalenessOf } from './staleness.ts';

const MODELS = Object.keys(WEAK_MODELS) as WeakModel[];

describe.each([
  ['w', 'a misses its own write', 'read-your-writes', 'a w x 1\na r x'],
  [
    'w',
    'a goes back to an older version',
    'monotonic-reads',
    'a r x, w x 1\na r x 1, w x 2\nb r x 2\nb r x 1',
  ],
  [
    'append',
    'writes of a change places',
    'monotonic-writes',
    'a append x 1\na append x 2\nb r x 2.1',
  ],
  [
    'append',
    "b's answer comes before what it answers",
    'writes-follow-reads',
    'a append x 1\nb r x 1\nb append y 2\nc r y 2, r x',
  ],
  [
    'w',
    'a transaction reads backwards',
    'monotonic-read-committed',
    'a r x, r y, w x 1, w y 1\nb r x 1, r y 1, w x 2, w y 2\nc r x 2, r y 1',
  ],
  ['w', 'half of a transaction', 'session-read-atomic', 'a w x 1, w y 1\nb r y, r x 1'],
  ['w', 'a consequence without its cause', 'causal', 'a w x 1\nb r x 1\nb w y 1\nc r y 1\nc r x'],
] as const)('%s: %s', (write, _, model, text) => {
  const history = parse(text, write === 'append');

  test(`breaks ${model}`, () => {
    const { verdict, story } = checkWeak(history, { model, write });
    expect(verdict).toBe('violated');
    expect(story.join('\n')).toMatchSnapshot();
  });

  test('and what else', () => {
    const broken = MODELS.filter(
      (other) => checkWeak(history, { model: other, write }).verdict === 'violated',
    );
    expect(broken).toMatchSnapshot();
  });
});

test('staleness counts what had certainly been overwritten, and since when', () => {
  const history = parse('a w x 1\na w x 2\na w x 3\nb r x 1\nb r x 3\nc r x', false);
  const { reads, stale, versionsMax, timeMax } = stalenessOf(history);
  expect(reads).toBe(3);
  expect(stale).toEqual([
    { reader: 3, key: 'x', versions: 2, time: 16 },
    { reader: 5, key: 'x', versions: 3, time: 46 },
  ]);
  expect([versionsMax, timeMax]).toEqual([3, 46]);
});

test('a concurrent write makes no read stale', () => {
  expect(stalenessOf(parse('a w x 1\n| b r x', false)).stale).toEqual([]);
});

test('converged: one state, however its keys are ordered', () => {
  expect(
    whyNotConverged(
      new Map([
        ['n1', { a: 1, b: 2 }],
        ['n2', { b: 2, a: 1 }],
      ]),
    ),
  ).toBeUndefined();
  expect(
    whyNotConverged(
      new Map([
        ['n1', [1]],
        ['n2', [2]],
      ]),
    ),
  ).toBe('everything is delivered, but n1 has [1] and n2 has [2]');
});

test('strong convergence: the same operations in another order, and twice', () => {
  const watch = new StrongConvergence();
  expect(watch.deliver('n1', 'a', 1)).toBeUndefined();
  expect(watch.deliver('n1', 'b', 2)).toBeUndefined();
  expect(watch.deliver('n2', 'b', 5)).toBeUndefined();
  expect(watch.deliver('n2', 'a', 2)).toBeUndefined();
  expect(watch.deliver('n2', 'a', 3)).toBe(
    'n2 and n1 have delivered the same 2 operations, but n2 has 3 and n1 has 2',
  );
  watch.reset('n3', 'n1');
  expect(watch.deliver('n3', 'b', 2)).toBeUndefined();
});

describe('a set', () => {
  const operation = (kind: 'add' | 'remove', callAt: number, returnAt: number, outcome = 'ok') =>
    ({ client: 'c', input: { kind, element: 7 }, outcome, callAt, returnAt }) as const;
  const unknown = [
    operation('add', 1, 2),
    { ...operation('remove', 3, 4), outcome: 'unknown', returnAt: Number.POSITIVE_INFINITY },
  ] as never;
  test.each([
    ['loses what was added', [operation('add', 1, 2)], [], { lost: [7], resurrected: [] }],
    [
      'brings back what was removed',
      [operation('add', 1, 2), operation('remove', 3, 4)],
      [7],
      { lost: [], resurrected: [7] },
    ],
    [
      'may keep what was removed while it was added',
      [operation('add', 1, 5), operation('remove', 3, 4)],
      [7],
      { lost: [], resurrected: [] },
    ],
    ['may lose what somebody may have removed', unknown, [], { lost: [], resurrected: [] }],
    ['may keep it, too', unknown, [7], { lost: [], resurrected: [] }],
  ] as const)('%s', (_, history, final, expected) => {
    expect(setFaults(history as never, new Set(final))).toEqual(expected);
  });
});
