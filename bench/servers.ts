/**
 * ▲ A primary and two standbys that stream, on local binaries, from a cached template: ready in less than
 * 2 s at the median, and gone again. Run: npm run bench -- servers
 */
import { PgServers } from '../grader/systems/cluster.ts';
import { localBackend } from '../grader/systems/local.ts';

const ROUNDS = 9;
const READY_MS_MAX = 2000;

const backend = await localBackend('local').catch((error: Error) => {
  console.log(`skipped: ${error.message}`);
  process.exit();
});
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
// The first one makes the template, which is not to be measured.
await (await PgServers.create(backend, { nodes: 3 })).destroy();
const readyMs: number[] = [];
const goneMs: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const startMs = performance.now();
  const cluster = await PgServers.create(backend, { nodes: 3 });
  readyMs.push(performance.now() - startMs);
  const endMs = performance.now();
  await cluster.destroy();
  goneMs.push(performance.now() - endMs);
}
const ready = median(readyMs);
console.log(backend.words);
console.log(
  `3 nodes streaming    ${ready.toFixed(0)} ms   (median of ${ROUNDS}; bar ${READY_MS_MAX} ms)`,
);
console.log(`gone again           ${median(goneMs).toFixed(0)} ms`);
process.exit(ready < READY_MS_MAX ? 0 : 1);
