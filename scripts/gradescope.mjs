// The Gradescope autograder, unpacked and run as the platform does it, except for the image: a good, a
// broken and a missing submission, each with results that the platform allows. In `npm run test:long`.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const base = mkdtempSync(join(tmpdir(), 'autograder-'));
const zip = join(base, 'pack.zip');

function graded(name, fill) {
  for (const folder of ['submission', 'results']) {
    rmSync(join(base, folder), { recursive: true, force: true });
    mkdirSync(join(base, folder));
  }
  fill(join(base, 'submission'));
  const env = { ...process.env, AUTOGRADER: base };
  const { stderr } = spawnSync(join(base, 'source', 'run_autograder'), { env, encoding: 'utf8' });
  const file = join(base, 'results', 'results.json');
  if (!existsSync(file)) throw new Error(`${name}: no results\n${stderr}`);
  const { score, output } = JSON.parse(readFileSync(file, 'utf8'));
  console.log(`${name}: ${score} points`);
  return { score, output };
}

try {
  const args = ['pack', 'gradescope', 'kv-server', '--out', zip];
  spawnSync(process.execPath, ['bin/lab.mjs', ...args], { cwd: root, stdio: 'inherit' });
  for (const [name, contents] of Object.entries(unzipSync(readFileSync(zip)))) {
    const path = join(base, 'source', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  }
  chmodSync(join(base, 'source', 'run_autograder'), 0o755);
  symlinkSync(join(root, 'node_modules'), join(base, 'source', 'faultlab', 'node_modules'));

  const good = graded('good', (to) =>
    cpSync(join(root, 'solutions', 'kv-server'), to, { recursive: true }),
  );
  const broken = graded('broken', (to) => writeFileSync(join(to, 'server.ts'), 'export default {'));
  const missing = graded('missing', (to) => writeFileSync(join(to, 'notes.md'), 'sorry'));
  if (good.score !== 100 || broken.score !== 0 || missing.score !== 0)
    throw new Error('wrong scores');
  if (!missing.output.includes('none of the files'))
    throw new Error('does not say what is missing');
  console.log('3 submissions passed');
} finally {
  rmSync(base, { recursive: true, force: true });
}
