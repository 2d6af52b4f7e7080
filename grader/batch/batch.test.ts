/** The parts of a batch that need no worker: rosters, lateness, results that survive a crash, comparison. */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { labFolder, loadLab } from '../paths.ts';
import type { Report } from '../report/report.ts';
import { compareResults, hasLosses } from './compare.ts';
import { exportBatch } from './export.ts';
import { afterLateness } from './late.ts';
import { type ResultLine, ResultLog, readResults, resultsFile } from './results.ts';
import { readRoster, shardOf } from './roster.ts';
import { exportForTool } from './similarity.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'batch-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function rosterOf(csv: string) {
  writeFileSync(join(base, 'roster.csv'), csv);
  return readRoster(join(base, 'roster.csv'));
}

describe('rosters', () => {
  test('a folder of folders', () => {
    for (const name of ['bob', 'ada', '.git']) mkdirSync(join(base, name));
    expect(readRoster(base).map(({ name }) => name)).toEqual(['ada', 'bob']);
  });
  test('a CSV with a byte order mark, quotes and more columns', () => {
    const [ada] = rosterOf('\ufeffstudent,section,dir,extension_days\nada,"1, a",x/y,1.5\n');
    expect(ada).toMatchObject({ name: 'ada', folder: join(base, 'x/y'), extensionDays: 1.5 });
    expect(ada?.columns.section).toBe('1, a');
  });
  test.each([
    ['student\n', 'it lists nobody'],
    ['student\nada\nAda\n', 'the student "Ada" is listed twice'],
    ['who\nada\n', 'line 2 has no name; fill in one of the columns student, username, name, id'],
    ['student\n../ada\n', 'line 2: the name "../ada" cannot be used for a result folder'],
    ['student,submitted_at\nada,yesterday\n', 'line 2: submitted_at is "yesterday"'],
    ['student,extension_days\nada,-1\n', 'line 2: extension_days is "-1"'],
    ['student\nada,bob\n', 'Invalid Record Length'],
  ])('%j: %s', (csv, problem) => expect(() => rosterOf(csv)).toThrow(problem));
  test('of several submissions by a student, the latest counts', () => {
    const head = 'student,dir,submitted_at\n';
    const rows = ['ada,v1,2026-12-01T10:00:00Z', 'ada,v3,2026-12-01T13:00:00+01:00'];
    const students = rosterOf(`${head}${[...rows, 'ada,v2,2026-12-01T11:00:00Z'].join('\n')}\n`);
    expect(students.map(({ folder }) => folder)).toEqual([join(base, 'v3')]);
  });
  test('shards are disjoint, and add up to all', () => {
    const all = Array.from({ length: 10 }, (_, i) => i);
    const shards = [1, 2, 3].map((index) => shardOf(all, { index, count: 3 }));
    expect(shards.flat().sort()).toEqual(all);
    expect(shards.map((shard) => shard.length)).toEqual([4, 3, 3]);
  });
});

describe('lateness', () => {
  const policy = { due: '2026-12-01T12:00:00Z', graceHours: 2, percentPerDay: 10, percentMax: 35 };
  const at = (submittedAt: string, extensionDays = 0) =>
    afterLateness(80, { submittedAt, extensionDays }, policy);
  test.each([
    ['in time', '2026-12-01T12:00:00Z', 0, 0, 80],
    ['within grace', '2026-12-01T14:00:00Z', 0, 0, 80],
    ['a second after it', '2026-12-01T14:00:01Z', 0, 1, 72],
    ['a day and a bit', '2026-12-02T13:00:00Z', 0, 2, 64],
    ['never more than the maximum', '2027-01-01T00:00:00Z', 0, 31, 52],
    ['with an extension', '2026-12-02T13:00:00Z', 1, 0, 80],
    ['in another time zone', '2026-12-01T13:00:00+01:00', 0, 0, 80],
  ])('%s', (_name, when, extension, daysLate, points) => {
    expect(at(when, extension)).toMatchObject({ daysLate, points });
  });
});

const report = (earned: number, b1: 'passed' | 'failed' = 'passed'): Report => ({
  version: 1,
  lab: 'raft',
  labTitle: 'Raft',
  submission: '0123456789abcdef',
  problems: [],
  parts: [
    {
      id: 'B',
      title: 'Replication',
      verdict: b1,
      points: 10,
      earned,
      scenarios: [
        {
          ...{ id: 'B1', title: 'an entry is committed', points: 10, earned, verdict: b1 },
          ...{ seedsRun: 1, seedsPassed: 1, virtualMs: 1, events: 1 },
        },
      ],
    },
  ],
  points: 10,
  earned,
  verdict: b1,
});
const lineOf = (student: string, graded?: Report): ResultLine => ({
  version: 1,
  student,
  lab: graded ? 'raft' : '-',
  conditions: { files: 'f00', grader: '0.1.0', seeds: 'grade' },
  ...(graded ? { report: graded } : { trouble: 'nothing there\n  do: x' }),
});
function keep(...lines: readonly ResultLine[]): string {
  const log = new ResultLog(resultsFile(base));
  for (const line of lines) log.append(line);
  log.close();
  return resultsFile(base);
}

