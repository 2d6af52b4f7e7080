/** The catalogue of hostile and broken submissions: each ends as the catalogue says, and harms nobody. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grade } from './grade.ts';
import { type Isolation, nodeOptions } from './isolation.ts';
import { simulated } from './lab.ts';
import { BOOT_FILE, loadLab, ROOT } from './paths.ts';
import { loadBoot } from './realm/load.ts';
import { problemReport } from './report/assemble.ts';
import { formats } from './report/formats/index.ts';
import type { Report } from './report/report.ts';
import { Session } from './session.ts';
import { loadSubmission } from './submission/load.ts';
import { withTaken } from './submission/taken.ts';
import { CASES, type End, ESCAPED } from './testdata/hostile/cases.ts';
import { type HandIn, honest, LAB } from './testdata/hostile/hand-in.ts';

const SCENARIO = 'A1';
const lab = simulated(await loadLab(LAB));
const scenario = lab.parts.flatMap((part) => part.scenarios).find(({ id }) => id === SCENARIO);
if (scenario === undefined) throw new Error(`${LAB} has no ${SCENARIO}`);
const bootCode = await loadBoot(BOOT_FILE);

const base = mkdtempSync(join(tmpdir(), 'hostile-'));
beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

let count = 0;

/** Takes a submission in as a grading does, and reports how it ends: a problem, a rule, or nothing. */
async function endOf(handIn: HandIn, isHeavy: boolean): Promise<Report> {
  const folder = join(base, String(count++));
  mkdirSync(folder);
  handIn(folder);
  return withTaken(lab, folder, {}, async (taken) => {
    if (taken.problems.length > 0) return problemReport(lab, taken.problems);
    const request = { lab: LAB, submission: taken.folder, only: [SCENARIO], jobs: 1 };
    if (isHeavy) {
      const limits = { shrinkBudget: 0, runTimeoutMs: 5000, isolation: 'course' } as const;
      return grade({ ...request, seeds: { list: [1] }, ...limits });
    }
    return hereOf(taken.folder);
  });
}

/** The same in this process, where a run costs milliseconds. */
async function hereOf(submission: string): Promise<Report> {
  const loaded = await loadSubmission(lab, submission);
  if ('problems' in loaded) return problemReport(lab, loaded.problems);
  const session = new Session({ lab, bootCode, loaded: loaded.loaded, runTimeoutMs: 2500 });
  const { result } = await session.run(scenario as NonNullable<typeof scenario>, 1);
  session.close();
  const { id, title, points } = scenario as NonNullable<typeof scenario>;
  const { verdict, virtualMs, events } = result;
  const counts = { earned: 0, seedsRun: 1, seedsPassed: 0, virtualMs, events };
  const scenarios = [{ id, title, points, verdict, firstBad: result, ...counts }];
  const part = { id: 'A', title: '', verdict, points, earned: 0, scenarios };
  return { ...problemReport(lab, []), parts: [part], verdict };
}

function ended({ problems, parts }: Report): { as: End['as'] | 'undecided'; text: string } {
  const [problem] = problems;
  if (problem) {
    const { where, text, advice = '' } = problem;
    const isRefused = text.startsWith('the submission holds');
    return { as: isRefused ? 'refused' : 'unbuilt', text: `${where}: ${text} ${advice}` };
  }
  const { firstBad } = parts[0]?.scenarios[0] ?? {};
  if (firstBad?.verdict === 'undecided') return { as: 'undecided', text: firstBad.undecided ?? '' };
  const { ruleId = '', evidence = '' } = firstBad?.finding ?? {};
  return ruleId === ''
    ? { as: 'honest', text: '' }
    : { as: 'fails', text: `${ruleId}: ${evidence}` };
}

describe('a submission that', () => {
  test.each(CASES.map((one) => [one.no, one.does, one] as const))(
    '%i %s',
    { timeout: 0 },
    async (_no, _does, { handIn, end, isHeavy = false }) => {
      const report = await endOf(handIn, isHeavy);
      const { as, text } = ended(report);
      expect([as, text]).toEqual([
        end.as,
        expect.stringContaining('says' in end ? (end.says ?? '') : ''),
      ]);
      if (end.as === 'fails') expect(text).toMatch(new RegExp(end.rule.source.replace('$', ':')));
      harmless(report);
    },
  );
});

/** Whatever a submission said goes into the result files, and is text there. */
function harmless(report: Report): void {
  const about = { version: '0', command: 'lab', student: 'ada' };
  for (const { name, write } of formats) {
    if (name === 'classroom50' || name === 'json') continue;
    const text = write([report], about);
    expect(text).not.toMatch(/(?![\n\t])\p{Cc}|\p{Bidi_Control}|\p{Surrogate}/u);
    if (name === 'html') expect(text).not.toMatch(/<script|javascript:alert\(1\)"/i);
    if (name === 'junit') expect(XMLValidator.validate(text)).toBe(true);
    if (name === 'csv') expect(text).not.toMatch(/(^|,)"?[=+@-]/m);
  }
}

test('an honest submission beside them passes', { timeout: 0 }, async () => {
  expect(ended(await endOf(honest, false)).as).toBe('honest');
});

/** Exits with 0 when the attempt was prevented. */
const program = (attempt: string) => `
import child from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import threads from 'node:worker_threads';
let got = true;
try { got = (() => { ${attempt} })() !== false; } catch { got = false; }
process.exit(got ? 1 : 0);`;

/** In a process like one that runs a submission at this level; official is tried in remote.test.ts. */
function isKept(isolation: Isolation, attempt: string): boolean {
  const flags = [...nodeOptions(isolation), '--input-type=module', '--eval', program(attempt)];
  const env = { TZ: 'UTC', LC_ALL: 'C', PATH: process.env.PATH ?? '' };
  return spawnSync(process.execPath, flags, { env }).status === 0;
}

const isRoot = process.getuid?.() === 0;
const here = ESCAPED.filter(({ needs }) => needs === undefined || isRoot);
test.each(here.map((one) => [one.no, one.does, one] as const))(
  'outside its realm: %i %s',
  { timeout: 0 },
  (_no, _does, { attempt, from }) => {
    expect(isKept('course', attempt)).toBe(from === 'course');
  },
);
