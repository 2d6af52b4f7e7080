import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // The nursery that the workers of a grading have, see grader/pool.ts: it saves some 5 % of all tests.
    execArgv: ['--max-semi-space-size=32'],
    // For what hangs. What is only slow, on a machine that is busy, is right all the same.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Commands to paste read the same however the tests were started.
    env: { npm_command: '' },
  },
});
