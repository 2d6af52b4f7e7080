/**
 * A student's files: `work/<lab>/` of the checkout that the command is called in. Nothing here ever
 * overwrites or removes a student's file that is not in a backup.
 */
import {
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { Lab } from '../grader/lab.ts';
import { UsageError } from './errors.ts';
import { labFolder, ROOT } from './root.ts';

/** The checkout around `cwd`; without one, the package itself, or the project it is installed in. */
export function findWorkspace(cwd = process.cwd()): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (isCheckout(folder)) return folder;
    // Anything below node_modules is gone with the next installation.
    if (dirname(folder) === folder) return ROOT.split(`${sep}node_modules${sep}`)[0] as string;
  }
}

function isCheckout(folder: string): boolean {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === 'faultlab';
  } catch {
    return false;
  }
}

export function workFolder(root: string, slug: string): string {
  return join(root, 'work', slug);
}

/** A path as a user would type it. */
export function shown(path: string, cwd = process.cwd()): string {
  const short = relative(cwd, path);
  return short === '' ? '.' : short.startsWith('..') ? path : short;
}

/** All files below a folder, relative to it, sorted; without node_modules and hidden files. */
export function filesIn(folder: string, below = ''): string[] {
  if (!existsSync(join(folder, below))) return [];
  return readdirSync(join(folder, below), { withFileTypes: true })
    .filter((e) => !e.name.startsWith('.') && e.name !== 'node_modules')
    .flatMap((e) => {
      const path = join(below, e.name);
      return e.isDirectory() ? filesIn(folder, path) : [path];
    })
    .sort();
}

type LabFiles = Pick<Lab, 'slug' | 'given'>;

/** What a lab begins with: name → source. The grader's own copy of a given file wins. */
function startingFiles(lab: LabFiles, from: string): Map<string, string> {
  const skeleton = join(from, 'skeleton');
  const files = new Map(filesIn(skeleton).map((name) => [name, join(skeleton, name)]));
  for (const name of lab.given) {
    if (existsSync(join(from, name))) files.set(name, join(from, name));
  }
  return files;
}

/** Fills `work/<lab>/`; existing files are kept as they are. */
export function start(
  root: string,
  lab: LabFiles,
  from = labFolder(lab.slug),
): { created: string[]; kept: string[] } {
  const created: string[] = [];
  const kept: string[] = [];
  const folder = workFolder(root, lab.slug);
  for (const [name, source] of startingFiles(lab, from)) {
    const target = join(folder, name);
    mkdirSync(dirname(target), { recursive: true });
    try {
      copyFileSync(source, target, constants.COPYFILE_EXCL);
      created.push(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      kept.push(name);
    }
  }
  return { created, kept };
}

/** Copies `work/<lab>/` to `.lab/backups/<lab>-<time>/` and returns that folder. */
export function backUp(root: string, slug: string, now = new Date()): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(':', '-');
  const base = join(root, '.lab', 'backups', `${slug}-${stamp}`);
  let target = base;
  for (let i = 2; existsSync(target); i++) target = `${base}-${i}`;
  cpSync(workFolder(root, slug), target, { recursive: true, errorOnExist: true, force: false });
  return target;
}

/** Begins a lab again, after a backup. The folder itself stays, for shells whose working directory it is. */
export function reset(root: string, lab: LabFiles, from = labFolder(lab.slug)): string {
  const folder = workFolder(root, lab.slug);
  const backup = backUp(root, lab.slug);
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  start(root, lab, from);
  return backup;
}

/** Throws unless `work/<lab>/` has the file that the lab is about. */
export function startedFolder(root: string, lab: Pick<Lab, 'slug' | 'entry'>): string {
  const folder = workFolder(root, lab.slug);
  if (existsSync(join(folder, lab.entry))) return folder;
  const missing = existsSync(folder) ? join(folder, lab.entry) : folder;
  throw new UsageError({ what: `${shown(missing)} does not exist`, todo: `lab start ${lab.slug}` });
}

/** Lets editors check `work/` as they do the course. Skipped when `work/` has settings, or the course none. */
export function writeTypeSettings(root: string): void {
  const file = join(root, 'work', 'tsconfig.json');
  if (existsSync(file) || !existsSync(join(root, 'tsconfig.json'))) return;
  mkdirSync(dirname(file), { recursive: true });
  const settings = { extends: '../tsconfig.json', include: ['.'], exclude: [] };
  writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`);
}

/** Breakpoints for VS Code, unless the student has a launch file already. */
export function writeLaunchFile(root: string): boolean {
  const file = join(root, '.vscode', 'launch.json');
  if (existsSync(file)) return false;
  mkdirSync(dirname(file), { recursive: true });
  const configuration = {
    name: 'lab: debug the last failing run',
    type: 'node',
    request: 'launch',
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of VS Code
    program: '${workspaceFolder}/bin/lab.mjs',
    args: ['test', '--inspect'],
    cwd: '${workspaceFolder}',
    console: 'integratedTerminal',
    skipFiles: ['<node_internals>/**', '${workspaceFolder}/dist/**'],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of VS Code
  };
  const text = JSON.stringify({ version: '0.2.0', configurations: [configuration] }, null, 2);
  writeFileSync(file, `${text}\n`);
  return true;
}
