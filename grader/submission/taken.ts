/** A submission with the labs that it is built on, copied side by side for as long as it is graded. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../lab.ts';
import type { BuildProblem } from '../report/report.ts';
import { collect } from './collect.ts';
import { withScratch } from './scratch.ts';

export interface Taken {
  /** The copy. */
  readonly folder: string;
  /** Copies of the submissions that it is built on, by lab. */
  readonly uses: Readonly<Record<string, string>>;
  readonly problems: readonly BuildProblem[];
  /** SHA-256 over all that was copied, hex. */
  readonly hash: string;
}

/**
 * Calls `use` with a copy of the submission in `folder`, and removes the copy whatever happens.
 * `given` are folders that stand in for labs it is built on, such as our solutions; those are ours
 * and not copied. The others are looked for beside it.
 */
export async function withTaken<T>(
  lab: Pick<Lab, 'slug' | 'uses'>,
  folder: string,
  given: Readonly<Record<string, string>>,
  use: (taken: Taken) => Promise<T>,
): Promise<T> {
  return withScratch(async (base) => {
    const problems: BuildProblem[] = [];
    const hashes: string[] = [];
    const take = (slug: string, from: string) => {
      const to = join(base, slug);
      mkdirSync(to);
      const collected = collect(from, to);
      problems.push(...collected.problems);
      hashes.push(collected.hash);
      return to;
    };
    const own = take(lab.slug, folder);
    const uses: Record<string, string> = { ...given };
    for (const slug of lab.uses ?? []) {
      const beside = join(folder, '..', slug);
      if (uses[slug] === undefined && existsSync(beside)) uses[slug] = take(slug, beside);
    }
    return use({ folder: own, uses, problems, hash: hashes.join('') });
  });
}
