/** Which tests count as a score: those with no fewer seeds than a test without a choice. */
import { expect, test } from 'vitest';
import { seedCounts } from '../grader/lab.ts';
import { countsAsScore, findLab } from './select.ts';

const lab = await findLab('kv-server').load();
const most = Math.max(
  ...lab.parts.flatMap(({ scenarios }) => scenarios.map((one) => seedCounts(lab, one).test)),
);

test.each([
  ['as the lab has it', { mode: 'test' }, true],
  ['more', { count: most + 1 }, true],
  ['as many', { count: most }, true],
  ['fewer', { count: most - 1 }, false],
  ['a single one', { list: [7] }, false],
] as const)('seeds: %s', (_, seeds, counts) => {
  expect(countsAsScore(lab, seeds)).toBe(counts);
});
