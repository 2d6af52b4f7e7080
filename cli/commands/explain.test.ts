import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Question } from '../../grader/explain/question.ts';
import { grade } from '../../grader/grade.ts';
import { explain as ask } from '../../grader/replay.ts';
import { solutionFolder } from '../root.ts';
import { readState } from '../state.ts';
import type { Ui } from '../ui.ts';
import { type ExplainOptions, explain } from './explain.ts';
import { status } from './status.ts';

// Each builds a bundle and does some runs: quick, but not on a machine busy with ten other suites.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const before = process.cwd();
const root = mkdtempSync(join(tmpdir(), 'faultlab-'));
const folder = join(root, 'work', 'kv-server');
let questions: readonly Question[] = [];
/** Lines that are too long for a terminal; commands to copy may be. */
const wide: string[] = [];

beforeAll(async () => {
  writeFileSync(join(root, 'package.json'), '{"name": "faultlab"}');
  process.chdir(root);
  questions = (await ask({ lab: 'kv-server', submission: solutionFolder('kv-server') })).questions;
});

beforeEach(() => {
  rmSync(join(root, 'work'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(solutionFolder('kv-server'), folder, { recursive: true });
});

afterAll(() => {
  expect(wide).toEqual([]);
  process.chdir(before);
  rmSync(root, { recursive: true });
});

async function run(options: ExplainOptions, command = explain): Promise<string> {
  const lines: string[] = [];
  const ui: Ui = {
    out: (...more) => void lines.push(...more),
    err: () => {},
    interactive: false,
    style: { colours: createColors(false), command: 'lab' },
    command: 'lab',
  };
  try {
    const code = await command(ui, 'kv-server', options);
    wide.push(...lines.filter((line) => line.length > 80 && !line.includes('lab ')));
    return [...lines, `exit ${code}`].join('\n');
  } catch (error) {
    // A usage error is told without its stack; anything else is a bug.
    expect((error as Error).name).toBe('UsageError');
    return (error as Error).message.replaceAll(root, '');
  }
}

const rightOf = (i: number) => questions[i]?.answers[0] ?? '';
const wrongOf = (i: number) =>
  questions[i]?.options.find(({ key }) => key !== rightOf(i))?.key ?? '';
const kept = () => JSON.parse(readFileSync(join(folder, 'explain.json'), 'utf8'));

test('the questions, as a student reads them in a pipe', async () => {
  expect(await run({ list: true })).toMatchSnapshot();
  expect(existsSync(join(folder, 'explain.json'))).toBe(false);
});

test('a wrong answer may be followed by another; the first is remembered', async () => {
  expect(await run({ answer: [`q1=${wrongOf(0)}`, `Q2 = ${rightOf(1)}`] })).toMatchSnapshot();
  const [first, second] = questions as [Question, Question];
  expect(await run({ answer: [`${first.id}=${rightOf(0)}`] })).toContain('✓');
  expect(kept().answers[first.id].tries).toEqual([wrongOf(0), rightOf(0)]);
  expect(kept().answers[second.id].tries).toEqual([rightOf(1)]);
  expect(readState(root).labs['kv-server']?.explain).toMatchObject({ right: 2, first: 1 });
  expect(await run({}, (ui, slug) => status(ui, slug))).toContain('2 of 7 questions answered');
});

test('all answers from a file, and lab grade agrees', async () => {
  const lines = questions.map((_, i) => `q${i + 1}=${rightOf(i)}`);
  writeFileSync(join(root, 'mine.txt'), `# mine\n${lines.join('\n')}\n`);
  expect(await run({ answers: 'mine.txt' })).toContain('7 of 7 right, 7 at the first try');
  const graded = { lab: 'kv-server', submission: folder, seeds: { count: 1 }, jobs: 1 };
  const report = await grade(graded);
  expect(report.explain?.questions.map(({ verdict }) => verdict)).toEqual(
    questions.map(() => 'right'),
  );
  expect([report.points, report.earned]).toEqual([100, 100]);
});

test('after an edit that changes the question, its answer is outdated', async () => {
  await run({ answer: [`q7=${rightOf(6)}`] });
  const file = join(folder, 'lease.ts');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('const POLL_MS = 40;', 'const POLL_MS = 120;'));
  expect(await run({ list: true })).toContain(
    'answered for an earlier version of the code: asked again',
  );
});

test.each([
  ['q1=z', '"z" is no answer to q1'],
  ['q1', '"q1" names no question'],
  ['q99=a', 'there is no question "q99"'],
  ['=a', '"=a" names no question'],
  ['q1=', '"" is no answer to q1'],
])('--answer %s', async (answer, words) => {
  expect(await run({ answer: [`q2=${rightOf(1)}`, answer] })).toContain(words);
  // Of a command that was not understood, nothing is taken.
  expect(existsSync(join(folder, 'explain.json'))).toBe(false);
});

test.each([
  ['nonsense', 'is not JSON'],
  ['{"version": 9}', 'has version 9'],
  ['{"version": 1, "lab": "kv-server", "answers": {"B1.maybe": 3}}', 'has no "fingerprint"'],
])('an explain.json of %s is left as it is', async (text, words) => {
  writeFileSync(join(folder, 'explain.json'), text);
  expect(await run({ answer: ['q1=a'] })).toContain(words);
  expect(await run({ list: true })).toContain('do: fix it');
  expect(readFileSync(join(folder, 'explain.json'), 'utf8')).toBe(text);
});

test('what does not go together, is not there, or is not named', async () => {
  const answers = [
    await run({ list: true, write: true }),
    await run({ answers: 'nowhere.txt' }),
    await run({ events: 'A1' }),
    await run({ events: 'D4', node: 'n9' }),
  ];
  expect(answers.join('\n')).toMatchInlineSnapshot(`
    "--write and --list do not go together
      do: choose one of them
    "nowhere.txt" cannot be read: ENOENT: no such file or directory, open 'nowhere.txt'
      do: give a file with lines such as q1=b
    nothing is asked about "A1"
      allowed: B1, D4
      do: give one of these runs
    D4 has no node "n9"
      allowed: n1, s1, c1, c2
      do: give one of these names"
  `);
});

test('the events of a run, with their numbers', async () => {
  expect(await run({ events: 'D4', from: 845, until: 860 })).toMatchInlineSnapshot(`
    "#110    0.847  c1  resume   resumes; no events waited
    #111    0.847  c1  call     write(1, "w3")
    #112    0.847  c1  send     c1 → s1 write {"token":1,"value":"w3"}
    #113    0.852  s1  deliver  c1 → s1 write {"token":1,"value":"w3"}
    #114    0.852  s1  send     s1 → c1 write reply {"ok":false}
    #115    0.853  c1  deliver  s1 → c1 write reply {"ok":false}
    #116    0.853  c1  return   write resolves to {"ok":false}

    7 of 129 events   --node, --from, --until, --follow, --without, --full
    as a page: lab view kv-server D4 --seed 1 --whole
    exit 0"
  `);
});

test('nothing is asked about a run that fails', async () => {
  const file = join(folder, 'storage.ts');
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace('write(', 'write(...ignored: any[]) { return {ok: true} } write2('),
  );
  const out = await run({ list: true });
  expect(out).toContain('D4 does not pass yet, so nothing is asked about it');
  expect(out).not.toContain('#111');
});

test('code that does not build is reported as such', async () => {
  writeFileSync(join(folder, 'client.ts'), 'export class {');
  expect(await run({ list: true })).toContain('the submission does not build');
});

test('an account of a run: begun, checked, never overwritten', async () => {
  expect(await run({ write: true })).toMatchSnapshot();
  const file = join(folder, 'explain.md');
  const mine = `Run: D4
#19 happened before #111, #107 happened before #111, and #109 and #111 are concurrent.
#110 set off #113: no. Without #37, #105 never comes, they say. 2 write were sent. #111 (0.847 s)
`;
  writeFileSync(file, mine);
  expect(await run({ write: true })).toMatchSnapshot();
  expect(readFileSync(file, 'utf8')).toBe(mine);
  writeFileSync(file, 'Run: A1\n');
  expect(await run({ write: true })).toMatchInlineSnapshot(`
    "work/kv-server/explain.md is about A1, which this lab asks nothing about
      allowed: B1, D4
      do: name one of these in the line "Run: …""
  `);
  writeFileSync(file, 'mine');
  expect(await run({ write: true })).toContain('has no line such as "Run: B1"');
});