describe('results', () => {
  test('the last line of a student counts', () => {
    const file = keep(lineOf('ada', report(0, 'failed')), lineOf('ada', report(10)));
    expect([...readResults(file).values()].map((line) => line.report?.earned)).toEqual([10]);
  });
  test('half a line, as a crash leaves it, is lost; the next one is not', () => {
    const file = keep(lineOf('ada', report(10)));
    appendFileSync(file, '{"version":1,"student":"b');
    expect(readResults(file).size).toBe(1);
    keep(lineOf('bob', report(10)));
    expect(readResults(file).size).toBe(2);
  });
  test('a line that somebody damaged is named', () => {
    const file = keep(lineOf('ada', report(10)));
    writeFileSync(file, `x\n${readFileSync(file, 'utf8')}`);
    expect(() => readResults(file)).toThrow('line 1 of');
  });
});

test('grades, scenarios, pages and an index, with the columns of the roster', () => {
  const students = rosterOf('student,section,submitted_at\nada,=1,2026-12-02T13:00:00Z\nbob,2,\n');
  const results = [lineOf('ada', report(10)), lineOf('bob')];
  const late = { due: '2026-12-01T12:00:00Z', graceHours: 0, percentPerDay: 10, percentMax: 50 };
  const facts = { detail: 'full', command: 'lab', version: '0.1.0' } as const;
  const grades = exportBatch({ out: base, students, results, late, ...facts });
  expect(readFileSync(grades, 'utf8')).toMatchInlineSnapshot(`
    "student,section,submitted_at,lab,earned,points,verdict,days_late,percent_taken,final,files,trouble
    ada,'=1,2026-12-02T13:00:00Z,raft,10,10,passed,2,20,8,f00,
    bob,2,,,0,0,not graded,0,0,0,f00,nothing there
    "
  `);
  expect(readFileSync(join(base, 'scenarios.csv'), 'utf8')).toContain(
    'raft,B1,an entry is committed,10,1,1,100%',
  );
  expect(readFileSync(join(base, 'students/ada/raft.html'), 'utf8')).toContain('10/10 points');
  expect(readFileSync(join(base, 'index.html'), 'utf8')).toContain('href="students/ada/raft.html"');
});

test('what changed between two gradings, and whether somebody lost', () => {
  const of = (...lines: ResultLine[]) => new Map(lines.map((line) => [line.student, line]));
  const before = of(lineOf('ada', report(10)), lineOf('bob', report(10)), lineOf('cat'));
  const after = of(lineOf('ada', report(10)), lineOf('bob', report(0, 'failed')), lineOf('cat'));
  const changes = compareResults(before, after);
  expect(changes).toEqual([
    { student: 'bob', lab: 'raft', before: 10, after: 0, scenarios: ['B1 passed → failed'] },
  ]);
  expect([hasLosses(changes), hasLosses(compareResults(after, before))]).toEqual([true, false]);
});

describe('for tools that look for similarity', () => {
  const skeleton = join(labFolder('kv-server'), 'skeleton');
  const exported = async (tool: 'dolos' | 'jplag') => {
    for (const name of ['ada', 'bob']) {
      cpSync(skeleton, join(base, 'class', name), { recursive: true });
      writeFileSync(join(base, 'class', name, 'lock.ts'), `// by ${name}\n`);
    }
    symlinkSync('/etc/passwd', join(base, 'class', 'bob', 'link.ts'));
    const lab = await loadLab('kv-server');
    const submissions = readRoster(join(base, 'class')).map((student) => {
      return { student, lab, folder: student.folder };
    });
    const [written] = await exportForTool(tool, submissions, base);
    const files = readdirSync(join(base, 'kv-server'), { recursive: true, encoding: 'utf8' });
    return { written, files: files.filter((name) => /\./.test(name)).sort() };
  };
  test('dolos: one file per student, and the skeleton to be ignored', async () => {
    const { written, files } = await exported('dolos');
    expect(written?.leftOut).toEqual([
      { student: 'bob', why: 'link.ts: the submission holds a link' },
    ]);
    expect(files).toEqual(['files/ada.ts', 'info.csv', 'skeleton.ts']);
    const info = readFileSync(join(base, 'kv-server', 'info.csv'), 'utf8');
    expect(parseCsv(info, { columns: true })).toMatchObject([
      { filename: 'skeleton.ts', ignored: 'true' },
      { filename: 'files/ada.ts', full_name: 'ada', ignored: '' },
    ]);
    const text = readFileSync(join(base, 'kv-server', 'files', 'ada.ts'), 'utf8');
    expect(text).toContain('// by ada');
    expect(text).not.toContain('// contract.ts');
  });
  test('jplag: a folder per student, and one of base code', async () => {
    const { written, files } = await exported('jplag');
    expect(written?.command).toContain(`-bc ${join(base, 'kv-server', 'skeleton')}`);
    expect(files.filter((name) => name.startsWith('submissions'))).toEqual(
      ['client', 'lease', 'lock', 'server', 'storage'].map((name) => `submissions/ada/${name}.ts`),
    );
    expect(files).toContain('skeleton/lock.ts');
  });
});
