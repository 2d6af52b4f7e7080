/**
 * ▲ The same grade, 20 times, while all cores are busy with something else: byte-identical reports.
 * A solution that passes, and one with a planted bug that fails, is shrunk and explained.
 * Run: npm run bench -- repeat
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { grade } from '../grader/grade.ts';
import { ROOT } from '../grader/paths.ts';
import mutants from '../solutions/raft/mutants.ts';

const REPEATS = 20;
const BUG = 'vote-forgotten-on-append';

const edits = mutants.find((m) => m.name === BUG)?.edit;
if (edits === undefined) throw new Error(`there is no mutant ${BUG}`);
const busy = Array.from({ length: availableParallelism() }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
);
const submission = join(ROOT, 'solutions', 'raft');
const reports = new Map<string, number>();
try {
  for (let i = 0; i < REPEATS; i++) {
    const seeds = { count: 3 } as const;
    const right = await grade({ lab: 'raft', submission, seeds });
    const wrong = await grade({ lab: 'raft', submission, seeds, edits });
    const text = JSON.stringify([right, wrong]);
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
    reports.set(hash, (reports.get(hash) ?? 0) + 1);
  }
} finally {
  for (const child of busy) child.kill('SIGKILL');
}
const identical = reports.size === 1;
const result = identical ? 'all the same' : `${reports.size} different ones`;
console.log(`${REPEATS} reports under load  ${result}   (bar: all the same)`);
if (!identical) process.exitCode = 1;
