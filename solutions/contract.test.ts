import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSimulated } from '../grader/lab.ts';
import { ROOT } from '../grader/paths.ts';
import { course } from '../outages/index.ts';

test('the contract of every simulated lab is tested', { timeout: 0 }, async () => {
  for (const { slug, load } of course) {
    const tested = existsSync(join(ROOT, 'solutions', `${slug}.test.ts`));
    expect([slug, tested]).toEqual([slug, isSimulated(await load())]);
  }
});
