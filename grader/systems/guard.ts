/** The guard: a process that outlives its owner for a moment, to remove the owner's clusters. */
import { type Owner, reapOf } from './registry.ts';

const owner = JSON.parse(process.argv[2] ?? '{}') as Owner;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
// Ends when the last copy of the other end is closed: the owner's, and it has no other.
process.stdin.on('close', () => {
  reapOf(owner);
  process.exit();
});
process.stdin.resume();
