/**
 * Compiles the command, the worker and the labs to `dist/`: plain JavaScript starts five times
 * faster than TypeScript that is translated at each start. Run by `npm ci` (prepare) and by
 * `bin/lab.mjs` when a source is newer than the last build.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'dist');

/** Folders below `labs/`, `solutions/` or `outages/` that hold `file`, as entry points. */
function entries(folder, file) {
  const base = join(root, folder);
  if (!existsSync(base)) return [];
  return readdirSync(base).map((slug) => join(folder, slug, file));
}

/** A command that runs at the same time must never read half a file. */
function put(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

/** @throws {Error} when a source does not compile; `dist/` is then as it was */
export async function build() {
  const startedAt = new Date();
  const common = {
    absWorkingDir: root,
    outbase: '.',
    outdir: 'dist',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    alias: { faultlab: './grader/index.ts', 'faultlab/node': './grader/node.ts' },
    write: false,
    logLevel: 'silent',
  };
  const built = await Promise.all([
    bundle({
      ...common,
      entryPoints: [
        'cli/main.ts',
        'grader/worker.ts',
        'grader/authoring/crew-member.ts',
        'grader/systems/guard.ts',
        'grader/systems/child.ts',
        'grader/systems/live/main.ts',
        'grader/systems/keeper.ts',
        ...entries('labs', 'lab.ts'),
        ...entries('outages', 'lab.ts'),
        ...entries('solutions', 'mutants.ts'),
      ].filter((path) => existsSync(join(root, path))),
      splitting: true,
      sourcemap: 'linked',
    }),
    // Handed as text to a process that may read no files: one file, with everything it needs.
    bundle({ ...common, entryPoints: ['grader/realm/node-main.ts'], minify: true }),
  ]);
  const outputFiles = built.flatMap((result) => result.outputFiles);
  for (const { path, contents } of outputFiles) put(path, Buffer.from(contents));
  const kept = new Set(outputFiles.map(({ path }) => path));
  for (const entry of readdirSync(out, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && /\.js(\.map)?$/.test(path) && !kept.has(path)) rmSync(path);
  }
  // What the results of a batch depend on, besides the submissions: this grader with these labs.
  const code = outputFiles.filter(({ path }) => path.endsWith('.js'));
  const hash = createHash('sha256');
  for (const { path, contents } of code.sort((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${relative(out, path)}\0`).update(contents);
  put(join(out, '.hash'), Buffer.from(hash.digest('hex')));
  // A source that was changed during the build is newer than it.
  const stamp = join(out, '.stamp');
  put(stamp, Buffer.from(`${startedAt.toISOString()}\n`));
  utimesSync(stamp, startedAt, startedAt);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
