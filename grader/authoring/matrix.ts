/**
 * The kill matrix of a lab: which scenario finds which planted bug. It shows what a scenario is for, which
 * bugs hang by a single thread, and which scenario finds nothing that another does not.
 */
import { join } from 'node:path';
import { grade } from '../grade.ts';
import { isSimulated, type Lab, seedCounts } from '../lab.ts';
import type { Mutant } from '../mutant.ts';
import { ROOT } from '../paths.ts';
import { type Cell, performAll, scenariosOf } from './crew.ts';

/** A planted bug, and what happened in each scenario that was tried. */
export interface MatrixRow {
  readonly name: string;
  /** The scenario that was written for it. */
  readonly killedBy: string;
  /** By scenario: the first seed at which the bug was found, 0 when at none, undefined when undecided. */
  readonly foundAt: ReadonlyMap<string, number | undefined>;
}

export interface MatrixOptions {
  readonly lab: Lab;
  /** Those that nothing can tell from the solution are left out. */
  readonly mutants: readonly Mutant[];
  /** Each scenario gets as many seeds as the lab sets for this mode. @default 'test' */
  readonly mode?: 'test' | 'grade';
  /** Called in the order in which they are done. */
  readonly onRow?: (row: MatrixRow) => void;
}

/** Tries each planted bug in every scenario; rows as in `mutants`. */
export async function killMatrix(options: MatrixOptions): Promise<readonly MatrixRow[]> {
  const { lab, mutants, mode = 'test', onRow } = options;
  const live = mutants.filter(({ equivalent }) => equivalent === undefined);
  const rows = new Map<Mutant, MatrixRow>();
  const add = (mutant: Mutant, foundAt: MatrixRow['foundAt']) => {
    const row = { name: mutant.name, killedBy: mutant.killedBy, foundAt };
    rows.set(mutant, row);
    onRow?.(row);
  };
  if (isSimulated(lab)) {
    const scenarios = scenariosOf(lab).map((scenario) => {
      return { id: scenario.id, seeds: seedCounts(lab, scenario)[mode] };
    });
    const tasks = live.map((mutant) => {
      return { lab: lab.slug, edit: mutant.edit, scenarios, stopAtFailure: true, mutant };
    });
    await performAll(tasks, ({ mutant }, cells) => add(mutant, foundIn(cells)));
  } else {
    // On real servers, one after the other: each takes the whole machine.
    for (const mutant of live) add(mutant, await foundOnServers(lab, mutant, mode));
  }
  return live.map((mutant) => rows.get(mutant) as MatrixRow);
}

function foundIn(cells: readonly Cell[]): MatrixRow['foundAt'] {
  const found = cells.map(({ scenario, failures: [first] }) => {
    if (first === undefined) return [scenario, 0] as const;
    return [scenario, first.verdict === 'failed' ? first.seed : undefined] as const;
  });
  return new Map(found);
}

async function foundOnServers(
  lab: Lab,
  { edit }: Mutant,
  mode: 'test' | 'grade',
): Promise<MatrixRow['foundAt']> {
  const used = (lab.uses ?? []).map((slug) => [slug, join(ROOT, 'solutions', slug)]);
  const report = await grade({
    lab: lab.slug,
    submission: join(ROOT, 'solutions', lab.slug),
    edits: edit,
    uses: Object.fromEntries(used),
    seeds: { mode },
    only: lab.parts.flatMap((part) => part.scenarios.map(({ id }) => id)),
    evenIfBlocked: true,
  });
  const all = report.parts.flatMap((part) => part.scenarios);
  const found = all.map(({ id, verdict, firstBad }) => {
    if (verdict === 'passed') return [id, 0] as const;
    return [id, verdict === 'failed' ? firstBad?.seed : undefined] as const;
  });
  return new Map(found);
}

const COLUMNS = 80;

/** The matrix as text: a line for each bug, a column for each scenario, its name above it. */
export function matrixLines(scenarios: readonly string[], rows: readonly MatrixRow[]): string[] {
  const width = Math.max(...scenarios.map((id) => id.length));
  const marks = (row: MatrixRow) => scenarios.map((id) => markOf(row, id)).join('');
  const roomMin = COLUMNS - scenarios.length - 9;
  const name = Math.min(Math.max(...rows.map((row) => row.name.length)), Math.max(20, roomMin));
  const cut = (text: string) => (text.length > name ? `${text.slice(0, name - 1)}…` : text);
  const heads = Array.from({ length: width }, (_, i) => {
    return `${' '.repeat(name + 2)}${scenarios.map((id) => id[i] ?? ' ').join('')}`.trimEnd();
  });
  const lines = rows.map((row) => {
    const isFound = (row.foundAt.get(row.killedBy) ?? 0) > 0;
    return `${cut(row.name).padEnd(name)}  ${marks(row)}  ${row.killedBy}${isFound ? '' : ' !'}`;
  });
  const total = `${'bugs found'.padEnd(name)}  `;
  const alone = scenarios.filter((id) => rows.some((row) => onlyBy(row) === id));
  const idle = scenarios.filter((id) => rows.every((row) => (row.foundAt.get(id) ?? 0) === 0));
  return [
    ...heads,
    ...lines,
    `${total}${rows.filter((row) => isFoundByAny(row)).length} of ${rows.length}`,
    ...summary('the only one to find some bug', alone),
    ...summary('finds none of these bugs', idle),
  ];
}

/** What the marks of {@link matrixLines} mean. */
export const MATRIX_LEGEND = [
  '● found at the first seed   ○ at a later one of lab test   · not   ? undecided',
  'right: the scenario that was written for the bug; ! if it does not find it',
];

function markOf({ foundAt }: MatrixRow, scenario: string): string {
  if (!foundAt.has(scenario)) return ' ';
  const at = foundAt.get(scenario);
  if (at === undefined) return '?';
  return at === 0 ? '·' : at === 1 ? '●' : '○';
}

/** Whether some scenario finds the bug. */
export const isFoundByAny = ({ foundAt }: MatrixRow) =>
  [...foundAt.values()].some((at) => (at ?? 0) > 0);

function onlyBy({ foundAt }: MatrixRow): string | undefined {
  const by = [...foundAt].filter(([, at]) => (at ?? 0) > 0);
  return by.length === 1 ? by[0]?.[0] : undefined;
}

function summary(what: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const lines = [`${what}:`];
  for (const id of ids) {
    const last = lines.at(-1) as string;
    if (last.length + id.length + 1 <= COLUMNS) lines[lines.length - 1] = `${last} ${id}`;
    else lines.push(`  ${id}`);
  }
  return lines;
}
