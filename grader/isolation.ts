/**
 * How far the code of a submission is trusted in a worker process. Realms keep honest code honest
 * at every level; what is added here is for code that has found a way out of its realm.
 */
import { join } from 'node:path';
import { ROOT } from './paths.ts';

export const ISOLATIONS = ['home', 'course', 'official'] as const;

/**
 * `home`: your own code. `course`: other people's, in the same process as the simulation. `official`:
 * code that nobody vouches for, each node in a process of its own that only talks as a node does.
 */
export type Isolation = (typeof ISOLATIONS)[number];

/** What a user is told about the level in force: what it resists, and what not. */
export const RESISTS: Readonly<Record<Isolation, string>> = {
  home: 'resists accidents: endless loops, memory, files, network, time, randomness',
  course:
    'resists accidents and casual cheating: no files beyond the grader, no processes, no code from text; ' +
    'it does not keep code that breaks out of its realm off the network, or from forging a result',
  official:
    'resists code that breaks out of its realm: it is alone in a process without files, network or ' +
    'rights, and knows neither seeds nor checkers; it does not resist a hole in the kernel',
};

/** The same for labs on real servers, where the code of a submission operates them from a process of its own. */
export const RESISTS_ON_SERVERS: Readonly<Record<Isolation, string>> = {
  home: 'resists accidents, on real servers: what hangs or throws does so in a process of its own',
  course:
    'resists accidents and casual cheating, on real servers: the code has a process of its own, without files, other ' +
    'processes or code from text; but it is a superuser on the servers, and through them reads files and runs ' +
    'programs as their user (COPY … FROM PROGRAM). In containers, all of that stays inside the containers',
  official:
    'is no more than "course" on real servers: the code is a superuser on the servers, and through them reads ' +
    'files and runs programs as their user. Grade code that nobody vouches for in containers, on a machine of its own',
};

/** A stable option since Node 23.5, an experimental one before. */
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** What a worker reads: its own code, the libraries below it, and the name of the package. */
const READS = [join(ROOT, 'dist/'), join(ROOT, 'node_modules/'), join(ROOT, 'package.json')];

/** Options of Node for a process that runs code of a submission. It may read nothing at all. */
export const sealedOptions = (): readonly string[] => [
  '--no-warnings',
  '--disallow-code-generation-from-strings',
  '--frozen-intrinsics',
  PERMISSION,
];

/** Options of Node for a worker process. */
export function nodeOptions(isolation: Isolation): readonly string[] {
  // At home, code is trusted; in an official grading it does not run in workers.
  if (isolation !== 'course') return [];
  return [...sealedOptions(), ...READS.map((path) => `--allow-fs-read=${path}`)];
}

/** Options of Node for a process that operates servers; it may read and write below `folder`, if any. */
export function nodeOptionsOnServers(isolation: Isolation, folder?: string): readonly string[] {
  // What such a process does to its own Array, or console, is its own affair.
  const options = nodeOptions(isolation === 'official' ? 'course' : isolation).filter(
    (option) => option !== '--frozen-intrinsics',
  );
  if (options.length === 0 || folder === undefined) return options;
  return [...options, `--allow-fs-read=${folder}/`, `--allow-fs-write=${folder}/`];
}

/**
 * Whether a worker leads a process group of its own: what it started dies with it, and a signal that
 * it sends to "its group" reaches nobody else. At home Ctrl-C should reach it as well.
 */
export const hasOwnGroup = (isolation: Isolation) =>
  isolation !== 'home' && process.platform !== 'win32';
