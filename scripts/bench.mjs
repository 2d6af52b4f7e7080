// Runs the benchmarks of bench/, or those named: npm run bench -- simulator
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const all = readdirSync(join(root, 'bench'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3));
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`bench: there is no benchmark "${unknown}" (there are: ${all.join(', ')})`);
  process.exit(2);
}

for (const name of wanted.length > 0 ? wanted : all) {
  const outfile = join(root, 'dist', 'bench', `${name}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [join('bench', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: { faultlab: './grader/index.ts', 'faultlab/node': './grader/node.ts' },
    logLevel: 'warning',
  });
  console.log(`\n${name}`);
  const { status } = spawnSync(process.execPath, ['--max-semi-space-size=32', outfile], {
    stdio: 'inherit',
    cwd: root,
  });
  if (status !== 0) process.exitCode = 1;
}
