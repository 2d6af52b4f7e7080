/**
 * Takes a submission in: copies what a lab can use into a folder of the grader's own, and nothing
 * else. Whoever wrote the folder may have put anything there – links out of it, pipes that never end,
 * ten thousand files, a `node_modules` in our name – so only regular files of plain names are read,
 * each up to a limit, and what is not needed is left where it is. Nothing is ever run from there.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join } from 'node:path';
import type { BuildProblem } from '../report/report.ts';

export const LIMITS = {
  files: 200,
  fileBytes: 1024 * 1024,
  totalBytes: 8 * 1024 * 1024,
  depth: 8,
  /** Entries of any kind that are looked at before giving up. */
  entries: 5000,
  nameChars: 100,
} as const;

/** What labs are made of; all else is left behind. */
const KEPT = new Set(['.ts', '.json', '.md']);
/** Part of a project, not of a submission: never copied, and no cause for complaint. */
const LEFT = new Set([
  'node_modules',
  'dist',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
]);
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export interface Collected {
  /** Why nothing was taken; empty when all is well. */
  readonly problems: readonly BuildProblem[];
  /** Relative paths of what was copied, sorted. */
  readonly files: readonly string[];
  /** SHA-256 over names and contents of what was copied, hex: two equal submissions are equal here. */
  readonly hash: string;
}

interface Found {
  readonly name: string;
  readonly contents: Buffer;
}

/** Copies the files of `folder` to `to`, which must be the grader's own and empty. */
export function collect(folder: string, to: string): Collected {
  const walk = new Walk(folder);
  walk.enter('', 0);
  const files = walk.found.sort((a, b) => (a.name < b.name ? -1 : 1));
  const { problems } = walk;
  if (problems.length > 0) return { problems, files: [], hash: '' };
  const hash = createHash('sha256');
  for (const { name, contents } of files) {
    const path = join(to, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents, { flag: 'wx' });
    hash.update(`${name}\0${contents.length}\0`).update(contents);
  }
  return { problems, files: files.map(({ name }) => name), hash: hash.digest('hex') };
}

class Walk {
  readonly found: Found[] = [];
  readonly problems: BuildProblem[] = [];
  readonly #root: string;
  readonly #seen = new Map<string, string>();
  #entries = 0;
  #bytes = 0;

  constructor(root: string) {
    this.#root = root;
  }

  enter(below: string, depth: number): undefined {
    if (depth > LIMITS.depth) return this.#refuse(below, `folders deeper than ${LIMITS.depth}`);
    for (const entry of readdirSync(join(this.#root, below), { withFileTypes: true })) {
      if (this.problems.length >= 10) return;
      if (++this.#entries > LIMITS.entries) {
        return this.#refuse(below, `more than ${LIMITS.entries} files and folders`);
      }
      if (entry.name.startsWith('.') || LEFT.has(entry.name)) continue;
      this.#take(below === '' ? entry.name : `${below}/${entry.name}`, entry, depth);
    }
  }

  #take(name: string, entry: Dirent, depth: number): undefined {
    if (entry.isSymbolicLink()) return this.#refuse(name, 'a link', 'Hand in the file itself.');
    if (!NAME.test(entry.name) || entry.name.length > LIMITS.nameChars) {
      const advice = `Names have letters, digits, ".", "_" and "-", at most ${LIMITS.nameChars}.`;
      return this.#refuse(name, `the name ${JSON.stringify(entry.name)}`, advice);
    }
    if (entry.isDirectory()) return this.enter(name, depth + 1);
    if (!KEPT.has(extname(entry.name))) return;
    const twin = this.#seen.get(name.toLowerCase());
    if (twin !== undefined)
      return this.#refuse(name, `a name that differs from ${twin} in case only`);
    this.#seen.set(name.toLowerCase(), name);
    if (this.found.length >= LIMITS.files)
      return this.#refuse(name, `more than ${LIMITS.files} files`);
    this.#read(name);
  }

  /** The name may by now lead to something else than was listed: what counts is the file that was opened. */
  #read(name: string): undefined {
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
    let file: number;
    try {
      file = openSync(join(this.#root, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      return this.#refuse(
        name,
        `a file that cannot be opened (${(error as { code: string }).code})`,
      );
    }
    try {
      const { size, nlink } = fstatSync(file);
      if (!fstatSync(file).isFile())
        return this.#refuse(name, 'something that is not a regular file');
      if (nlink > 1) return this.#refuse(name, 'a hard link', 'Hand in the file itself.');
      if (size > LIMITS.fileBytes) {
        return this.#refuse(name, `${size} bytes; a file may have ${LIMITS.fileBytes}`);
      }
      this.#bytes += size;
      if (this.#bytes > LIMITS.totalBytes) {
        return this.#refuse(name, `more than ${LIMITS.totalBytes} bytes in all`);
      }
      const contents = Buffer.alloc(size);
      const length = readSync(file, contents, 0, size, 0);
      this.found.push({ name, contents: contents.subarray(0, length) });
    } finally {
      closeSync(file);
    }
  }

  #refuse(name: string, what: string, advice = 'Take it out, and hand in again.'): undefined {
    // The name is quoted where it could fool a reader.
    const where = /^[\w./-]+$/.test(name) ? name : JSON.stringify(name);
    this.problems.push({ where, text: `the submission holds ${what}`, advice });
  }
}
