/** From what a user typed to labs, scenarios and seeds; errors name what is allowed. */
import { existsSync } from 'node:fs';
import type { SeedChoice } from '../grader/grade.ts';
import { type AnyScenario, type Lab, type Part, seedCounts } from '../grader/lab.ts';
import type { SyllabusEntry } from '../labs/index.ts';
import { course } from '../outages/index.ts';
import { UsageError } from './errors.ts';
import { solutionFolder } from './root.ts';
import { changeState, labState, readState } from './state.ts';
import { workFolder } from './workspace.ts';

export function findLab(slug: string): SyllabusEntry {
  const entry = course.find((l) => l.slug === slug);
  if (entry) return entry;
  throw new UsageError({
    what: `there is no lab ${JSON.stringify(slug)}`,
    value: slug,
    allowed: course.map((l) => l.slug),
    todo: 'lab list',
  });
}

/** The lab that was named, or else the one last worked on, or else the only one started. */
export function labOrLast(root: string, slug: string | undefined): SyllabusEntry {
  if (slug !== undefined) return findLab(slug);
  const started = course.filter((l) => existsSync(workFolder(root, l.slug)));
  const { last } = readState(root);
  const entry =
    started.find((l) => l.slug === last) ?? (started.length === 1 ? started[0] : undefined);
  if (entry) return entry;
  throw new UsageError({
    what: started.length === 0 ? 'no lab has been started' : 'several labs have been started',
    allowed: (started.length === 0 ? course : started).map((l) => l.slug),
    todo: started.length === 0 ? 'lab start <lab>' : 'name the lab',
  });
}

export function scenariosOf(lab: Lab): readonly AnyScenario[] {
  return lab.parts.flatMap((p) => p.scenarios);
}

export function findScenario(lab: Lab, id: string): AnyScenario {
  const scenario = scenariosOf(lab).find((s) => s.id === id.toUpperCase());
  if (scenario) return scenario;
  throw new UsageError({
    what: `${lab.slug} has no scenario ${JSON.stringify(id)}`,
    value: id,
    allowed: scenariosOf(lab).map((s) => s.id),
    todo: 'give one of these ids',
  });
}

/** Ids for `--part A,B` and `--scenario A1,B,elect`; undefined means all. */
export function selectScenarios(
  lab: Lab,
  { part, scenario }: { part?: string; scenario?: string },
): string[] | undefined {
  if (part === undefined && scenario === undefined) return undefined;
  const chosen = new Set<AnyScenario>();
  for (const id of split(part)) {
    const found = lab.parts.find((p) => p.id === id.toUpperCase());
    if (found === undefined) {
      const what = `${lab.slug} has no part ${JSON.stringify(id)}`;
      const allowed = lab.parts.map((p) => p.id);
      throw new UsageError({ what, value: id, allowed, todo: 'give one of these letters' });
    }
    refuseQuestions(lab, found);
    for (const s of found.scenarios) chosen.add(s);
  }
  for (const wanted of split(scenario)) {
    const lower = wanted.toLowerCase();
    const part = lab.parts.find(({ id }) => id.toLowerCase() === lower);
    if (part) refuseQuestions(lab, part);
    const all = part?.scenarios ?? scenariosOf(lab);
    const exact = all.filter((s) => s.id.toLowerCase() === lower);
    const begins = all.filter(
      (s) => s.id.toLowerCase().startsWith(lower) || s.title.toLowerCase().startsWith(lower),
    );
    for (const s of exact.length > 0 ? exact : begins) chosen.add(s);
    if (begins.length === 0) findScenario(lab, wanted);
  }
  return scenariosOf(lab).flatMap((s) => (chosen.has(s) ? [s.id] : []));
}

/** A part of questions alone has nothing to run. */
function refuseQuestions({ slug }: Lab, { id, scenarios }: Part): void {
  if (scenarios.length > 0) return;
  const what = `part ${id} of ${slug} has no scenarios, only questions to answer`;
  throw new UsageError({ what, todo: `lab explain ${slug}` });
}

function split(list: string | undefined): string[] {
  return (list ?? '').split(',').flatMap((item) => item.trim() || []);
}

export function selectSeeds(
  mode: 'test' | 'grade',
  { seed, seeds }: { seed?: number; seeds?: number },
): SeedChoice {
  if (seed !== undefined) return { list: [seed] };
  return seeds === undefined ? { mode } : { count: seeds };
}

/** Whether a test with these seeds counts as much as one with the default: no scenario gets fewer. */
export function countsAsScore(lab: Lab, seeds: SeedChoice): boolean {
  if ('mode' in seeds) return true;
  if (!('count' in seeds)) return false;
  const scenarios = lab.parts.flatMap((part): readonly AnyScenario[] => part.scenarios);
  return scenarios.every((scenario) => seedCounts(lab, scenario).test <= seeds.count);
}

/** Slug → folder of the labs whose reference solution is to stand in, for `--with-reference raft`. */
export function referencesOf(lab: Lab, option = 'none'): Record<string, string> {
  const { uses = [] } = lab;
  const slugs = option === 'none' ? [] : split(option);
  for (const slug of slugs) {
    if (uses.includes(slug)) continue;
    const what = `${lab.slug} is not built on ${JSON.stringify(slug)}`;
    const todo = uses.length > 0 ? 'give one of these' : 'leave --with-reference out';
    throw new UsageError({ what, value: slug, allowed: [...uses, 'none'], todo });
  }
  return Object.fromEntries(slugs.map((slug) => [slug, solutionFolder(slug)]));
}

/** The same, remembered: a choice holds until another is made. */
export function rememberedReferences(
  root: string,
  lab: Lab,
  option?: string,
): Record<string, string> {
  if (option === undefined) return referencesOf(lab, readState(root).labs[lab.slug]?.reference);
  const chosen = referencesOf(lab, option);
  changeState(root, (state) => {
    labState(state, lab.slug).reference = option;
  });
  return chosen;
}
