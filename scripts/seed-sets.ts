/**
 * How reliably grading finds each planted bug: 20 sets of seeds, each as large as grading uses, on the
 * scenario that the bug names. ▲ In outages, each wrong repair and each look-alike fails in at least
 * 95 % of the sets. Exits with 1 if one does not.
 * `npm run seed-sets [-- --lab SLUG --sets 20 --mutant NAME]`
 */
import { performAll, scenariosOf } from '../grader/authoring/crew.ts';
import { isSimulated } from '../grader/lab.ts';
import { outages } from '../outages/index.ts';
import { chosen, readOptions, wholeNumber } from './options.ts';

const SHARE_MIN = 0.95;
const GRADE_SEEDS = 20;

async function main(): Promise<void> {
  const values = readOptions('seed-sets', {
    lab: { type: 'string' },
    sets: { type: 'string', default: '20' },
    mutant: { type: 'string' },
  });
  const sets = wholeNumber('sets', values.sets);
  const slugs = chosen(
    'outage',
    outages.map(({ slug }) => slug),
    values.lab,
  );
  for (const { slug, load, mutants } of outages) {
    if (!slugs.has(slug)) continue;
    const lab = await load();
    // On real servers a seed is a variant, not chance: npm run servers runs all of them.
    if (!isSimulated(lab)) continue;
    const scenarios = scenariosOf(lab);
    const all = (await mutants()).filter(({ equivalent }) => equivalent === undefined);
    const names = chosen(
      'mutant',
      all.map(({ name }) => name),
      values.mutant,
    );
    const live = all.filter(({ name }) => names.has(name));
    const failed = new Map<string, number>();
    const tasks = live.flatMap(({ name, killedBy, edit }) => {
      const size = scenarios.find(({ id }) => id === killedBy)?.seeds?.grade ?? GRADE_SEEDS;
      return Array.from({ length: sets }, (_, set) => ({
        lab: slug,
        edit,
        // Not the public seeds 1, 2, 3 …, and none of them twice.
        scenarios: [{ id: killedBy, seeds: size, firstSeed: 1_000_003 + set * 1009 }],
        stopAtFailure: true,
        name,
      }));
    });
    await performAll(tasks, ({ name }, cells) => {
      const isFound = cells.some(({ failures }) => failures.length > 0);
      failed.set(name, (failed.get(name) ?? 0) + (isFound ? 1 : 0));
    });
    for (const { name, killedBy } of live) {
      const found = failed.get(name) ?? 0;
      const isSure = found >= SHARE_MIN * sets;
      console.log(`${isSure ? ' ' : '✗'} ${name.padEnd(42)}${killedBy}  ${found}/${sets} sets`);
      if (!isSure) process.exitCode = 1;
    }
  }
}

await main();
