// The checkers against brute force on 100,000 random small histories of each kind (HISTORIES).
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('npx', ['vitest', 'run', 'grader/checkers'], {
  stdio: 'inherit',
  env: { ...process.env, HISTORIES: process.env.HISTORIES ?? '100000' },
});
process.exit(status ?? 1);
