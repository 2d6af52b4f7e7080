/** Every format against the rules of its platform, with a submission that prints what it should not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse as parseCsv } from 'csv-parse/sync';
import { isValid as isCtrf } from 'ctrf';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../paths.ts';
import { withDetail } from '../detail.ts';
import type { Report, ScenarioResult } from '../report.ts';
import { reportSchema } from '../schema.ts';
import { failureLines } from '../terminal.ts';
import type { About } from './format.ts';
import { annotations, guarded, SUMMARY_BYTES_MAX } from './github.ts';
import { formats } from './index.ts';
import { inline } from './markdown.ts';

/** What a hostile submission would like to print. */
const HOSTILE =
  '\u001b[2Jpass]]>\u0000<script>alert(1)</script>\n::error::x\r\n```\n=HYPERLINK("x")\ud800\u202e"|`';

const passed: ScenarioResult = {
  id: 'A1',
  title: 'a leader is elected',
  points: 40,
  earned: 40,
  verdict: 'passed',
  seedsRun: 20,
  seedsPassed: 20,
  virtualMs: 60_000.25,
  events: 9000,
};
const firstBad = {
  seed: 4711,
  verdict: 'failed',
  finding: {
    kind: 'safety',
    ruleId: 'election-safety',
    rule: `=Election safety (Raft §5.2) ${HOSTILE}`,
    evidence: `n1 said ${HOSTILE}`,
    lookAt: 'why?',
    atMs: 1204,
    story: [{ atMs: 1190, text: HOSTILE }],
  },
  traceHash: '0123456789abcdef',
  virtualMs: 2871,
  events: 412,
} as const;
const failed: ScenarioResult = {
  ...passed,
  id: 'A2',
  title: '=no "two" leaders, ever',
  earned: 0,
  verdict: 'failed',
  seedsPassed: 19,
  firstBad,
};
const undecided: ScenarioResult = {
  ...passed,
  id: 'A3',
  points: 10,
  earned: 0,
  verdict: 'undecided',
  firstBad: { ...firstBad, verdict: 'undecided', undecided: 'the search gave up' },
};
const report: Report = {
  version: 1,
  lab: 'raft',
  labTitle: 'Raft',
  submission: 'fedcba9876543210',
  problems: [],
  parts: [
    {
      id: 'A',
      title: 'Leader election',
      verdict: 'failed',
      points: 90,
      earned: 40,
      scenarios: [passed, failed, undecided],
    },
    {
      id: 'B',
      title: 'Replication',
      verdict: 'blocked',
      blockedBy: 'A',
      points: 10,
      earned: 0,
      scenarios: [],
    },
  ],
  points: 100,
  earned: 40,
  verdict: 'failed',
};
const unbuilt: Report = {
  ...report,
  lab: 'kv-raft',
  parts: [],
  earned: 0,
  problems: [{ where: 'server.ts:3:7', text: `cannot import "fs" ${HOSTILE}`, advice: 'Do not.' }],
};
const about: About = {
  version: '0.1.0',
  command: 'npx lab',
  student: '=cmd()|ada',
  folder: 'work/kv-raft',
  submittedAt: '2026-11-26T10:00:00.123Z',
  platform: {
    CLASSROOM: 'ds-2026',
    ASSIGNMENT: 'raft',
    ASSIGNMENT_TYPE: 'individual',
    OWNER: 'ada',
    SUBMISSION_TAG: 'submit/1',
    COMMIT_URL: 'c',
    RELEASE_URL: 'r',
    REVIEW_URL: 'v',
  },
};
const reports = [report, unbuilt];
const written = (name: string) =>
  formats.find((format) => format.name === name)?.write(reports, about) ?? '';
const parsed = (name: string) => JSON.parse(written(name));

describe('all formats', () => {
  for (const { name, write } of formats) {
    test(`${name}: nothing that a terminal obeys or a reader stumbles over`, () => {
      const text = name === 'json' ? '' : write(reports, about);
      expect(text).not.toMatch(/(?![\n\t])\p{Cc}|\p{Bidi_Control}|\p{Surrogate}/u);
      expect(write(reports, about)).toBe(write(structuredClone(reports), about));
    });
  }
});

test('json: by its published schema, which is the one in docs', () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'docs', 'report.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strict: false }).compile(schema);
  for (const one of [report, unbuilt, withDetail(report, 'rule')]) {
    expect([validate(JSON.parse(JSON.stringify(one))), validate.errors]).toEqual([true, null]);
  }
  expect(validate({ ...report, score: 1 })).toBe(false);
  expect(reportSchema.safeParse(report).success).toBe(true);
});

test('junit: well-formed; failures, errors and skips are counted; nothing closes CDATA or a tag', () => {
  expect(XMLValidator.validate(written('junit'))).toBe(true);
  const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(written('junit'));
  const [raft, kv] = testsuites.testsuite;
  expect([testsuites['@_tests'], testsuites['@_failures']]).toEqual(['5', '2']);
  expect([raft['@_errors'], raft['@_skipped'], kv['@_failures']]).toEqual(['1', '1', '1']);
  expect(raft.testcase[1].failure['#text']).toContain('<script>');
});

