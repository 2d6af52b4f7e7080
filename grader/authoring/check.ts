/**
 * Whether a lab is ready for students: does its solution pass, does the skeleton fail without a crash,
 * is each planted bug found by the scenario that it names, is every run repeatable, is there help for
 * every scenario. Whatever is missing is reported in words, with what to do.
 */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type GradeOptions, grade } from '../grade.ts';
import { isSimulated, type Lab, pointsOfPart, seedCounts } from '../lab.ts';
import type { Mutant } from '../mutant.ts';
import { labFolder, ROOT } from '../paths.ts';
import { replay, withSession } from '../replay.ts';
import type { Report, ScenarioResult } from '../report/report.ts';
import { newLab } from './new.ts';

export interface CheckOptions {
  readonly lab: Lab;
  readonly mutants: readonly Mutant[];
  /** Of each scenario of the solution: is it flaky? */
  readonly seeds: number;
  readonly onClaim?: (claim: Claim) => void;
}

/** One thing that a lab must be, and why it is not. */
export interface Claim {
  readonly claim: string;
  /** Empty when it holds. */
  readonly problems: readonly string[];
}

/** Checks one after the other, cheap ones first. */
export async function checkLab(options: CheckOptions): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  for (const [claim, check] of CHECKS) {
    const result = { claim, problems: await check(options) };
    claims.push(result);
    options.onClaim?.(result);
  }
  return claims;
}

const MAY_STAY = /^\/\*\* \w+, |^Three for each scenario/;

/** Files that still hold sentences of the example that `lab new` began with, to be replaced. */
export function leftOfExample({ slug }: Lab): readonly string[] {
  return [...newLab(slug)].flatMap(([name, example]) => {
    const text = readIfThere(join(ROOT, name));
    const sentences = example.split('\n').filter((line) => /^[/A-Z].*[.?]( \*\/)?$/.test(line));
    const left = sentences.find((line) => !MAY_STAY.test(line) && text.includes(line));
    return left === undefined ? [] : [`${name}: ${left}`];
  });
}

