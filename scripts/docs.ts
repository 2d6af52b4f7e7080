/**
 * The parts of the documentation that would drift if people wrote them: the course table, tables of
 * scenarios, sample outputs, common mistakes. A page holds a pair of marks, `<!-- generated: NAME -->`
 * and `<!-- end -->`; what is between them is made here. `docs.test.ts` fails when a page is out
 * of date, and `npm run docs` rewrites it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { readHistory } from '../grader/checkers/formats/read.ts';
import { readTransactions } from '../grader/checkers/formats/transactions.ts';
import { recorded } from '../grader/checkers/recorded.ts';
import { checkListAppend } from '../grader/checkers/transactions/check.ts';
import { tellTransactions } from '../grader/checkers/transactions/tell.ts';
import { grade, type SeedChoice } from '../grader/grade.ts';
import { isSimulated, type Lab, type Part, pointsOfPart, type Scenario } from '../grader/lab.ts';
import type { Mutant } from '../grader/mutant.ts';
import { namesOf } from '../grader/names.ts';
import { labFolder, ROOT } from '../grader/paths.ts';
import { formats } from '../grader/report/formats/index.ts';
import type { Report } from '../grader/report/report.ts';
import { reportJsonSchema } from '../grader/report/schema.ts';
import { failureLines, reportLines, type Style } from '../grader/report/terminal.ts';
import { BREAKS, CASES, type End, ESCAPED, OTHERS } from '../grader/testdata/hostile/cases.ts';
import { syllabus } from '../labs/index.ts';
import { course, outages } from '../outages/index.ts';

/** The catalogue of hostile submissions: what each does, how it ends, and from which level on. */
function hostileTable(): string {
  const inWords = (end: End): string => {
    if (end.as === 'honest') return 'is graded as if nothing had been tried';
    if (end.as === 'unbuilt') return 'does not build, with file and line';
    if (end.as === 'refused') return 'is refused, and nothing of it is taken in';
    const rules = end.rule.source.match(/[a-z]+(-[a-z]+)+|contract/g) ?? [];
    if (rules.length > 2) return 'fails at one of the limits';
    return `fails${rules.length > 0 ? ` with ${rules.map((rule) => `\`${rule}\``).join(' or ')}` : ''}`;
  };
  const rows = [
    ...CASES.map(({ no, does, end }) => ({ no, cells: [does, inWords(end), 'home'] })),
    ...ESCAPED.map(({ no, does, from }) => {
      return { no, cells: [`outside its realm, ${does}`, 'is denied', from] };
    }),
    ...BREAKS.map(({ no, does }) => {
      return { no, cells: [`outside its realm, ${does}`, 'that run fails', 'official'] };
    }),
    ...OTHERS.map(({ no, does, ends }) => ({ no, cells: [does, ends, ''] })),
  ].sort((a, b) => a.no - b.no);
  return table(
    ['#', 'A submission that …', 'Ends', 'From level'],
    rows.map(({ no, cells }) => [no, ...cells.map(cell)]),
  );
}

function formatsTable(): string {
  const rows = formats.map(({ name, file, readers }) => [`\`${name}\``, `\`${file}\``, readers]);
  return table(['`--report`', 'File', 'For'], rows);
}

/** Text between the bars of a table. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '\\<');

type Blocks = Readonly<Record<string, () => string | Promise<string>>>;

const STYLE: Style = { colours: createColors(false), command: 'npx lab' };
const MARKS = /(<!-- generated: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The page with each block made anew. @throws {Error} for an unknown block */
async function rewrite(page: string, blocks: Blocks): Promise<string> {
  const names = [...page.matchAll(MARKS)].map((match) => match[2] as string);
  const made = new Map<string, string>();
  for (const name of names) {
    const make = name.startsWith('file ') ? () => source(name.slice(5)) : blocks[name];
    if (make === undefined) throw new Error(`no block is called "${name}"`);
    made.set(name, await make());
  }
  return page.replace(MARKS, (_, begin: string, name: string, end: string) => {
    return `${begin}\n${made.get(name)}\n\n${end}`;
  });
}

