/** The example of labs/AUTHORING.md does what the page says. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BOOT_FILE, ROOT } from '../paths.ts';
import { loadBoot } from '../realm/load.ts';
import { Session } from '../session.ts';
import { loadSubmission } from '../submission/load.ts';
import lab from '../testdata/echo/lab.ts';
import mutants from '../testdata/echo/solution/mutants.ts';

const folder = join(ROOT, 'grader', 'testdata', 'echo');

test.each([
  ['the solution passes', 'solution', [], 'passed'],
  ['the skeleton fails', 'skeleton', [], 'failed'],
  ['the mutant fails', 'solution', mutants[0]?.edit, 'failed'],
] as const)('%s', async (_, submission, edits, verdict) => {
  const result = await loadSubmission(lab, join(folder, submission), { edits });
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  const session = new Session({
    lab,
    loaded: result.loaded,
    bootCode: await loadBoot(BOOT_FILE),
  });
  const scenario = lab.parts[0]?.scenarios[0];
  if (scenario === undefined) throw new Error('the example has no scenario');
  expect((await session.run(scenario, 1)).result.verdict).toBe(verdict);
  session.close();
});
