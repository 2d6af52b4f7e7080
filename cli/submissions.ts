/** Which submissions does a folder hold, and of which labs? */
import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Lab } from '../grader/lab.ts';
import { course } from '../outages/index.ts';
import { UsageError } from './errors.ts';
import { skeletonFolder } from './root.ts';
import { findLab } from './select.ts';
import { filesIn } from './workspace.ts';

export interface Submission {
  readonly lab: Lab;
  /** Full path of the folder that holds the lab's first file. */
  readonly folder: string;
}

/**
 * A path is a submission, or a folder of submissions named after their labs (`work/`), or a
 * repository with such a `work/`.
 * @throws {UsageError} when there is none, or its lab cannot be told
 */
export async function submissionsIn(path: string, slug?: string): Promise<readonly Submission[]> {
  const folder = resolve(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    const what = `${JSON.stringify(path)} is ${existsSync(folder) ? 'a file' : 'missing'}`;
    throw new UsageError({ what, todo: 'give the folder of a submission' });
  }
  const candidates = slug === undefined ? course : [findLab(slug)];
  const labs = await Promise.all(candidates.map((entry) => entry.load()));
  const found = [folder, join(folder, 'work')].flatMap((base) => inFolder(labs, base));
  const here = closest(labs, folder);
  const [lab] = here;
  if (lab !== undefined && here.length === 1) return [{ lab, folder }];
  if (here.length > 1) {
    const what = `${JSON.stringify(path)} could belong to several labs`;
    throw new UsageError({ what, allowed: here.map((l) => l.slug), todo: 'add --lab <lab>' });
  }
  if (found.length > 0) return found;
  const what = `${JSON.stringify(path)} has none of the files that would make it a submission`;
  const allowed = labs.map((l) => `${l.entry} (${l.slug})`);
  throw new UsageError({ what, allowed, todo: 'give the folder that holds the file' });
}

/** Of the labs whose first file is there, those with the fewest other files missing. */
function closest(labs: readonly Lab[], folder: string): readonly Lab[] {
  const here = labs.filter((lab) => existsSync(join(folder, lab.entry)));
  const named = here.filter((lab) => lab.slug === basename(folder));
  if (named.length === 1) return named;
  const missing = ({ slug }: Lab) =>
    filesIn(skeletonFolder(slug)).filter((name) => !existsSync(join(folder, name))).length;
  const fewest = Math.min(...here.map(missing));
  return here.filter((lab) => missing(lab) === fewest);
}

function inFolder(labs: readonly Lab[], base: string): Submission[] {
  return labs.flatMap((lab) => {
    const folder = join(base, lab.slug);
    return existsSync(join(folder, lab.entry)) ? [{ lab, folder }] : [];
  });
}
