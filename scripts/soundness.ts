/**
 * No scenario may fail what is right: runs the solution of Raft and its correct variants over many
 * seeds. Ends with 1 if any run fails or stays undecided, but for what a variant is allowed.
 * `npm run soundness [-- --seeds 200] [--reference 1000] [--variant NAME] [--scenario ID,ID]`
 */
import { parseArgs } from 'node:util';
import raft from '../labs/raft/lab.ts';
import variants, { type Variant } from '../solutions/raft/variants.ts';
import { isCrewMember, performAll, scenariosOf } from './matrix.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '50' },
      reference: { type: 'string', default: '1000' },
      variant: { type: 'string' },
      scenario: { type: 'string' },
    },
  });
  const ids = values.scenario?.split(',') ?? scenariosOf(raft).map(({ id }) => id);
  const reference: Variant = { name: 'reference', what: '', edit: [] };
  const subjects = [reference, ...variants].filter(
    ({ name }) => values.variant === undefined || values.variant.split(',').includes(name),
  );
  const tasks = subjects.flatMap((subject) => {
    const seeds = Number(subject === reference ? values.reference : values.seeds);
    if (seeds === 0) return [];
    // The reference has so many seeds that one task would keep one core busy at the end.
    const groups = subject === reference ? ids.map((id) => [id]) : [ids];
    return groups.map((group) => {
      const scenarios = group.map((id) => ({ id, seeds }));
      return { lab: 'raft', edit: subject.edit, scenarios, stopAtFailure: false, subject };
    });
  });
  let runs = 0;
  let wrong = 0;
  await performAll(tasks, ({ subject: { name, mayFail = {} } }, cells) => {
    for (const { scenario, seeds, failures } of cells) {
      runs += seeds;
      const [first] = failures;
      if (first === undefined) continue;
      const allowed = mayFail[scenario];
      const isWrong = allowed === undefined || failures.some((f) => f.verdict === 'undecided');
      if (isWrong) wrong++;
      const found = failures.slice(0, 4).map(({ seed }) => seed);
      const count = `${failures.length}/${seeds} seeds (${found.join(' ')})`;
      console.log(`${isWrong ? '✗' : '·'} ${name}  ${scenario}  ${count}  ${first.ruleId}`);
      console.log(`    ${allowed ?? first.evidence.slice(0, 400)}`);
    }
  });
  console.log(`${subjects.length} correct implementations, ${runs} runs, ${wrong} wrongly accused`);
  if (wrong > 0) process.exitCode = 1;
}

if (!isCrewMember()) await main();
