// The same runs on several versions of Node: SEEDS=50 node scripts/determinism.mjs 22 24
import { spawnSync } from 'node:child_process';

const run = (command, args) => {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    console.log(stdout);
    process.exit(status ?? 1);
  }
  return stdout.trim();
};

const built = run('npm', ['run', '--silent', 'bench', '--', 'determinism']);
const expected = built.split('\n').slice(1).join('\n');
console.log(`${process.version}\n${expected}`);
for (const version of process.argv.slice(2)) {
  const file = 'dist/bench/determinism.mjs';
  const found = run('npx', ['-y', '-p', `node@${version}`, 'node', file]);
  console.log(`Node ${version}: ${found === expected ? 'the same' : `different:\n${found}`}`);
  if (found !== expected) process.exitCode = 1;
}
