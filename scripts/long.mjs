// The suites that take longer than `npm test` may: all mutants, correct variants, many seeds, checkers
// against brute force.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const run = (command, args) => {
  console.log(`$ ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

run('npm', ['run', '--silent', 'mutants']);
run('npm', ['run', '--silent', 'seed-sets']);
run('npm', ['run', '--silent', 'soundness', '--', '--seeds', '5', '--reference', '200']);
const seeds = process.env.SEEDS ?? '100';
for (const lab of readdirSync('solutions', { withFileTypes: true })) {
  // Those on real servers have a suite of their own, below.
  if (!lab.isDirectory() || lab.name.startsWith('postgres-')) continue;
  run('npx', ['lab', 'grade', `solutions/${lab.name}`, '--lab', lab.name, '--seeds', seeds]);
}
run('node', ['scripts/new-lab.mjs']);
run('node', ['scripts/students.mjs']);
run('node', ['scripts/gradescope.mjs']);
run('npm', ['run', '--silent', 'fuzz']);
run('npm', ['run', '--silent', 'bench', '--', 'repeat', 'memory']);
run('node', ['scripts/determinism.mjs', '22', '24']);
