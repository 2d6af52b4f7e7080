/**
 * ▲ `lab --help` cold ≤ 1.6 × the user CPU of a bare `node -e 0`; grading the reference: first result
 * ≤ 1.5 s, ≤ 600 MB in all; `lab test` with a quarter of the seeds ≤ 15 s. Run: npm run bench -- command
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../grader/paths.ts';

const lab = join(ROOT, 'bin', 'lab.mjs');

/** Median user CPU of a command in milliseconds, as its own process reports it. */
function userCpuMs(args: readonly string[]): number {
  const times: number[] = [];
  for (let i = 0; i < 15; i++) {
    const { stderr } = spawnSync(
      'bash',
      ['-c', 'TIMEFORMAT=%U; time "$@" > /dev/null', 'bash', process.execPath, ...args],
      { encoding: 'utf8' },
    );
    times.push(1000 * Number(stderr.trim().split('\n').at(-1)));
  }
  return times.sort((a, b) => a - b)[7] ?? Number.NaN;
}

/** Resident bytes of a process and all below it. */
function treeBytes(pid: number): number {
  let bytes = 0;
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]));
    } catch {}
  }
  const isBelow = (id: number): boolean => {
    for (let at: number | undefined = id; at !== undefined && at > 1; at = parents.get(at)) {
      if (at === pid) return true;
    }
    return false;
  };
  for (const id of parents.keys()) {
    if (!isBelow(id)) continue;
    try {
      bytes += Number(readFileSync(`/proc/${id}/statm`, 'utf8').split(' ')[1]) * 4096;
    } catch {}
  }
  return bytes;
}

const bare = userCpuMs(['-e', '0']);
const help = userCpuMs([lab, '--help']);
console.log(`lab --help           ${(help / bare).toFixed(2)} × bare node   (bar 1.6)`);

const startedMs = performance.now();
let firstMs = 0;
let peak = 0;
const child = spawn(
  process.execPath,
  [lab, 'grade', join(ROOT, 'solutions', 'raft'), '--lab', 'raft'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const watch = setInterval(() => {
  peak = Math.max(peak, treeBytes(child.pid as number));
}, 50);
child.stdout.on('data', (data: Buffer) => {
  if (firstMs === 0 && /[✓✗]/.test(String(data))) firstMs = performance.now() - startedMs;
});
await new Promise((resolve) => child.on('exit', resolve));
clearInterval(watch);
const totalMs = performance.now() - startedMs;
console.log(`first result         ${(firstMs / 1000).toFixed(2)} s   (bar 1.5 s)`);
console.log(`grade, all parts     ${(totalMs / 1000).toFixed(1)} s with the seeds of lab grade`);
console.log(`memory, in all       ${Math.round(peak / 1e6)} MB   (bar 600 MB)`);
