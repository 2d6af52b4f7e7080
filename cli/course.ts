/** Options that all commands for courses share: seeds, detail, isolation. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeedChoice } from '../grader/grade.ts';
import { ISOLATIONS, type Isolation, RESISTS, RESISTS_ON_SERVERS } from '../grader/isolation.ts';
import { isOnPostgres, isSimulated, type Lab } from '../grader/lab.ts';
import { DETAILS, type Detail } from '../grader/report/detail.ts';
import { wrap } from '../grader/report/terminal.ts';
import { commitmentOf, parseSeedSet } from '../grader/seed-set.ts';
import { UsageError } from './errors.ts';
import { VERSION } from './main.ts';
import { ROOT } from './root.ts';
import { selectSeeds } from './select.ts';

export interface CourseOptions {
  readonly seeds?: number;
  readonly seedSet?: string;
  readonly detail?: string;
  readonly isolation?: string;
}

/** This grader with these labs: a change in either may change results. */
export function graderName(): string {
  const file = join(ROOT, 'dist', '.hash');
  const hash = existsSync(file) ? `+${readFileSync(file, 'utf8').slice(0, 12)}` : '';
  return `${VERSION}${hash}`;
}

/** The choice of seeds that a result depends on, in a word. */
export function seedsName(seeds: SeedChoice): string {
  if ('from' in seeds) return commitmentOf({ version: 1, name: '-', seeds: [...seeds.from] });
  if ('list' in seeds) return seeds.list.join(',');
  return 'count' in seeds ? String(seeds.count) : seeds.mode;
}

export function seedsOf(options: CourseOptions): SeedChoice {
  const { seedSet } = options;
  if (seedSet === undefined) return selectSeeds('grade', options);
  if (options.seeds !== undefined) {
    const what = '--seeds and --seed-set do not go together';
    throw new UsageError({ what, todo: 'choose one of them' });
  }
  try {
    return { mode: 'grade', from: parseSeedSet(readFileSync(seedSet, 'utf8')).seeds };
  } catch (error) {
    const what = `${JSON.stringify(seedSet)} is not a seed set: ${(error as Error).message}`;
    throw new UsageError({ what, todo: 'make one: lab seed-set --secret-file FILE --name NAME' });
  }
}

/** Hidden seeds stay hidden unless somebody says otherwise. */
export function detailOf({ detail, seedSet }: CourseOptions): Detail {
  if (detail === undefined) return seedSet === undefined ? 'full' : 'rule';
  const found = DETAILS.find((known) => known === detail);
  if (found) return found;
  const what = `--detail got ${JSON.stringify(detail)}`;
  throw new UsageError({ what, value: detail, allowed: DETAILS, todo: 'give one of these' });
}

/**
 * The isolation in force and what it does not resist, for the labs that are graded (all, when those are
 * not known yet), and what this machine cannot do.
 */
export async function isolationLines(
  isolation: Isolation,
  labs?: readonly Lab[],
): Promise<string[]> {
  const name = `Isolation "${isolation}"`;
  const lines: string[] = [];
  if (labs?.some(isSimulated) ?? true) {
    const { gapsOfRemote } = await import('../grader/realm/remote.ts');
    const gaps = isolation === 'official' ? gapsOfRemote() : [];
    lines.push(...wrap(`${name} ${RESISTS[isolation]}.`, 80));
    lines.push(...gaps.flatMap((gap) => wrap(`On this machine ${gap}.`, 80)));
  }
  if (labs?.some(isOnPostgres) ?? true) {
    lines.push(...wrap(`${name} ${RESISTS_ON_SERVERS[isolation]}.`, 80));
  }
  return lines;
}

export function isolationOf({ isolation = 'course' }: CourseOptions): Isolation {
  const found = ISOLATIONS.find((known) => known === isolation);
  if (found) return found;
  const what = `--isolation got ${JSON.stringify(isolation)}`;
  throw new UsageError({ what, value: isolation, allowed: ISOLATIONS, todo: 'give one of these' });
}
