/**
 * The suites that take longer than `npm test` may: all planted bugs, correct variants, many seeds,
 * checkers against brute force, what instructors do. They run one after the other, the telling ones
 * first, and go on after a failure. The output ends with their times and the last words of those that
 * failed. After `FAULTLAB_DEADLINE` (seconds since 1970) no further one starts; those are listed.
 */
import { spawn, spawnSync } from 'node:child_process';

const list = spawnSync('npx', ['lab', 'list', '--json'], { encoding: 'utf8' });
if (list.status !== 0) throw new Error(`lab list --json failed: ${list.stderr}`);
const labs = JSON.parse(list.stdout)
  // Those on real servers have a suite of their own: npm run servers.
  .filter(({ on }) => on === 'simulation')
  .map(({ slug }) => slug);
const seeds = process.env.SEEDS ?? '30';
const npm = (name, ...args) => ['npm', 'run', '--silent', name, '--', ...args];

/** Its bugs × scenarios take most of an hour: run by hand when they change. The summary says so. */
const LONGEST = 'sharded-kv';
const rightOf = (lab) =>
  lab === LONGEST ? ['--seeds', '1', '--reference', '2'] : ['--seeds', '5', '--reference', seeds];

const suites = [
  ...['new-lab', 'students', 'gradescope', 'class', 'pack'].map((name) => [
    'node',
    `scripts/${name}.mjs`,
  ]),
  ['node', 'scripts/determinism.mjs', '22', '24'],
  ...labs.map((lab) => npm('soundness', '--lab', lab, ...rightOf(lab))),
  npm('fuzz'),
  // Longest last: each bug of replicated-kv goes through two sweeps of all crash points.
  ...[...labs.filter((lab) => lab !== 'replicated-kv' && lab !== LONGEST), 'replicated-kv'].map(
    (lab) => npm('mutants', '--lab', lab),
  ),
  npm('bench', 'repeat', 'memory'),
];

/** Shows what a suite prints while it runs, and keeps the end of it. */
function run([command, ...args]) {
  const startedMs = Date.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let end = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      end = `${end}${text}`.slice(-4000);
    });
  }
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ isOk: false, seconds: 0, end: message }));
    child.on('close', (code) => {
      resolve({ isOk: code === 0, seconds: Math.round((Date.now() - startedMs) / 1000), end });
    });
  });
}

const deadlineMs = 1000 * Number(process.env.FAULTLAB_DEADLINE ?? Number.POSITIVE_INFINITY);
const results = [];
for (const suite of suites) {
  const line = suite.join(' ');
  if (Date.now() > deadlineMs) {
    results.push({ line });
    continue;
  }
  console.log(`\n$ ${line}`);
  const result = { line, ...(await run(suite)) };
  results.push(result);
  console.log(`-- ${result.isOk ? 'ok' : 'FAILED'} (${result.seconds} s)`);
}

const done = results.filter(({ isOk }) => isOk !== undefined);
const failed = done.filter(({ isOk }) => !isOk);
for (const { line, end } of failed) console.log(`\n== failed: ${line}\n${end}`);
console.log();
for (const { line, isOk, seconds } of results) {
  const how = isOk === undefined ? 'no time' : isOk ? 'ok' : 'FAILED';
  console.log(
    `${how.padEnd(8)}${String(seconds ?? '').padStart(5)}${seconds ? ' s' : '  '}  ${line}`,
  );
}
console.log(`not run here: mutants and many seeds of ${LONGEST}`);
console.log(
  `\n${done.length - failed.length} of ${done.length} long suites passed, ${results.length - done.length} left out`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
