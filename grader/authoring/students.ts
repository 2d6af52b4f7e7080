/**
 * The course as students get it: the command, the grader and the labs that were chosen, without
 * solutions, planted bugs, hidden parts and the grader's own tests. It works on its own.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { labFolder, ROOT } from '../paths.ts';

export interface StudentsOptions {
  /** Labs to hand out. */
  readonly labs: readonly string[];
  /** Labs whose solution is included, so that `--with-reference` works: those of an earlier term, say. */
  readonly references: readonly string[];
}

/** Path below the new folder → contents. */
export function studentFiles({ labs, references }: StudentsOptions): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  const put = (name: string, text: string) => files.set(name, Buffer.from(text));
  for (const name of WHOLE) for (const file of filesBelow(name)) files.set(file, read(file));
  for (const slug of labs) {
    for (const base of ['labs', 'outages']) {
      for (const file of filesBelow(join(base, slug))) files.set(file, read(file));
      // Parts of a lab that students do not see are in a file of their own.
      const hidden = join(base, slug, 'hidden.ts');
      if (files.has(hidden)) put(hidden, HIDDEN);
      for (const file of files.keys()) {
        if (file.startsWith(join(base, slug, 'hidden/'))) files.delete(file);
      }
    }
  }
  for (const slug of references) {
    for (const file of filesBelow(join('solutions', slug))) {
      if (!/\/(mutants|variants)\.ts$|messages\.txt$/.test(file)) files.set(file, read(file));
    }
  }
  for (const index of ['labs/index.ts', 'outages/index.ts']) {
    const text = readIfThere(index);
    if (text !== undefined) put(index, indexOf(text, labs));
  }
  put('package.json', packageOf(JSON.parse(read('package.json').toString())));
  put('README.md', readme(labs));
  put('.gitignore', 'node_modules/\ndist/\n.lab/\n*.log\n');
  put('.github/workflows/grade.yml', read('docs/templates/github-grade.yml').toString());
  return files;
}

const WHOLE = [
  'bin',
  'cli',
  'grader',
  'scripts/build.mjs',
  'tsconfig.json',
  'package-lock.json',
  'LICENSE',
];
const LEFT = /\.test\.ts$|\/__snapshots__\/|\/testdata\//;
const KEPT_TESTS = /^labs\/[^/]+\/[^/]+\.test\.ts$/;

const HIDDEN = `/** Parts that a course keeps to itself; none here. */
import type { Part } from 'faultlab';

const parts: readonly Part[] = [];
export default parts;
`;

const read = (name: string) => readFileSync(join(ROOT, name));

function readIfThere(name: string): string | undefined {
  try {
    return read(name).toString();
  } catch {
    return undefined;
  }
}

function filesBelow(name: string): string[] {
  let entries: ReturnType<typeof list>;
  try {
    entries = list(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return [name];
    if (code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((entry) => !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .flatMap((entry) => filesBelow(`${name}/${entry.name}`))
    .filter((file) => KEPT_TESTS.test(file) || !LEFT.test(file));
}

const list = (name: string) => readdirSync(join(ROOT, name), { withFileTypes: true });

/** The syllabus of these labs, without their planted bugs. */
function indexOf(text: string, labs: readonly string[]): string {
  const entry = /^ {2}[\w]+\(\n(?: {4}.*\n)*? {2}\),\n/gm;
  return text
    .replace(entry, (call) => (labs.some((slug) => call.includes(`'${slug}'`)) ? call : ''))
    .replace(
      /\(\) => import\('[^']*\/(mutants|variants)\.ts'\)/g,
      '() => Promise.resolve({ default: [] })',
    );
}

function packageOf(own: Record<string, unknown>): string {
  const scripts = { prepare: 'node scripts/build.mjs', test: 'vitest run labs' };
  return `${JSON.stringify({ ...own, scripts }, null, 2)}\n`;
}

const readme = (labs: readonly string[]) => `# Distributed systems, learned by building

\`\`\`sh
npm ci                       # Node 20.19 or newer; nothing else
npx lab                      # the syllabus, with your progress
npx lab start ${(labs[0] ?? '').padEnd(14)} # puts a skeleton into work/${labs[0]}/; read labs/${labs[0]}/README.md
npx lab test ${`${labs[0]} --watch`.padEnd(15)} # tests on every save, the failing scenario first
npx lab hint                 # when you are stuck
\`\`\`

Your work is what is in \`work/\`: commit it. Everything else is replaced when it is graded.

${labs.map((slug) => `- [${slug}](${relative(ROOT, labFolder(slug))}/README.md)`).join('\n')}
`;