test('gradescope: finite scores, none above its maximum, text only', () => {
  const result = parsed('gradescope');
  expect(result.score).toBe(40);
  for (const one of result.tests) {
    expect(one.score).toBeLessThanOrEqual(one.max_score);
    expect([one.output_format, one.name_format]).toEqual(['text', 'text']);
    expect(['passed', 'failed']).toContain(one.status);
  }
  expect(result.output).toContain('1 of 5 tests could not be decided');
});

test('classroom50: whole scores, the time of handing in, and a clear refusal without names', () => {
  const result = parsed('classroom50');
  expect(result).toMatchObject({ score: 40, 'max-score': 200, datetime: '2026-11-26T10:00:00Z' });
  const format = formats.find(({ name }) => name === 'classroom50');
  expect(() => format?.write(reports, { ...about, platform: { OWNER: 'ada' } })).toThrow(
    'a Classroom 50 result needs CLASSROOM, ASSIGNMENT, ASSIGNMENT_TYPE, SUBMISSION_TAG, COMMIT_URL, RELEASE_URL, REVIEW_URL in the environment',
  );
});

test('ctrf: by the schema of its own library', () => {
  expect(isCtrf(parsed('ctrf'))).toBe(true);
  const { passed, failed, other, skipped } = parsed('ctrf').results.summary;
  expect([passed, failed, other, skipped]).toEqual([1, 2, 1, 1]);
});

test('csv: formulas are text', () => {
  const rows = parseCsv(written('csv'), { columns: true }) as Record<string, string>[];
  expect(rows).toHaveLength(5);
  expect(rows.flatMap(Object.values).filter((cell) => /^[=+@-]./.test(cell))).toEqual([]);
  expect(rows[1]).toMatchObject({ scenario: 'A2', verdict: 'failed', earned: '0', points: '40' });
});

test('markdown and summary: no HTML, no end of a fence', () => {
  expect(inline('<b>|`')).toBe('\\<b\\>\\|\\`');
  const outsideFences = written('markdown').replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '');
  expect(outsideFences).not.toContain('script>alert');
  const long = { ...firstBad, finding: { ...firstBad.finding, evidence: 'x'.repeat(20_000) } };
  const scenarios = Array.from({ length: 90 }, () => ({ ...failed, firstBad: long }));
  const part = { ...report.parts[0], scenarios } as Report['parts'][number];
  const summary = formats.find(({ name }) => name === 'github');
  const text = summary?.write([{ ...report, parts: [part] }], about) ?? '';
  expect(Buffer.byteLength(text)).toBeLessThan(SUMMARY_BYTES_MAX);
  expect(text).toContain('too long to be shown');
});

test('github: annotations on one line each, the first failure of each lab first', () => {
  const lines = annotations(reports, about);
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^::error title=raft A2 =no "two" leaders%2C ever::=Election safety/);
  expect(lines[1]).toMatch(/^::error file=work\/kv-raft\/server.ts,line=3,col=7,title=kv-raft::/);
  expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
  expect(guarded(['::error::x'], 't')).toEqual(['::stop-commands::t', '::error::x', '::t::']);
});

test('html: escaped, and forbids scripts', () => {
  expect(written('html')).not.toMatch(/<script/i);
  expect(written('html')).toContain("default-src 'none'");
});

test.each(['markdown', 'html'])('%s: what was explained, and the account for people', (name) => {
  const question = {
    id: 'A1.leader',
    text: HOSTILE,
    verdict: 'right',
    answer: 'n1',
    tries: 1,
  } as const;
  const run = { scenario: 'A1', title: 'a leader is elected', seed: 1, verdict: 'passed' } as const;
  const account = `n1 wins. ${HOSTILE}`;
  const writeUp = { run: 'A1', claims: [], open: [], missing: [], text: account };
  const explain = { runs: [run], questions: [question], writeUp };
  const format = formats.find((one) => one.name === name);
  const text = format?.write([{ ...report, explain }], about) ?? '';
  expect(text).toContain('1 of 1 question right, 1 at the first try');
  expect(text).toContain('raft the account of A1');
  expect(text).toContain('n1 wins.');
  expect(text.replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '')).not.toContain('<script');
});

describe('detail', () => {
  const told = (detail: 'full' | 'rule' | 'none') => JSON.stringify(withDetail(report, detail));
  test('full tells all', () => expect(told('full')).toContain('4711'));
  test('rule tells the rule, and neither evidence nor seed', () => {
    expect(told('rule')).toContain('Election safety');
    expect(told('rule')).not.toMatch(/4711|n1 said/);
  });
  test('no level tells more of a hidden scenario than the kind', () => {
    const [first] = report.parts;
    const scenarios = first?.scenarios.map((one) => ({ ...one, hidden: true as const })) ?? [];
    const hidden = { ...report, parts: [{ ...(first as Report['parts'][number]), scenarios }] };
    const text = JSON.stringify(withDetail(hidden, 'full'));
    expect(text).toContain('leaders, ever');
    expect(text).not.toMatch(/4711|Election/);
  });
  test('none tells the kind', () => {
    expect(told('none')).not.toMatch(/4711|Election/);
    const style = { colours: pc.createColors(false), command: 'lab' };
    const [part] = withDetail(report, 'none').parts;
    expect(
      failureLines('raft', part?.scenarios[1] as ScenarioResult, style),
    ).toMatchInlineSnapshot(`
      [
        "✗ A2  =no "two" leaders, ever                                   0/40  20 seeds",
        "  Broken rule  kind: safety",
      ]
    `);
  });
});
