/**
 * Every planted bug against every scenario. Bars: with the seeds of `lab test` at least 95 % of the
 * bugs are found, with those of `lab grade` all, each also by the scenario that it names.
 * `npm run mutants [-- --lab SLUG --mutant NAME,NAME --update]`; the last writes docs/kill-matrix.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { matrixLines } from '../grader/authoring/matrix.ts';
import { isSimulated, type Mutant, type Scenario, type SimulatedLab } from '../grader/lab.ts';
import { ROOT } from '../grader/paths.ts';
import { course } from '../outages/index.ts';
import { type Cell, isCrewMember, performAll, scenariosOf } from './matrix.ts';

const TEST_SHARE_MIN = 0.95;
const COLUMNS = 80;

interface Row {
  readonly mutant: Mutant;
  readonly kills: readonly Cell[];
}

const seedOf = (cell: Cell) => cell.failures[0]?.seed as number;

/** Runs each mutant once per scenario, up to the first failing seed; rows in the order of `mutants`. */
async function killsOf(
  lab: string,
  mutants: readonly Mutant[],
  scenarios: readonly Scenario[],
  mode: 'test' | 'grade',
): Promise<Row[]> {
  const found = new Map<Mutant, readonly Cell[]>();
  const plan = scenarios.map(({ id, seeds }) => ({ id, seeds: seeds?.[mode] ?? 5 }));
  const tasks = mutants.map((mutant) => {
    return { lab, edit: mutant.edit, scenarios: plan, stopAtFailure: true, mutant };
  });
  await performAll(tasks, ({ mutant }, cells) => {
    found.set(
      mutant,
      cells.filter(({ failures }) => failures.length > 0),
    );
  });
  return mutants.map((mutant) => ({ mutant, kills: found.get(mutant) ?? [] }));
}

/** Name, first killing scenario and seed; below, all that kill, as `A7:12`. */
function print({ mutant, kills }: Row): void {
  const [first] = kills;
  const named = kills.some(({ scenario }) => scenario === mutant.killedBy);
  const by = first ? `${first.scenario} seed ${seedOf(first)}` : 'survives';
  const mark = first === undefined ? '✗' : named ? ' ' : '!';
  console.log(`${mark} ${(mutant.id ?? '').padEnd(4)}${mutant.name.padEnd(42)}${by}`);
  let line = '     ';
  for (const cell of kills) {
    const text = ` ${cell.scenario}:${seedOf(cell)}`;
    if (line.length + text.length > COLUMNS) {
      console.log(line);
      line = '     ';
    }
    line += text;
  }
  if (kills.length > 0) console.log(line);
}

const PAGE = join(ROOT, 'docs', 'kill-matrix.md');

/** The page with this lab's matrix; the labs stand there in the order of the course. */
function withMatrix(page: string, slug: string, title: string, lines: readonly string[]): string {
  const section = [`## ${title}`, '', '```text', ...lines, '```', ''].join('\n');
  const [head = '', ...old] = page.split(/^(?=<!-- )/m);
  const sections = new Map(old.map((text) => [/^<!-- (\S+) -->/.exec(text)?.[1] ?? '', text]));
  sections.set(slug, `<!-- ${slug} -->\n\n${section}\n`);
  const inOrder = course.flatMap((entry) => sections.get(entry.slug)?.trimEnd() ?? []);
  return `${[head.trimEnd(), ...inOrder].join('\n\n')}\n`;
}

/** Writes the matrix into the page, or says that what stands there is old. */
function tellPage(lab: SimulatedLab, rows: readonly Row[], update: boolean): void {
  const ids = scenariosOf(lab).map(({ id }) => id);
  const cells = rows.map(({ mutant: { name, killedBy }, kills }) => {
    const foundAt = new Map<string, number | undefined>(ids.map((id) => [id, 0]));
    for (const kill of kills) {
      const isFailed = kill.failures[0]?.verdict === 'failed';
      foundAt.set(kill.scenario, isFailed ? seedOf(kill) : undefined);
    }
    return { name, killedBy, foundAt };
  });
  const before = readFileSync(PAGE, 'utf8');
  const after = withMatrix(before, lab.slug, lab.title, matrixLines(ids, cells));
  if (update) writeFileSync(PAGE, after);
  else if (before !== after) {
    console.log(`docs/kill-matrix.md is old: npm run mutants -- --lab ${lab.slug} --update`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      lab: { type: 'string' },
      mutant: { type: 'string' },
      update: { type: 'boolean', default: false },
    },
  });
  const wanted = values.mutant?.split(',');
  for (const { slug, load, mutants } of course) {
    if (slug !== (values.lab ?? slug)) continue;
    const lab = await load();
    if (!isSimulated(lab)) continue;
    const scenarios = scenariosOf(lab);
    const all = await mutants();
    const live = all.filter(
      ({ name, equivalent }) => equivalent === undefined && (wanted?.includes(name) ?? true),
    );
    console.log(`${slug}: ${live.length} bugs × ${scenarios.length} scenarios, seeds of lab test`);
    const rows = await killsOf(slug, live, scenarios, 'test');
    for (const row of rows) print(row);
    if (wanted === undefined) tellPage(lab, rows, values.update);

    // A bug that its own scenario did not find in the few seeds of a test gets those of a grading.
    const doubtful = rows.filter(
      ({ mutant, kills }) => !kills.some(({ scenario }) => scenario === mutant.killedBy),
    );
    const again = await killsOf(
      slug,
      doubtful.map(({ mutant }) => mutant),
      scenarios,
      'grade',
    );
    if (again.length > 0) console.log('\nnot found by the scenario they name; seeds of lab grade');
    for (const row of again) print(row);

    const inTest = rows.filter(({ kills }) => kills.length > 0).length;
    const missed = again.filter(({ kills }) => kills.length === 0).length;
    const elsewhere = again.filter(
      ({ mutant, kills }) => !kills.some(({ scenario }) => scenario === mutant.killedBy),
    ).length;
    const inGrade = live.length - missed;
    console.log(
      `\nlab test finds ${inTest} of ${live.length}, lab grade ${inGrade}; ${elsewhere} not by the scenario they name; ${all.length - live.length} equivalent or left out`,
    );
    if (inTest < TEST_SHARE_MIN * live.length || missed + elsewhere > 0) process.exitCode = 1;
  }
}

if (!isCrewMember()) await main();
