/**
 * Runs a TypeScript program of this repository: bundles it to `dist/`, as Node alone would not know
 * the names `faultlab` and `faultlab/node`, and starts it, with the workers in `dist/` built from the
 * current sources. `node scripts/run.mjs scripts/kill-matrix.ts …`
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { isStale } from '../bin/stale.mjs';
import { build as buildAll } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Resolves to the exit status. @throws {Error} when `file`, relative to the root, does not compile */
export async function runTypeScript(file, args = []) {
  if (isStale()) await buildAll();
  const outfile = join(root, 'dist', file.replace(/\.ts$/, '.mjs'));
  await build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: { faultlab: './grader/index.ts', 'faultlab/node': './grader/node.ts' },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  // The nursery of the workers, see grader/pool.ts.
  const flags = ['--enable-source-maps', '--max-semi-space-size=32', outfile, ...args];
  return spawnSync(process.execPath, flags, { stdio: 'inherit', cwd: root }).status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, ...args] = process.argv.slice(2);
  process.exitCode = await runTypeScript(file, args);
}
