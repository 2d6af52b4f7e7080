/**
 * The contract of the labs and outages on real servers: the solution and other correct ones pass, the
 * skeleton scores nothing and breaks nothing, every mutant is killed by the scenario that it names, and
 * nothing is left behind. `npm run servers [-- --lab SLUG --mutant NAME --repeat 20 --show]`; with
 * `--repeat` only the solution, with `--mutant` only that mutant or correct variant.
 */
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { type GradeOptions, grade } from '../grader/grade.ts';
import { isOnPostgres, type PostgresLab } from '../grader/lab.ts';
import { labFolder, ROOT } from '../grader/paths.ts';
import type { Report } from '../grader/report/report.ts';
import { failureLines } from '../grader/report/terminal.ts';
import { findBackend } from '../grader/systems/backend.ts';
import { inWords } from '../grader/systems/machine.ts';
import { clusterFolders, thisProcess } from '../grader/systems/registry.ts';
import type { SyllabusEntry } from '../labs/index.ts';
import { course } from '../outages/index.ts';
import { chosen, readOptions, wholeNumber } from './options.ts';

const values = readOptions('servers', {
  lab: { type: 'string' },
  mutant: { type: 'string' },
  scenario: { type: 'string' },
  repeat: { type: 'string' },
  show: { type: 'boolean', default: false },
});
const labs = (await Promise.all(course.map((entry) => entry.load()))).filter(isOnPostgres);
const slugs = chosen(
  'lab on servers',
  labs.map(({ slug }) => slug),
  values.lab,
);

const STYLE = { colours: createColors(false), command: 'lab' };
/** What went wrong, repeated at the end: a run prints more than a CI page keeps. */
const troubles: string[] = [];

function say(isGood: boolean, text: string): void {
  console.log(`${isGood ? '✓' : '✗'} ${text}`);
  if (!isGood) troubles.push(text);
}

const scenarioIdsOf = ({ parts }: PostgresLab) =>
  parts.flatMap(({ scenarios }) => scenarios.map(({ id }) => id));

const resultsOf = (report: Report) => report.parts.flatMap((part) => part.scenarios);

function show(report: Report): void {
  for (const { where, text } of report.problems) console.log(`    ${where}: ${text}`);
  for (const result of resultsOf(report)) {
    if (result.verdict === 'passed') continue;
    const lines = failureLines(report.lab, result, STYLE);
    for (const line of lines) console.log(`    ${line}`);
    troubles.push(...lines);
  }
}

async function solution(lab: PostgresLab): Promise<void> {
  const repeats = wholeNumber('repeat', values.repeat ?? '1');
  for (let round = 1; round <= repeats; round++) {
    const startMs = performance.now();
    const only = values.scenario && [...chosen('scenario', scenarioIdsOf(lab), values.scenario)];
    const report = await run(lab, { seeds: { mode: 'grade' }, ...(only ? { only } : {}) });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const isFull = report.verdict === 'passed';
    say(isFull, `${lab.slug}: the solution scores ${report.earned}/${report.points}, ${seconds} s`);
    if (!isFull) show(report);
  }
}

async function skeleton(lab: PostgresLab): Promise<void> {
  const submission = join(labFolder(lab.slug), 'skeleton');
  const report = await run(lab, { submission, seeds: { list: [1] } });
  for (const { id, verdict, firstBad } of resultsOf(report)) {
    const kind = firstBad?.finding?.kind ?? firstBad?.undecided ?? '';
    const isRight = verdict === 'failed' && kind !== 'crash' && kind !== 'runaway';
    say(isRight, `${lab.slug} ${id}: the skeleton fails it (${kind})`);
  }
  if (values.show) show(report);
}

type Names = ReadonlySet<string>;

/** Other correct submissions: none of them may be accused. */
async function variants(lab: PostgresLab, entry: SyllabusEntry, names: Names): Promise<void> {
  for (const { name, edit } of await entry.variants()) {
    if (!names.has(name)) continue;
    const report = await run(lab, { edits: edit, seeds: { mode: 'grade' } });
    const isFull = report.verdict === 'passed';
    say(isFull, `${lab.slug}: ${name} is correct, too: ${report.earned}/${report.points}`);
    if (!isFull) show(report);
  }
}

async function mutants(lab: PostgresLab, entry: SyllabusEntry, names: Names): Promise<void> {
  for (const { name, killedBy, edit, equivalent } of await entry.mutants()) {
    if (equivalent !== undefined || !names.has(name)) continue;
    const report = await run(lab, { edits: edit, only: [killedBy], seeds: { mode: 'grade' } });
    const finding = resultsOf(report)[0]?.firstBad?.finding;
    say(finding !== undefined, `${lab.slug} ${killedBy} kills ${name} (${finding?.ruleId})`);
    if (finding && !finding.lookAt?.includes('?')) say(false, `${name}: no question is asked`);
    if (values.show || finding === undefined) show(report);
  }
}

function run({ slug, uses = [] }: PostgresLab, options: Partial<GradeOptions>): Promise<Report> {
  const submission = join(ROOT, 'solutions', slug);
  const used = Object.fromEntries(uses.map((other) => [other, join(ROOT, 'solutions', other)]));
  const recordsIn = join(ROOT, '.lab', 'servers');
  const request = { lab: slug, submission, uses: used, recordsIn };
  return grade({ ...request, seeds: { mode: 'grade' }, ...options });
}

/** Their mutants take too long to run with all the others: they run when their lab is named. */
const LONG = new Set(['postgres-disk-full', 'postgres-failover', 'gitlab-2017', 'sentry-2015']);

/** What the lab needs and this backend cannot do; '' when there is nothing. */
function missingFor({ parts }: PostgresLab): string {
  const wanted = parts.flatMap(({ scenarios }) =>
    scenarios.flatMap(({ requires = [] }) => requires),
  );
  return inWords([...new Set(wanted)].filter((name) => !backend.can.has(name)));
}

const backend = await findBackend();
console.log(backend.words);
for (const entry of course) {
  const lab = await entry.load();
  if (!isOnPostgres(lab) || !slugs.has(lab.slug)) continue;
  const missing = missingFor(lab);
  if (missing !== '') {
    const words = `not on this backend: ${lab.slug}, for want of ${missing}`;
    if (values.lab === undefined) console.log(words);
    else say(false, words);
    continue;
  }
  if (values.mutant === undefined) await solution(lab);
  if (values.repeat !== undefined || values.scenario !== undefined) continue;
  if (values.lab === undefined && LONG.has(lab.slug)) {
    console.log(`its mutants are not run here: npm run servers -- --lab ${lab.slug}`);
    continue;
  }
  if (values.mutant === undefined) await skeleton(lab);
  const all = [...(await entry.variants()), ...(await entry.mutants())];
  const names = chosen(
    'mutant or variant',
    all.map(({ name }) => name),
    values.mutant,
  );
  await variants(lab, entry, names);
  await mutants(lab, entry, names);
}
const left = clusterFolders().filter(({ owner }) => owner?.pid === thisProcess().pid);
say(
  left.length === 0,
  `no cluster is left behind (${left.map(({ folder }) => folder).join(', ')})`,
);
if (troubles.length > 0) console.log(`\nWhat went wrong:\n${troubles.join('\n')}`);
process.exit(troubles.length === 0 ? 0 : 1);
