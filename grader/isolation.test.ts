/** Each level grades as the others do, worker processes and all, and does what it says. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { grade } from './grade.ts';
import { ISOLATIONS, nodeOptions } from './isolation.ts';
import { ROOT } from './paths.ts';

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
});

const submission = join(ROOT, 'solutions', 'kv-server');
const request = { lab: 'kv-server', submission, only: ['A1', 'A2'], jobs: 1 };

test('one submission gets one report, whatever the level', { timeout: 0 }, async () => {
  const reports = [];
  for (const isolation of ISOLATIONS) {
    reports.push(await grade({ ...request, seeds: { count: 2 }, isolation }));
  }
  expect(reports.map(({ verdict }) => verdict)).toEqual(['passed', 'passed', 'passed']);
  expect(reports[1]).toEqual(reports[0]);
  expect(reports[2]).toEqual(reports[0]);
});

test('an outage, too, is found by a worker that may read little', { timeout: 0 }, async () => {
  const lab = 'aws-dynamodb-2015';
  const folder = join(ROOT, 'solutions', lab);
  const options = { lab, submission: folder, only: ['R1'], jobs: 1, isolation: 'course' } as const;
  expect((await grade({ ...options, seeds: { count: 1 } })).verdict).toBe('passed');
});

test.each([
  ['read a file', "require('node:fs').readFileSync('/etc/passwd')"],
  ['write a file', "require('node:fs').writeFileSync('/tmp/faultlab-escaped', '')"],
  ['start a process', "require('node:child_process').execSync('true')"],
  ['make code from text', "new Function('return 1')()"],
])('a worker of a course cannot %s', (_name, attempt) => {
  const program = `try { ${attempt}; console.log('done'); } catch (e) { console.log(e.code ?? e.name); }`;
  const args = [...nodeOptions('course'), '-e', program];
  const said = execFileSync(process.execPath, args, { encoding: 'utf8' });
  expect(said.trim()).toMatch(/^(ERR_ACCESS_DENIED|EvalError)$/);
});
