/** Where labs and solutions lie. Students' files are not here: see workspace.ts. */
import { join } from 'node:path';
import { labFolder, ROOT } from '../grader/paths.ts';

export { labFolder, ROOT };

export function skeletonFolder(slug: string): string {
  return join(labFolder(slug), 'skeleton');
}

export function solutionFolder(slug: string): string {
  return join(ROOT, 'solutions', slug);
}
