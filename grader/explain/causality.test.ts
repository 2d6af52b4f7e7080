import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Causality, type Happening } from './causality.ts';

const on = (node: string, kind = 'emit', message?: number): Happening => ({ node, kind, message });

const STORY: readonly Happening[] = [
  on('n1'), // 0
  on('n1', 'send', 1),
  on('n2'), // 2
  on('n2', 'deliver', 1),
  on('n1'), // 4
  on('n2', 'send', 2),
  on('n3', 'deliver', 2), // 6
  on('n3', 'drop', 3),
  { node: undefined, kind: 'fault' }, // 8
];

it.each([
  [0, 1, 'before'],
  [1, 0, 'after'],
  [1, 3, 'before'],
  [0, 6, 'before'],
  [2, 3, 'before'],
  [0, 2, 'concurrent'],
  [4, 6, 'concurrent'],
  [4, 3, 'concurrent'],
  [3, 3, 'concurrent'],
  [0, 7, undefined],
  [0, 8, undefined],
])('event %i and event %i: %s', (a, b, order) => {
  expect(new Causality(STORY).order(a, b)).toBe(order);
});

/** By the definition: a path over "next on the node" and "sent, then arrived". */
function reaches(events: readonly Happening[], a: number, b: number): boolean {
  const next = (i: number) => {
    const { node, kind, message } = events[i] as Happening;
    const own = events.findIndex((e, j) => j > i && e.node === node);
    const there = events.flatMap((e, j) =>
      kind === 'send' && e.kind === 'deliver' && e.message === message ? [j] : [],
    );
    return [...there, ...(own === -1 ? [] : [own])];
  };
  const seen = new Set<number>();
  const todo = next(a);
  for (let i = todo.pop(); i !== undefined; i = todo.pop()) {
    if (i === b) return true;
    if (!seen.has(i)) todo.push(...next(i));
    seen.add(i);
  }
  return false;
}

const randomRun = fc
  .array(fc.record({ node: fc.integer({ min: 1, max: 4 }), send: fc.boolean() }), { maxLength: 25 })
  .map((steps) => {
    const events: Happening[] = [];
    const under: number[] = [];
    for (const [i, { node, send }] of steps.entries()) {
      const message = under[i % 3 === 0 ? 0 : under.length - 1];
      if (send) {
        events.push(on(`n${node}`, 'send', i));
        under.push(i);
      } else if (message === undefined) events.push(on(`n${node}`));
      else events.push(on(`n${node}`, 'deliver', message));
    }
    return events;
  });

it('agrees with the definition on random runs', () => {
  fc.assert(
    fc.property(randomRun, (events) => {
      const causality = new Causality(events);
      for (let a = 0; a < events.length; a++)
        for (let b = 0; b < events.length; b++) {
          const expected =
            a !== b && reaches(events, a, b)
              ? 'before'
              : a !== b && reaches(events, b, a)
                ? 'after'
                : 'concurrent';
          expect(causality.order(a, b)).toBe(expected);
        }
    }),
  );
});
