/**
 * The kill matrix of a lab: which scenario finds which planted bug. It shows what a scenario is for, which
 * bugs hang by one thread, and which scenario tells nothing that another does not.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { grade } from '../grade.ts';
import type { Lab, Mutant } from '../lab.ts';
import { ROOT } from '../paths.ts';
import type { Report } from '../report/report.ts';

/** A planted bug, and what happened in each scenario that was tried. */
export interface MatrixRow {
  readonly name: string;
  /** The scenario that was written for it. */
  readonly killedBy: string;
  /**
   * By scenario: at which of its seeds, counted from 1, the bug was found; 0 when at none, and undefined
   * when no verdict could be reached.
   */
  readonly foundAt: ReadonlyMap<string, number | undefined>;
}

export interface MatrixOptions {
  readonly lab: Lab;
  /** Those that nothing can tell from the solution are left out. */
  readonly mutants: readonly Mutant[];
  /** Called in the order in which they are done. */
  readonly onRow?: (row: MatrixRow) => void;
}

/** Grades each planted bug by every scenario, with the seeds of `lab test`; rows as in `mutants`. */
export async function killMatrix(options: MatrixOptions): Promise<readonly MatrixRow[]> {
  const { lab, onRow } = options;
  const waiting = options.mutants.filter(({ equivalent }) => equivalent === undefined).entries();
  const rows: MatrixRow[] = [];
  const work = async () => {
    for (const [i, mutant] of waiting) {
      const row = rowOf(mutant, await gradeMutant(lab, mutant));
      rows[i] = row;
      onRow?.(row);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return rows;
}

function gradeMutant(lab: Lab, { edit }: Mutant): Promise<Report> {
  const used = (lab.uses ?? []).map((slug) => [slug, join(ROOT, 'solutions', slug)]);
  return grade({
    lab: lab.slug,
    submission: join(ROOT, 'solutions', lab.slug),
    edits: edit,
    uses: Object.fromEntries(used),
    seeds: { mode: 'test' },
    only: lab.parts.flatMap((part) => part.scenarios.map(({ id }) => id)),
    evenIfBlocked: true,
    jobs: 1,
    shrinkBudget: 0,
  });
}

function rowOf({ name, killedBy }: Mutant, report: Report): MatrixRow {
  const all = report.parts.flatMap((part) => part.scenarios);
  const found = all.map(({ id, verdict, firstBad }) => {
    if (verdict === 'passed') return [id, 0] as const;
    return [id, verdict === 'failed' ? firstBad?.seed : undefined] as const;
  });
  return { name, killedBy, foundAt: new Map(found) };
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
  'right: the scenario that was written for it; ! where it does not find it',
];

function markOf({ foundAt }: MatrixRow, scenario: string): string {
  if (!foundAt.has(scenario)) return ' ';
  const at = foundAt.get(scenario);
  if (at === undefined) return '?';
  return at === 0 ? '·' : at === 1 ? '●' : '○';
}

const isFoundByAny = ({ foundAt }: MatrixRow) => [...foundAt.values()].some((at) => (at ?? 0) > 0);

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
