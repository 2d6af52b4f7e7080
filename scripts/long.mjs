// The suites that take longer than `npm test` may: all mutants, correct variants, many seeds.
import { spawnSync } from 'node:child_process';

const run = (command, args) => {
  console.log(`$ ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

run('npm', ['run', 'mutants']);
run('npm', ['run', 'soundness']);
run('npx', [
  'lab',
  'grade',
  'solutions/raft',
  '--lab',
  'raft',
  '--seeds',
  process.env.SEEDS ?? '200',
]);
