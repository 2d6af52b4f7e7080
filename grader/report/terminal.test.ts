import pc from 'picocolors';
import { expect, it } from 'vitest';
import type { Report, ScenarioResult } from './report.ts';
import {
  failureLines,
  problemLines,
  reportLines,
  resultLines,
  type Style,
  summaryLines,
  wrap,
} from './terminal.ts';

const style: Style = { colours: pc.createColors(false), command: 'lab' };
const text = (lines: readonly string[]) => lines.join('\n');

const passed: ScenarioResult = {
  id: 'A1',
  title: 'a leader is elected',
  points: 5,
  earned: 5,
  verdict: 'passed',
  seedsRun: 20,
  seedsPassed: 20,
  virtualMs: 60_000,
  events: 9000,
};

const finding = {
  kind: 'safety',
  ruleId: 'state-machine-safety',
  rule: 'State machine safety (Raft §5.4.3): index 7 was applied as two different commands',
  evidence: 'n1 applied set(x,4) at 1.204 s (term 3);  n3 applied set(x,9) at 2.871 s (term 5)',
  lookAt: 'what must be durable before n2 may answer AppendEntries? (Figure 2, persistent state)',
  atMs: 2871,
  story: [
    { atMs: 1190, text: 'n1 leader t3' },
    { atMs: 1204, text: 'n1 commits 7 on {n1,n2}' },
    { atMs: 1310, text: 'crash n1,n2' },
    { atMs: 1655, text: 'restart n2 (log ends at 6)' },
  ],
} as const;

const failed: ScenarioResult = {
  ...passed,
  id: 'C2',
  title: 'a committed entry survives a crash of its leader',
  points: 8,
  earned: 0,
  verdict: 'failed',
  seedsRun: 100,
  seedsPassed: 97,
  firstBad: {
    seed: 4187,
    verdict: 'failed',
    finding: { ...finding, story: [] },
    traceHash: '0123456789abcdef',
    virtualMs: 2871,
    events: 412,
  },
  shrunk: {
    plan: [],
    stepsBefore: 34,
    stepsAfter: 3,
    eventsBefore: 412,
    eventsAfter: 17,
    runs: 40,
    finding,
    traceHash: 'fedcba9876543210',
  },
};

const undecided: ScenarioResult = {
  ...passed,
  id: 'B3',
  title: 'a claim that is so long that it does not fit into one line of a terminal at all',
  earned: 0,
  verdict: 'undecided',
  seedsRun: 1,
  seedsPassed: 0,
  firstBad: {
    seed: 2,
    verdict: 'undecided',
    undecided: 'the scenario did not reach what it is about: a leader was isolated',
    traceHash: '',
    virtualMs: 0,
    events: 0,
  },
};

const report: Report = {
  version: 1,
  lab: 'raft',
  labTitle: 'Raft',
  submission: '0123456789abcdef',
  problems: [],
  parts: [
    {
      id: 'A',
      title: 'Leader election',
      verdict: 'passed',
      points: 5,
      earned: 5,
      scenarios: [passed],
    },
    { id: 'C', title: 'Crashes', verdict: 'failed', points: 8, earned: 0, scenarios: [failed] },
    {
      id: 'D',
      title: 'Snapshots',
      verdict: 'blocked',
      blockedBy: 'C',
      points: 12,
      earned: 0,
      scenarios: [],
    },
  ],
  points: 25,
  earned: 5,
  verdict: 'failed',
};

it('a scenario that passed is one line', () => {
  expect(text(resultLines(passed, style))).toMatchInlineSnapshot(
    `"✓ A1  a leader is elected                                        5/5  20 seeds"`,
  );
});

it('a failure names the rule, the evidence, the story, a question and a command', () => {
  expect(text(failureLines('raft', failed, style))).toMatchInlineSnapshot(`
    "✗ C2  a committed entry survives a crash of its leader           0/8  seed 4187
      Broken rule  State machine safety (Raft §5.4.3): index 7 was applied as two
                   different commands
      Evidence     n1 applied set(x,4) at 1.204 s (term 3);  n3 applied set(x,9) at
                   2.871 s (term 5)
      Story        1.190 n1 leader t3 · 1.204 n1 commits 7 on {n1,n2}
                   1.310 crash n1,n2 · 1.655 restart n2 (log ends at 6)
      Shrunk       412 events → 17, 34 operations and faults → 3
      Look at      what must be durable before n2 may answer AppendEntries? (Figure
                   2, persistent state)
      Seeds        97/100 passed, first failing seed 4187
      Replay       lab replay raft C2 --seed 4187 --shrunk"
  `);
});

it('what did not get smaller is left out, and the replay command says whose code it was', () => {
  const { firstBad, shrunk, ...rest } = failed;
  const directed = {
    ...rest,
    seedsRun: 1,
    seedsPassed: 0,
    ...(firstBad ? { firstBad } : {}),
    ...(shrunk
      ? { shrunk: { ...shrunk, stepsBefore: 0, stepsAfter: 0, eventsAfter: shrunk.eventsBefore } }
      : {}),
  };
  const mutant = { ...style, command: 'npx lab', replayArguments: '--mutant no-fsync' };
  const lines = failureLines('raft', directed, mutant);
  expect(text(lines)).not.toContain('Shrunk');
  expect(lines.at(-1)).toBe('  Replay       npx lab replay raft C2 --seed 4187 --mutant no-fsync');
});

it('undecided is never blamed on the submission', () => {
  expect(text(failureLines('raft', undecided, style))).toMatchInlineSnapshot(`
    "? B3  a claim that is so long that it does not fit into one      0/5  seed 2
          line of a terminal at all
      Undecided    the scenario did not reach what it is about: a leader was
                   isolated (no fault of your code; it is not scored as passed)
      Replay       lab replay raft B3 --seed 2"
  `);
});

it('a submission that does not build says where and what instead', () => {
  const problems = [
    {
      where: 'raft.ts:12:5',
      text: 'cannot import "fs"',
      line: "  import fs from 'fs';",
      advice: 'A node has a simulated disk: context.disk.',
    },
  ];
  expect(text(problemLines(problems, style))).toMatchInlineSnapshot(`
    "✗ the submission does not build
      raft.ts:12:5  cannot import "fs"
          import fs from 'fs';
          A node has a simulated disk: context.disk."
  `);
});

it('the summary has a line for each part', () => {
  expect(text(summaryLines(report, style))).toMatchInlineSnapshot(`
    "✓ Part A  Leader election              5/5
    ✗ Part C  Crashes                      0/8
    - Part D  Snapshots                   0/12   not run: part C earned nothing yet
      Total                               5/25"
  `);
});

it('the whole report fits into 80 columns', () => {
  const widths = reportLines(report, style).map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(80);
});

it('colour adds nothing but colour', () => {
  const coloured = { ...style, colours: pc.createColors(true) };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences
  const plain = text(reportLines(report, coloured)).replace(/\u001b\[\d+m/g, '');
  expect(plain).toBe(text(reportLines(report, style)));
});

it('words that are longer than a line are broken', () => {
  expect(wrap('ab abcdefgh c\nd', 5)).toEqual(['ab', 'abcde', 'fgh c', 'd']);
});
