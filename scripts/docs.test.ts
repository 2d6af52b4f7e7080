/**
 * Pages are as `docs.ts` makes them. `npm run docs` rewrites those that are not;
 * `PAGE=labs/raft npm run docs` only those whose path contains `labs/raft`.
 */
import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../grader/paths.ts';
import { pages } from './docs.ts';

test('generated parts of the documentation are up to date', { timeout: 0 }, async () => {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
  for (const [file, text] of await pages(process.env.PAGE)) {
    await expect(text, `${relative(ROOT, file)}: npm run docs`).toMatchFileSnapshot(file);
  }
});
