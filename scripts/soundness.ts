/**
 * No scenario may fail a correct submission: runs the solutions and their correct variants over many
 * seeds. Exits with 1 if any run fails or stays undecided, except where a variant may fail.
 * `npm run soundness [-- --lab SLUG --seeds 200 --reference 1000 --variant NAME --scenario ID,ID]`
 */
import { ProgressLine } from '../cli/progress.ts';
import { performAll, scenariosOf } from '../grader/authoring/crew.ts';
import { isSimulated, type SimulatedLab } from '../grader/lab.ts';
import type { Variant } from '../grader/mutant.ts';
import { course } from '../outages/index.ts';
import { chosen, readOptions, wholeNumber } from './options.ts';

/** A seed of a sweep is hundreds of runs. */
const SWEEP = 20;

async function main(): Promise<void> {
  const values = readOptions('soundness', {
    lab: { type: 'string' },
    seeds: { type: 'string', default: '50' },
    reference: { type: 'string', default: '1000' },
    variant: { type: 'string' },
    scenario: { type: 'string' },
  });
  const labs = await Promise.all(course.map((entry) => entry.load()));
  const slugs = chosen(
    'lab in the simulation',
    labs.filter(isSimulated).map(({ slug }) => slug),
    values.lab,
  );
  for (const { slug, load, variants } of course) {
    if (!slugs.has(slug)) continue;
    const lab = await load();
    if (isSimulated(lab)) await judge(lab, await variants(), values);
  }
}

interface Values {
  readonly seeds: string;
  readonly reference: string;
  readonly variant?: string | undefined;
  readonly scenario?: string | undefined;
}

async function judge(
  lab: SimulatedLab,
  variants: readonly Variant[],
  values: Values,
): Promise<void> {
  const all = scenariosOf(lab).map(({ id }) => id);
  const ids = [...chosen('scenario', all, values.scenario)];
  const sweeps = new Set(scenariosOf(lab).flatMap(({ id, sweep }) => (sweep ? [id] : [])));
  const reference: Variant = { name: 'reference', what: '', edit: [] };
  const right = [reference, ...variants];
  const names = chosen(
    'variant',
    right.map(({ name }) => name),
    values.variant,
  );
  const subjects = right.filter(({ name }) => names.has(name));
  const seedsOf = {
    variant: wholeNumber('seeds', values.seeds),
    reference: wholeNumber('reference', values.reference),
  };
  const tasks = subjects.flatMap((subject) => {
    const seeds = subject === reference ? seedsOf.reference : seedsOf.variant;
    if (seeds === 0) return [];
    // The reference has so many seeds that a single task would keep one core busy long after the rest.
    const groups = subject === reference ? ids.map((id) => [id]) : [ids];
    return groups.map((group) => {
      const scenarios = group.map((id) => ({
        id,
        seeds: sweeps.has(id) ? Math.ceil(seeds / SWEEP) : seeds,
      }));
      return { lab: lab.slug, edit: subject.edit, scenarios, stopAtFailure: false, subject };
    });
  });
  const total = tasks.flatMap(({ scenarios }) => scenarios).reduce((sum, s) => sum + s.seeds, 0);
  const progress = new ProgressLine();
  let runs = 0;
  let wrong = 0;
  await performAll(tasks, ({ subject: { name, mayFail = {} } }, cells) => {
    for (const { scenario, seeds, failures } of cells) {
      runs += seeds;
      progress.update({ type: 'seeds', done: runs, total });
      const [first] = failures;
      if (first === undefined) continue;
      const allowed = mayFail[scenario];
      const isWrong = allowed === undefined || failures.some((f) => f.verdict === 'undecided');
      if (isWrong) wrong++;
      progress.clear();
      const found = failures.slice(0, 4).map(({ seed }) => seed);
      const count = `${failures.length}/${seeds} seeds (${found.join(' ')})`;
      console.log(`${isWrong ? '✗' : '·'} ${name}  ${scenario}  ${count}  ${first.ruleId}`);
      console.log(`    ${allowed ?? first.evidence.slice(0, 400)}`);
    }
  });
  progress.clear();
  const count = subjects.length;
  console.log(
    `${lab.slug}: ${count} correct implementations, ${runs} runs, ${wrong} wrongly accused`,
  );
  if (wrong > 0) process.exitCode = 1;
}

await main();
