/**
 * Submissions that run away, graded as a user's are, in worker processes: each costs its own
 * scenarios, with a verdict that says which kind it was, and the command comes back.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grade } from './grade.ts';
import { labFolder, ROOT } from './paths.ts';
import type { Report } from './report/report.ts';

const folder = mkdtempSync(join(tmpdir(), 'faultlab-'));

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Grades the skeleton of Raft with `code` at the beginning of its `start`. */
async function gradeWith(code: string, runTimeoutMs: number): Promise<Report> {
  cpSync(join(labFolder('raft'), 'skeleton'), folder, { recursive: true });
  const file = join(folder, 'raft.ts');
  const skeleton = readFileSync(file, 'utf8');
  const at = 'async start(): Promise<void> {';
  if (!skeleton.includes(at)) throw new Error('the skeleton has no start()');
  writeFileSync(file, skeleton.replace(at, `${at}\n${code}`));
  return grade({
    lab: 'raft',
    submission: folder,
    seeds: { list: [1] },
    only: ['A1', 'A2', 'A3'],
    jobs: 2,
    shrinkBudget: 0,
    runTimeoutMs,
  });
}

test.each([
  ['an endless loop', 'for (;;) {}', 'endless-loop'],
  ['an endless chain of promises', 'for (;;) await null;', 'endless-loop'],
  ['endless recursion', 'const f = (): number => f() + 1; f();', 'node-threw'],
  ['a catastrophic pattern', "/^(a+)+$/.test('a'.repeat(40) + 'b');", 'endless-loop'],
  [
    'a heap bomb',
    "const a: string[] = []; for (;;) a.push('x'.repeat(100) + a.length);",
    'out-of-memory',
  ],
  [
    'a bomb outside the heap',
    'const a = []; for (;;) a.push(new Uint8Array(1e7).fill(1));',
    'out-of-memory',
  ],
  ['a storm of timers', 'for (;;) setTimeout(() => {}, 1000);', 'contract'],
  [
    'a storm of messages',
    `this.#node.serve('preVote', () => ({ term: 0, voteGranted: false }));
    const ask = (p: string): unknown => this.#node.call(p, 'preVote', { term: 1, candidateId: 'n1', lastLogIndex: 0, lastLogTerm: 0 }).finally(() => ask(p));
    for (let i = 0; i < 300; i++) for (const p of this.#node.peers) ask(p);`,
    'event-storm',
  ],
  ['a promise that never settles', 'await new Promise(() => {});', 'no-leader'],
])('%s is named, and does not stop the others', { timeout: 0 }, async (_name, code, rule) => {
  // A storm ends by its number of events or timers, before any limit of time.
  const isCounted = rule === 'event-storm' || rule === 'contract';
  const report = await gradeWith(code, isCounted ? 600_000 : 700);
  const scenarios = report.parts.flatMap((part) => part.scenarios);
  expect(scenarios.map((s) => [s.id, s.verdict])).toEqual([
    ['A1', 'failed'],
    ['A2', 'failed'],
    ['A3', 'failed'],
  ]);
  const rules = scenarios.map((s) => s.firstBad?.finding?.ruleId);
  // How fast a bomb fills the memory depends on the machine; that it ends does not.
  if (rule === 'out-of-memory') expect(['out-of-memory', 'endless-loop']).toContain(rules[0]);
  else expect(rules).toEqual([rule, rule, rule]);
});