const source = (file: string) =>
  ['```ts', readFileSync(join(ROOT, file), 'utf8').trimEnd(), '```'].join('\n');

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const console80 = (command: string, lines: readonly string[]) =>
  ['```text', `$ ${command}`, ...lines, '```'].join('\n');

const sourceLines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n').length;

/** What a student would write: neither given files nor those that test the grader. */
function solutionLines({ slug, given }: Lab): number {
  const folder = join(ROOT, 'solutions', slug);
  const others = [...given, 'mutants.ts', 'variants.ts', 'second.ts'];
  const own = readdirSync(folder).filter((name) => name.endsWith('.ts') && !others.includes(name));
  return own.reduce((sum, name) => sum + sourceLines(join(folder, name)), 0);
}

async function outageTable(): Promise<string> {
  const labs = await Promise.all(outages.map(({ load }) => load()));
  return table(
    ['Outage', 'In one sentence', 'Hours'],
    labs.map((lab) => [`[${lab.title}](outages/${lab.slug}/README.md)`, lab.summary, lab.hours]),
  );
}

async function courseTable(): Promise<string> {
  const labs = await Promise.all(syllabus.map(({ load }) => load()));
  return table(
    ['Lab', 'You build', 'Parts', 'Hours'],
    labs.map((lab) => [
      `[${lab.title}](labs/${lab.slug}/README.md)`,
      lab.summary,
      lab.parts.map(({ title }) => title.toLowerCase()).join(', '),
      lab.hours,
    ]),
  );
}

function partsTable(lab: Lab): string {
  const rows = lab.parts.map((part) => {
    const needs = part.needs?.join(', ') ?? '';
    return [part.id, part.title, part.scenarios.length, pointsOfPart(part), needs];
  });
  const solution = solutionLines(lab);
  return [
    table(['Part', 'You get', 'Scenarios', 'Points', 'Needs'], rows),
    '',
    `In all: ${lab.hours} ${lab.hours === '1' ? 'hour' : 'hours'}; our own solution has ${solution} lines.`,
  ].join('\n');
}

const scenarioTable = (part: Part) =>
  table(
    ['Scenario', 'Claim', 'Nodes', 'Points'],
    part.scenarios.map(({ id, title, nodes, points }) => [
      id,
      title,
      namesOf(nodes).length,
      points,
    ]),
  );

interface Sample {
  readonly submission: string;
  readonly only: string;
  readonly seeds?: SeedChoice;
  readonly edits?: Mutant['edit'];
}

function sample(lab: Lab, { only, seeds = { mode: 'test' }, ...rest }: Sample): Promise<Report> {
  const solutions = (lab.uses ?? []).map((slug) => [slug, join(ROOT, 'solutions', slug)]);
  const uses = Object.fromEntries(solutions) as Record<string, string>;
  return grade({ lab: lab.slug, only: [only], seeds, jobs: 1, uses, ...rest });
}

async function firstFailure(lab: Lab): Promise<string> {
  const only = lab.parts[0]?.scenarios[0]?.id ?? '';
  const report = await sample(lab, { submission: join(labFolder(lab.slug), 'skeleton'), only });
  return console80(`npx lab test ${lab.slug} --scenario ${only}`, reportLines(report, STYLE));
}

const failureOf = (report: Report) => {
  const result = report.parts.flatMap((part) => part.scenarios)[0];
  if (result?.verdict !== 'failed') throw new Error(`${result?.id} did not fail`);
  return result;
};

const shownOf = (mutants: readonly Mutant[]) => mutants.find(({ shown }) => shown);

/** The message for a mutant, as a student with that bug sees it. */
async function aFailure(lab: Lab, mutant: Mutant | undefined): Promise<string> {
  if (mutant === undefined) throw new Error(`${lab.slug} has no mutant to show`);
  const submission = join(ROOT, 'solutions', lab.slug);
  const report = await sample(lab, { submission, only: mutant.killedBy, edits: mutant.edit });
  return ['```text', ...failureLines(lab.slug, failureOf(report), STYLE), '```'].join('\n');
}

