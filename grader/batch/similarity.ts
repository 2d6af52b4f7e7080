/**
 * A class as Dolos and JPlag want it: what students wrote themselves, and the base code they were given,
 * which is no sign of copying. What a likeness means is for people to judge; no points depend on it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Lab } from '../lab.ts';
import { givenFile, labFolder } from '../paths.ts';
import { line } from '../report/formats/csv.ts';
import { withTaken } from '../submission/taken.ts';
import type { Student } from './roster.ts';

export const TOOLS = ['dolos', 'jplag'] as const;
export type Tool = (typeof TOOLS)[number];

export interface HandedIn {
  readonly student: Student;
  readonly lab: Lab;
  readonly folder: string;
}

export interface Written {
  readonly lab: string;
  readonly students: number;
  /** What to type next. */
  readonly command: string;
  /** Whose submission was left out, and why. */
  readonly leftOut: readonly { readonly student: string; readonly why: string }[];
}

type Sources = ReadonlyMap<string, string>;

/** Writes `<out>/<lab>/` for each lab that somebody handed in. */
export async function exportForTool(
  tool: Tool,
  submissions: readonly HandedIn[],
  out: string,
): Promise<readonly Written[]> {
  const labs = new Map(submissions.map(({ lab }) => [lab.slug, lab]));
  return Promise.all(
    [...labs.values()].map(async (lab) => {
      const base = join(out, lab.slug);
      const own = submissions.filter((one) => one.lab.slug === lab.slug);
      const leftOut: { student: string; why: string }[] = [];
      const taken: { student: Student; sources: Sources }[] = [];
      for (const { student, folder } of own) {
        await withTaken({ slug: lab.slug }, folder, {}, async ({ folder, problems: [problem] }) => {
          if (problem)
            leftOut.push({ student: student.name, why: `${problem.where}: ${problem.text}` });
          else taken.push({ student, sources: ownSources(lab, folder) });
        });
      }
      const skeleton = ownSources(lab, join(labFolder(lab.slug), 'skeleton'));
      const [files, command] = LAYOUTS[tool](base, skeleton, taken);
      for (const [name, text] of files) put(join(base, name), text);
      return { lab: lab.slug, students: taken.length, command, leftOut };
    }),
  );
}

type Layout = (
  base: string,
  skeleton: Sources,
  taken: readonly { readonly student: Student; readonly sources: Sources }[],
) => readonly [ReadonlyMap<string, string>, string];

const LAYOUTS: Readonly<Record<Tool, Layout>> = {
  /** Compares single files; `info.csv` says whose each one is, and which is base code. */
  dolos(base, skeleton, taken) {
    const files = new Map([['skeleton.ts', whole(skeleton)]]);
    const columns = ['filename', 'full_name', 'id', 'created_at', 'labels', 'ignored'];
    const rows = [['skeleton.ts', 'skeleton', '', '', '', 'true']];
    for (const { student, sources } of taken) {
      const { name, submittedAt = '', columns: known } = student;
      files.set(`files/${name}.ts`, whole(sources));
      rows.push([`files/${name}.ts`, name, name, submittedAt, known.section ?? '', '']);
    }
    files.set('info.csv', [columns, ...rows].map(line).join(''));
    return [files, `dolos run -f web -l typescript ${join(base, 'info.csv')}`];
  },
  /** A folder per student, and one with the base code. */
  jplag(base, skeleton, taken) {
    const files = new Map<string, string>();
    const add = (folder: string, sources: Sources) => {
      for (const [name, text] of sources) files.set(`${folder}/${name}`, text);
    };
    add('skeleton', skeleton);
    for (const { student, sources } of taken) add(`submissions/${student.name}`, sources);
    const [base_, root] = [join(base, 'skeleton'), join(base, 'submissions')];
    return [files, `java -jar jplag.jar -l typescript -bc ${base_} ${root}`];
  },
};

/** What a student may have written: TypeScript that the lab does not give. */
function ownSources({ slug, given }: Lab, folder: string): Sources {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const isGiven = (name: string) => given.includes(name) && existsSync(givenFile(slug, name));
  const own = names.filter((name) => name.endsWith('.ts') && !isGiven(name));
  return new Map(own.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

const whole = (sources: Sources) =>
  [...sources].map(([name, text]) => `// ${name}\n${text.trimEnd()}\n`).join('\n');

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
