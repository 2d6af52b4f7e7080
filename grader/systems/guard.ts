/** The guard: a process that outlives its owner by a moment, to remove the owner's clusters. */
import { type Owner, reapOf } from './registry.ts';

const owner = JSON.parse(process.argv[2] ?? '{}') as Owner;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
// Closes when the last copy of the pipe's other end is closed: the owner's, and there is no other.
process.stdin.on('close', () => {
  reapOf(owner);
  process.exit();
});
process.stdin.resume();
