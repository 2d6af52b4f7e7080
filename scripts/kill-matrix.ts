/**
 * Every planted bug against every scenario. Bars: with the seeds of `lab test`, at least 95 % of the
 * bugs are found; with those of `lab grade`, all of them, each also by the scenario that it names; and
 * docs/kill-matrix.md is up to date.
 * `npm run mutants [-- --lab SLUG --mutant NAME,NAME --update]`; `--update` writes that page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenariosOf } from '../grader/authoring/crew.ts';
import {
  isFoundByAny,
  killMatrix,
  type MatrixRow,
  matrixLines,
} from '../grader/authoring/matrix.ts';
import { isSimulated } from '../grader/lab.ts';
import { ROOT } from '../grader/paths.ts';
import { course } from '../outages/index.ts';
import { chosen, readOptions } from './options.ts';

const TEST_SHARE_MIN = 0.95;
const COLUMNS = 80;
const PAGE = join(ROOT, 'docs', 'kill-matrix.md');

const killsOf = ({ foundAt }: MatrixRow) => [...foundAt].filter(([, at]) => at !== 0);
const isFoundByItsOwn = ({ foundAt, killedBy }: MatrixRow) => (foundAt.get(killedBy) ?? 0) > 0;

/** Name, first killing scenario and seed; below, all that kill, as `A7:12`. */
function print(row: MatrixRow): void {
  const kills = killsOf(row).map(([id, at]) => `${id}:${at ?? '?'}`);
  const mark = isFoundByItsOwn(row) ? ' ' : isFoundByAny(row) ? '!' : '✗';
  console.log(`${mark} ${row.name.padEnd(46)}${kills.length > 0 ? row.killedBy : 'survives'}`);
  let line = '     ';
  for (const kill of kills) {
    if (line.length + kill.length + 1 > COLUMNS) {
      console.log(line);
      line = '     ';
    }
    line += ` ${kill}`;
  }
  if (kills.length > 0) console.log(line);
}

/** The page with this lab's matrix; its labs are in the order of the course. */
function withMatrix(page: string, slug: string, title: string, lines: readonly string[]): string {
  const section = [`## ${title}`, '', '```text', ...lines, '```', ''].join('\n');
  const [head = '', ...old] = page.split(/^(?=<!-- )/m);
  const sections = new Map(old.map((text) => [/^<!-- (\S+) -->/.exec(text)?.[1] ?? '', text]));
  sections.set(slug, `<!-- ${slug} -->\n\n${section}\n`);
  const inOrder = course.flatMap((entry) => sections.get(entry.slug)?.trimEnd() ?? []);
  return `${[head.trimEnd(), ...inOrder].join('\n\n')}\n`;
}

const values = readOptions('mutants', {
  lab: { type: 'string' },
  mutant: { type: 'string' },
  update: { type: 'boolean', default: false },
});
const labs = await Promise.all(course.map((entry) => entry.load()));
const slugs = chosen(
  'lab in the simulation',
  labs.filter(isSimulated).map(({ slug }) => slug),
  values.lab,
);
for (const { slug, load, mutants } of course) {
  if (!slugs.has(slug)) continue;
  const lab = await load();
  if (!isSimulated(lab)) continue;
  const ids = scenariosOf(lab).map(({ id }) => id);
  const all = await mutants();
  const names = chosen(
    'mutant',
    all.map(({ name }) => name),
    values.mutant,
  );
  const tried = all.filter(({ name }) => names.has(name));
  console.log(`${slug}: planted bugs × ${ids.length} scenarios, seeds of lab test`);
  const rows = await killMatrix({ lab, mutants: tried, onRow: print });

  const before = readFileSync(PAGE, 'utf8');
  const page = withMatrix(before, slug, lab.title, matrixLines(ids, rows));
  const isOld = values.mutant === undefined && page !== before;
  if (isOld && values.update) writeFileSync(PAGE, page);

  // A bug that its own scenario missed in the few seeds of a test is tried with those of a grading.
  const doubtful = new Set(rows.filter((row) => !isFoundByItsOwn(row)).map(({ name }) => name));
  if (doubtful.size > 0)
    console.log('\nnot found by the scenario they name; now the seeds of lab grade');
  const again = await killMatrix({
    lab,
    mutants: tried.filter(({ name }) => doubtful.has(name)),
    mode: 'grade',
    onRow: print,
  });

  const inTest = rows.filter(isFoundByAny).length;
  const missed = again.filter((row) => !isFoundByAny(row)).length;
  const elsewhere = again.filter((row) => !isFoundByItsOwn(row)).length - missed;
  console.log(
    `\nlab test finds ${inTest} of ${rows.length}, lab grade ${rows.length - missed}; ${elsewhere} not by the scenario they name; ${tried.length - rows.length} equivalent or left out`,
  );
  if (inTest < TEST_SHARE_MIN * rows.length || missed + elsewhere > 0) process.exitCode = 1;
  if (isOld && !values.update) {
    const isThere = before.includes(`<!-- ${slug} -->`);
    const what = `docs/kill-matrix.md ${isThere ? 'is out of date' : 'does not have this lab yet'}`;
    console.log(`${what}: npm run mutants -- --lab ${slug} --update`);
    if (isThere) process.exitCode = 1;
  }
}