/** CPU time of all scenarios of the solution with the seeds of `lab test`; undefined on real servers. */
export async function testCpuMs(lab: Lab): Promise<number | undefined> {
  if (!isSimulated(lab)) return undefined;
  const request = { lab: lab.slug, submission: solution(lab), uses: usesOf(lab) };
  return withSession(request, async (session, { parts }) => {
    const before = process.cpuUsage();
    for (const scenario of parts.flatMap(({ scenarios }) => scenarios)) {
      const count = seedCounts(lab, scenario).test;
      for (let seed = 1; seed <= count; seed++) await session.run(scenario, seed);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
}

type Check = (options: CheckOptions) => readonly string[] | Promise<readonly string[]>;

const CHECKS: readonly (readonly [string, Check])[] = [
  ['all files of a lab are there', files],
  ['points are whole, and sum to 100', points],
  ['every scenario has a question and three hints', helps],
  ['the handout has a contract, and a section for each part', handout],
  ['the solution passes, whatever the seed', solutionPasses],
  ['the skeleton fails every scenario, with a finding', skeletonFails],
  ['the same seed gives the same run', repeats],
  ['each planted bug is found by the scenario that it names', mutantsDie],
  ['each scenario finds some planted bug', scenariosKill],
];

const scenariosOf = (lab: Lab) => lab.parts.flatMap((part) => part.scenarios);
const solution = ({ slug }: Lab) => join(ROOT, 'solutions', slug);
const skeleton = ({ slug }: Lab) => join(labFolder(slug), 'skeleton');
const usesOf = ({ uses = [] }: Lab) =>
  Object.fromEntries(uses.map((slug) => [slug, join(ROOT, 'solutions', slug)]));

function files({ lab }: CheckOptions): string[] {
  const wanted = [
    join(labFolder(lab.slug), 'README.md'),
    join(labFolder(lab.slug), 'hints.md'),
    join(skeleton(lab), lab.entry),
    join(solution(lab), lab.entry),
    join(solution(lab), 'mutants.ts'),
  ];
  return wanted
    .filter((path) => !existsSync(path))
    .map((path) => `there is no ${path.slice(ROOT.length + 1)}`);
}

function points({ lab }: CheckOptions): string[] {
  const all = scenariosOf(lab);
  const sum = lab.parts.reduce((total, part) => total + pointsOfPart(part), 0);
  const ids = all.map(({ id }) => id);
  return [
    ...all.filter((s) => !Number.isInteger(s.points)).map((s) => `${s.id} has ${s.points} points`),
    ...(sum === 100 ? [] : [`they sum to ${sum}`]),
    ...ids.filter((id, i) => ids.indexOf(id) < i).map((id) => `there are two scenarios ${id}`),
  ];
}

function helps({ lab }: CheckOptions): string[] {
  const text = readIfThere(join(labFolder(lab.slug), 'hints.md'));
  return scenariosOf(lab).flatMap(({ id, lookAt }) => {
    const [, section = ''] = text.split(new RegExp(`^## ${id}\\b.*$`, 'm'));
    const stages = (section.split(/^## /m)[0] ?? '').match(/^### [123]\n+\S/gm) ?? [];
    return [
      ...(stages.length === 3
        ? []
        : [
            `${id} has ${stages.length} hints: write "## ${id} …" with "### 1" to "### 3" into hints.md`,
          ]),
      ...(lookAt.includes('?')
        ? []
        : [`${id} asks nothing: its lookAt is ${JSON.stringify(lookAt)}`]),
    ];
  });
}

function handout({ lab }: CheckOptions): string[] {
  const text = readIfThere(join(labFolder(lab.slug), 'README.md'));
  const headings = text.match(/^#+ .*$/gm)?.join('\n') ?? '';
  return [
    ...(/^## The contract/m.test(headings) ? [] : ['it has no section "## The contract"']),
    ...lab.parts
      .filter(({ id }) => !new RegExp(`^## Part ${id}\\b`, 'm').test(headings))
      .map(({ id }) => `it has no section "## Part ${id}: …"`),
  ];
}

async function solutionPasses({ lab, seeds }: CheckOptions): Promise<string[]> {
  const report = await gradeWhole(lab, solution(lab), { count: seeds });
  return notPassed(report).map(tell);
}

async function skeletonFails({ lab }: CheckOptions): Promise<string[]> {
  const report = await gradeWhole(lab, skeleton(lab), { list: [1] });
  if (report.problems.length > 0)
    return report.problems.map(({ where, text }) => `${where} ${text}`);
  return report.parts
    .flatMap((part) => part.scenarios)
    .flatMap((result) => {
      const kind = result.firstBad?.finding?.kind;
      if (result.verdict === 'passed') return [`${result.id} passes: points for nothing`];
      return kind === 'crash' || kind === undefined ? [tell(result)] : [];
    });
}

async function repeats({ lab }: CheckOptions): Promise<string[]> {
  // Real servers have no seed.
  if (!isSimulated(lab)) return [];
  const problems: string[] = [];
  for (const { id } of scenariosOf(lab)) {
    const request = {
      lab: lab.slug,
      submission: solution(lab),
      scenario: id,
      seed: 1,
      uses: usesOf(lab),
    };
    const [one, two] = [await replay(request), await replay(request)];
    const [first, second] = [one.result.traceHash, two.result.traceHash];
    if (first !== second) problems.push(`${id}: seed 1 gave ${first}, then ${second}`);
  }
  return problems;
}

async function mutantsDie({ lab, mutants }: CheckOptions): Promise<string[]> {
  const live = mutants.filter(({ equivalent }) => equivalent === undefined);
  const ids = scenariosOf(lab).map(({ id }) => id);
  return inParallel(live, async ({ name, killedBy, edit }) => {
    if (!ids.includes(killedBy)) return [`${name}: there is no scenario ${killedBy}`];
    const options = { only: [killedBy], edits: edit, jobs: 1 };
    const report = await gradeWhole(lab, solution(lab), { mode: 'test' }, options);
    if (report.problems.length > 0) return [`${name} does not build: ${report.problems[0]?.text}`];
    return report.verdict === 'failed' ? [] : [`${name} survives ${killedBy}`];
  });
}

/** By name, or else by trying: a scenario may find bugs that another was written for. */
async function scenariosKill({ lab, mutants }: CheckOptions): Promise<string[]> {
  const named = new Set(mutants.map(({ killedBy }) => killedBy));
  const doubtful = scenariosOf(lab).filter(({ id }) => !named.has(id));
  return inParallel(doubtful, async ({ id, title }) => {
    for (const { edit, equivalent } of mutants) {
      if (equivalent !== undefined) continue;
      const options = { only: [id], edits: edit, jobs: 1 };
      const report = await gradeWhole(lab, solution(lab), { mode: 'test' }, options);
      if (report.verdict === 'failed') return [];
    }
    return [`${id} (${title}) finds no planted bug: what is it for?`];
  });
}

/** All scenarios or some, even those of parts that a failing one would block. */
function gradeWhole(
  lab: Lab,
  submission: string,
  seeds: GradeOptions['seeds'],
  options: Pick<GradeOptions, 'only' | 'edits' | 'jobs'> = {},
): Promise<Report> {
  return grade({
    ...{ lab: lab.slug, submission, seeds, uses: usesOf(lab), shrinkBudget: 0 },
    ...{ evenIfBlocked: true, only: scenariosOf(lab).map(({ id }) => id) },
    ...options,
  });
}

const notPassed = (report: Report) =>
  report.parts.flatMap((part) => part.scenarios).filter(({ verdict }) => verdict !== 'passed');

function tell({ id, verdict, firstBad, seedsPassed, seedsRun }: ScenarioResult): string {
  const why = firstBad?.finding?.evidence ?? firstBad?.undecided ?? '';
  return `${id} ${verdict} with seed ${firstBad?.seed} (${seedsPassed}/${seedsRun} passed): ${why}`;
}

async function inParallel<T>(
  items: readonly T[],
  one: (item: T) => Promise<string[]>,
): Promise<string[]> {
  const results: string[][] = items.map(() => []);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await one(items[i] as T);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results.flat();
}

const readIfThere = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
