/**
 * A submission as it is run: bundled with the given files of its lab, and with the submissions of other
 * labs that it is built on.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isOnPostgres, isSimulated, type Lab } from '../lab.ts';
import { givenFile, loadLab } from '../paths.ts';
import { type Loaded, load, type UsedFolder } from '../realm/load.ts';
import type { BuildProblem } from '../report/report.ts';

export interface LoadChoice {
  /** The submissions of other labs that this one is built on, when they are not beside it. */
  readonly uses?: Readonly<Record<string, string>>;
  /** Replacements applied to the loaded files, for planted bugs. */
  readonly edits?: readonly {
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
}

/** Bundles a submission as `grade` does. */
export async function loadSubmission(
  lab: Lab,
  folder: string,
  { edits = [], uses = {} }: LoadChoice = {},
): Promise<{ loaded: Loaded } | { problems: readonly BuildProblem[] }> {
  const used: Record<string, UsedFolder> = {};
  const absent: Lab[] = [];
  for (const slug of lab.uses ?? []) {
    const other = await loadLab(slug);
    const at = uses[slug] ?? join(folder, '..', slug);
    if (existsSync(join(at, other.entry))) used[slug] = { folder: at, given: givenFiles(other) };
    else absent.push(other);
  }
  if (absent.length > 0) {
    // The whole list: to name only the rest would lose what is given already.
    const stoodIn = new Set([...Object.keys(uses), ...absent.map((other) => other.slug)]);
    const references = (lab.uses ?? []).filter((slug) => stoodIn.has(slug)).join(',');
    return { problems: absent.map((other) => missing(lab, other, references)) };
  }
  const given = givenFiles(lab);
  const shape = isSimulated(lab)
    ? { entry: lab.program ?? lab.entry }
    : { entry: lab.entry, api: `faultlab/${lab.on}` };
  const submission = await load({ folder, ...shape, given, uses: used, edits });
  if (isOnPostgres(lab) && lab.store !== undefined && !('problems' in submission)) {
    const folders = Object.fromEntries(Object.entries(used).map(([slug, at]) => [slug, at.folder]));
    const at = folders[lab.store] as string;
    const store = await loadSubmission(await loadLab(lab.store), at, { uses: folders });
    if ('problems' in store) {
      const problems = store.problems.map((problem) => {
        return { ...problem, where: `../${lab.store}/${problem.where}` };
      });
      return { problems };
    }
    return { loaded: { ...submission.loaded, store: store.loaded } };
  }
  const shipped = isSimulated(lab) ? (lab.shipped ?? []) : [];
  if (shipped.length === 0 || 'problems' in submission) return submission;
  const asShipped = await load({
    folder,
    ...shape,
    given: { ...given, ...givenFiles({ slug: lab.slug, given: shipped }) },
    uses: used,
    edits: edits.filter(({ file }) => !shipped.includes(file)),
  });
  if ('problems' in asShipped) return asShipped;
  return { loaded: { ...submission.loaded, shipped: asShipped.loaded } };
}

function givenFiles({ slug, given }: Pick<Lab, 'slug' | 'given'>): Record<string, string> {
  return Object.fromEntries(given.map((name) => [name, givenFile(slug, name)]));
}

function missing(lab: Lab, other: Lab, references: string): BuildProblem {
  return {
    where: `../${other.slug}/${other.entry}`,
    text: `${lab.slug} is built on your ${other.slug}, which is missing`,
    advice: `Do that lab first (lab start ${other.slug}), or give --with-reference ${references}.`,
  };
}

/** The submission does not build. */
export class SubmissionProblems extends Error {
  override readonly name = 'SubmissionProblems';
  readonly problems: readonly BuildProblem[];

  constructor(problems: readonly BuildProblem[]) {
    super(problems.map((p) => `${p.where}: ${p.text}`).join('\n'));
    this.problems = problems;
  }
}
