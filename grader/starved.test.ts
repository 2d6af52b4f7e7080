/** A run that the machine did not let run is not an endless loop. */
import { expect, test } from 'vitest';
import { runScenario } from './run.ts';
import { emptyLab, scenarioOf } from './testing.ts';

const TIMEOUT_MS = 1000;

/** A scenario without nodes, whose script does this. */
const runOf = (run: () => void) =>
  runScenario({
    lab: emptyLab(),
    scenario: scenarioOf({ run, nodes: 0 }),
    seed: 1,
    realms: [],
    locate: () => undefined,
    timeoutMs: TIMEOUT_MS,
  }).result;

test('a run that waits for a processor in vain is not accused', () => {
  const never = new Int32Array(new SharedArrayBuffer(4));
  const { verdict, undecided } = runOf(() => {
    Atomics.wait(never, 0, 0, 3 * TIMEOUT_MS);
  });
  expect([verdict, undecided]).toEqual(['undecided', expect.stringContaining('too busy')]);
});

test('one that is busy to the end is', () => {
  const { verdict, finding } = runOf(() => {
    for (;;);
  });
  expect([verdict, finding?.ruleId]).toEqual(['failed', 'endless-loop']);
});