/** Symptom, cause and pointer; the symptom is the rule in the approved message of that mutant. */
function mistakes(lab: Lab, mutants: readonly Mutant[]): string {
  const scenarios = new Map(lab.parts.flatMap((p) => p.scenarios).map((s) => [s.id, s]));
  const common = mutants.filter((mutant) => mutant.common);
  // The messages of a run on real servers contain times; the claim does not.
  const symptoms = isSimulated(lab) ? brokenRules(lab.slug) : undefined;
  const rows = common.map(({ name, bug, killedBy }) => {
    const { title, lookAt = '' } = scenarios.get(killedBy) as Scenario;
    return [`**${killedBy}** ${symptoms ? symptoms(name) : title}`, bug, lookAt];
  });
  return table([symptoms ? 'You see' : 'Fails', 'Perhaps', 'Ask yourself'], rows);
}

/** The rule that each mutant breaks, without its source, as `messages.txt` has it. */
function brokenRules(slug: string): (mutant: string) => string {
  const file = join(ROOT, 'solutions', slug, 'messages.txt');
  const messages = readFileSync(file, 'utf8').matchAll(
    /^(\S+)\n✗ [\s\S]*?\n {2}Broken rule {2}(.+(?:\n {10,}\S.*)*)/gm,
  );
  const rules = new Map([...messages].map(([, mutant, rule]) => [mutant, rule]));
  return (mutant) => {
    const rule = rules.get(mutant);
    if (rule === undefined) throw new Error(`${file} holds no broken rule of ${mutant}`);
    return rule.replaceAll(/\s+/g, ' ').split(': ')[0] as string;
  };
}

/** A recorded history and what is wrong with it. */
function aHistory(): string {
  const text = recorded('elle').get('elle/si-without-g-single.edn') ?? '';
  const result = checkListAppend(readTransactions(readHistory(text)), { level: 'serializable' });
  const command = 'npx lab check-history H.edn --model list-append --consistency serializable';
  const [first, ...rest] = tellTransactions(result);
  return console80(command, [`✗ ${first}`, ...rest]);
}

/** Every page with generated blocks whose path contains `wanted`: its path, and what it should say. */
export async function pages(wanted = ''): Promise<ReadonlyMap<string, string>> {
  const result = new Map<string, string>();
  const add = async (file: string, blocks: Blocks) => {
    if (!file.includes(wanted)) return;
    result.set(file, await rewrite(readFileSync(file, 'utf8'), blocks));
  };
  await add(join(ROOT, 'README.md'), {
    course: courseTable,
    outages: outageTable,
    'a failure': async () => {
      const raft = syllabus.find(({ slug }) => slug === 'raft');
      if (raft === undefined) throw new Error('the syllabus has no raft');
      return aFailure(await raft.load(), shownOf(await raft.mutants()));
    },
    'a history': async () => aHistory(),
  });
  await add(join(ROOT, 'labs', 'AUTHORING.md'), {});
  await add(join(ROOT, 'docs', 'courses.md'), { formats: formatsTable, hostile: hostileTable });
  const schema = `${JSON.stringify(reportJsonSchema(), null, 2)}\n`;
  result.set(join(ROOT, 'docs', 'report.schema.json'), schema);
  for (const entry of course) {
    const file = join(labFolder(entry.slug), 'README.md');
    if (!existsSync(file)) continue;
    const [lab, mutants] = await Promise.all([entry.load(), entry.mutants()]);
    const scenarios = lab.parts.map(
      (part) => [`scenarios ${part.id}`, () => scenarioTable(part)] as const,
    );
    await add(file, {
      parts: () => partsTable(lab),
      'first failure': () => firstFailure(lab),
      'a failure': () => aFailure(lab, shownOf(mutants)),
      mistakes: () => mistakes(lab, mutants),
      ...Object.fromEntries(scenarios),
    });
  }
  return result;
}
