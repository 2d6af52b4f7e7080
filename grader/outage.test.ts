import { expect, test } from 'vitest';
import { type Budget, defineOutage, whyNotWithin } from './outage.ts';

const budget: Budget = {
  eventsMax: 1,
  kinds: { cut: { share: [0, 0.5], atMs: [0, 90_000] }, stop: { atMs: [0, 90_000] } },
};

test.each([
  [[{ do: 'cut', share: 0.5, atMs: 90_000 }], undefined],
  ['cut', 'the trigger is "cut", but must be a list of events'],
  [undefined, 'the trigger is undefined, but must be a list of events'],
  [[], 'the trigger is empty: nothing happens'],
  [[{}, {}], 'the trigger has 2 events; at most 1 event is allowed'],
  [[7], 'event 1 of the trigger is 7, not an object'],
  [[{ do: 'burn' }], 'event 1 of the trigger does "burn"; it can do cut, stop'],
  [[{ do: 'toString' }], 'event 1 of the trigger does "toString"; it can do cut, stop'],
  [[{ do: 'stop', share: 1, atMs: 1 }], 'event 1 of the trigger has share; stop takes atMs'],
  [
    [{ do: 'cut', share: 0.6, atMs: 1 }],
    'event 1 of the trigger has share: 0.6; 0 … 0.5 is within the budget',
  ],
  [
    [{ do: 'cut', share: null, atMs: 1 }],
    'event 1 of the trigger has share: null; 0 … 0.5 is within the budget',
  ],
  [[{ do: 'stop' }], 'event 1 of the trigger has atMs: undefined; 0 … 90000 is within the budget'],
])('%j: %s', (trigger, problem) => {
  expect(whyNotWithin(trigger, budget)).toBe(problem);
});

test('part R runs on the shipped files and has an operator, part F does not', () => {
  const scenario = { points: 50, lookAt: 'why?', title: 'it fails', run: () => {} };
  const lab = defineOutage({
    slug: 'x',
    title: 'X',
    summary: '',
    hours: '1',
    incident: { what: 'X', date: '2020-01-01', source: 'https://example.org/' },
    open: ['open.ts'],
    given: ['contract.ts'],
    methods: [],
    reproduce: [{ ...scenario, id: 'R1', nodes: 2 }],
    fix: [{ ...scenario, id: 'F1', nodes: { s: 2 } }],
  });
  const [[r1], [f1]] = lab.parts.map((part) => part.scenarios) as never as [[object], [object]];
  expect(r1).toMatchObject({ nodes: { n: 2, o: 1 }, shipped: true });
  expect(f1).toMatchObject({ nodes: { s: 2 } });
  expect(f1).not.toHaveProperty('shipped');
  expect(lab).toMatchObject({ entry: 'trigger.ts', shipped: ['open.ts'] });
  expect(lab.given).toEqual(['program.ts', 'contract.ts']);
});
