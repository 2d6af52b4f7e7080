/** Where labs and solutions are. Students' files are elsewhere: see workspace.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { labFolder, ROOT } from '../grader/paths.ts';
import { UsageError } from './errors.ts';

export { labFolder, ROOT };

export function skeletonFolder(slug: string): string {
  return join(labFolder(slug), 'skeleton');
}

/** @throws {UsageError} in a copy of the course made for students, which lacks what instructors need */
export function requireWholeCourse(command: string): void {
  if (existsSync(join(ROOT, 'docs', 'templates'))) return;
  const what = `${command} does not work in a copy of the course made for students`;
  throw new UsageError({ what, todo: 'use the repository it was made from' });
}

/** @throws {UsageError} in a copy of the course made for students */
export function solutionFolder(slug: string): string {
  const folder = join(ROOT, 'solutions', slug);
  if (existsSync(folder)) return folder;
  const what = `this copy of the course has no solution to ${slug}`;
  throw new UsageError({ what, todo: 'ask whoever runs your course' });
}
