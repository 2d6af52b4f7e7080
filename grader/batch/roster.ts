/** Who handed in what: a folder with one folder per student, or a CSV file that says more. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';

export interface Student {
  /** Unique, and safe as a file name. */
  readonly name: string;
  /** Full path of what was handed in; it need not exist. */
  readonly folder: string;
  /** ISO 8601. */
  readonly submittedAt?: string;
  readonly extensionDays: number;
  /** All columns of the roster, for the export. */
  readonly columns: Readonly<Record<string, string>>;
}

/** One sentence, with the line it is about. */
export class RosterProblem extends Error {
  override readonly name = 'RosterProblem';
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/;
const NAME_COLUMNS = ['student', 'username', 'name', 'id'];

/** Sorted by name, so that shards and repeats see one order. @throws {RosterProblem} */
export function readRoster(path: string): readonly Student[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (!isFolder && !existsSync(path)) throw new RosterProblem('it does not exist');
  const students = isFolder ? fromFolder(path) : fromCsv(path);
  const latest = new Map<string, Student>();
  for (const student of students) {
    const key = student.name.toLowerCase();
    const other = latest.get(key);
    if (other === undefined || later(student, other)) latest.set(key, student);
  }
  if (students.length === 0) throw new RosterProblem('it lists nobody');
  return [...latest.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Of several submissions by a student, the latest counts. @throws {RosterProblem} when that is unclear */
function later(one: Student, other: Student): boolean {
  if (one.name === other.name && one.submittedAt && other.submittedAt)
    return Date.parse(one.submittedAt) > Date.parse(other.submittedAt);
  const name = JSON.stringify(one.name);
  throw new RosterProblem(
    `the student ${name} is listed twice; with a column submitted_at, the latest would count`,
  );
}

function fromFolder(path: string): Student[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => {
      checkName(name, 'folder');
      return { name, folder: resolve(path, name), extensionDays: 0, columns: { student: name } };
    });
}

function fromCsv(path: string): Student[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(readFileSync(path), {
      columns: true,
      trim: true,
      bom: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    throw new RosterProblem((error as Error).message);
  }
  return rows.map((columns, i) => {
    const line = `line ${i + 2}`;
    const column = NAME_COLUMNS.find((known) => columns[known]);
    if (column === undefined) {
      throw new RosterProblem(
        `${line} has no name; fill in one of the columns ${NAME_COLUMNS.join(', ')}`,
      );
    }
    const name = columns[column] as string;
    checkName(name, line);
    const { submitted_at: submittedAt = '', extension_days: days = '' } = columns;
    if (submittedAt !== '' && Number.isNaN(Date.parse(submittedAt))) {
      throw new RosterProblem(
        `${line}: submitted_at is ${JSON.stringify(submittedAt)}, not an ISO 8601 date`,
      );
    }
    if (days !== '' && !/^\d+(\.\d+)?$/.test(days)) {
      throw new RosterProblem(
        `${line}: extension_days is ${JSON.stringify(days)}, not a number of days`,
      );
    }
    const folder = resolve(dirname(path), columns.dir || name);
    const when = submittedAt === '' ? {} : { submittedAt };
    return { name, folder, ...when, extensionDays: Number(days), columns };
  });
}

function checkName(name: string, where: string): void {
  if (NAME.test(name)) return;
  throw new RosterProblem(
    `${where}: the name ${JSON.stringify(name)} cannot be used for a result folder; use letters, digits, ".", "_", "@" and "-"`,
  );
}

/** Part `index` (from 1) of `count`: the same students on whichever machine. */
export function shardOf<T>(
  all: readonly T[],
  { index, count }: { index: number; count: number },
): T[] {
  return all.filter((_, i) => i % count === index - 1);
}

/** The folder of a student in a folder of results. */
export const resultFolder = (out: string, student: string) => join(out, 'students', student);
