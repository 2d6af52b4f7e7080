/** Where the parts of the package are, in a checkout and in its compiled form (`dist/`). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Lab } from './lab.ts';

const here = dirname(fileURLToPath(import.meta.url));

function findRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'faultlab')
      return folder;
    if (dirname(folder) === folder) throw new Error(`no package.json of faultlab above ${from}`);
  }
}

/** The folder of the package. */
export const ROOT = findRoot(here);

/** The compiled worker: child processes run JavaScript only. */
export const WORKER_FILE = join(ROOT, 'dist', 'grader', 'worker.js');

/** The compiled member of a crew, for bulk runs of the course's own code. */
export const CREW_FILE = join(ROOT, 'dist', 'grader', 'authoring', 'crew-member.js');

/** The compiled program of a process that holds one node: a single file, handed over as text. */
export const NODE_MAIN_FILE = join(ROOT, 'dist', 'grader', 'realm', 'node-main.js');

/** The source of what lives inside a realm. */
export const BOOT_FILE = join(ROOT, 'grader', 'realm', 'boot.ts');

/** Labs and outages; an outage is a lab with another story. */
const COLLECTIONS = ['labs', 'outages'] as const;

const collectionOf = (slug: string): (typeof COLLECTIONS)[number] =>
  COLLECTIONS.find((name) => existsSync(join(ROOT, name, slug))) ?? 'labs';

/** The folder with the definition and the handout of a lab or an outage. */
export function labFolder(slug: string): string {
  return join(ROOT, collectionOf(slug), slug);
}

/** The grader's copy of a file that a lab gives: beside the lab, or else in its skeleton. */
export function givenFile(slug: string, name: string): string {
  const beside = join(labFolder(slug), name);
  return existsSync(beside) ? beside : join(labFolder(slug), 'skeleton', name);
}

/** Loads the definition of a lab by its folder name. @throws {Error} when there is none */
export async function loadLab(slug: string): Promise<Lab> {
  // A worker that grades for a course may read nothing but what is compiled.
  const compiled = here.startsWith(join(ROOT, 'dist'));
  const [base, name] = compiled ? [join(ROOT, 'dist'), 'lab.js'] : [ROOT, 'lab.ts'];
  const files = COLLECTIONS.map((collection) => join(base, collection, slug, name));
  const file = /^[a-z0-9-]+$/.test(slug) ? files.find((path) => existsSync(path)) : undefined;
  if (file === undefined) throw new Error(`there is no lab "${slug}"`);
  return ((await import(pathToFileURL(file).href)) as { default: Lab }).default;
}
