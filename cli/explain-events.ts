/** `lab explain --events B4`: a run with the numbers that questions and write-ups use. */
import { RunRecord } from '../grader/explain/record.ts';
import { explainedRuns } from '../grader/explain/sheet.ts';
import type { SimulatedLab } from '../grader/lab.ts';
import { namesOf } from '../grader/names.ts';
import { withSession } from '../grader/replay.ts';
import { seconds } from '../grader/report/terminal.ts';
import { UsageError } from './errors.ts';
import { chosenEvents, type TraceChoice } from './trace.ts';
import type { Ui } from './ui.ts';

const COLUMNS = 80;

interface Where {
  readonly lab: string;
  readonly submission: string;
  readonly uses: Readonly<Record<string, string>>;
}

export async function showEvents(
  ui: Ui,
  lab: SimulatedLab,
  where: Where,
  choice: TraceChoice & { readonly events?: string | true },
): Promise<number> {
  const runs = explainedRuns(lab);
  const ids = [...new Set(runs.map(({ scenario }) => scenario.id))];
  const wanted = typeof choice.events === 'string' ? choice.events.toUpperCase() : ids[0];
  const asked = runs.find(({ scenario }) => scenario.id === wanted);
  if (asked === undefined) {
    const what = `nothing is asked about ${JSON.stringify(choice.events)}`;
    throw new UsageError({ what, allowed: ids, todo: 'give one of these runs' });
  }
  const { scenario, seed } = asked;
  const names = namesOf(scenario.nodes);
  if (choice.node !== undefined && !names.includes(choice.node)) {
    const what = `${scenario.id} has no node ${JSON.stringify(choice.node)}`;
    throw new UsageError({ what, allowed: names, todo: 'give one of these names' });
  }
  const run = await withSession(where, (session) => RunRecord.of(session, scenario, seed));
  const chosen = chosenEvents(run.events, choice);
  const width = `#${run.events.length}`.length;
  for (const { number, atMs, node = '', kind, text } of chosen) {
    const line = `${`#${number}`.padStart(width)} ${seconds(atMs).padStart(8)}  ${node.padEnd(3)} ${kind.padEnd(8)} ${text}`;
    ui.out(choice.full || line.length <= COLUMNS ? line : `${line.slice(0, COLUMNS - 1)}…`);
  }
  const page = `${ui.command} view ${lab.slug} ${scenario.id} --seed ${seed} --whole`;
  ui.out(
    '',
    `${chosen.length} of ${run.events.length} events   --node, --from, --until, --follow, --without, --full`,
  );
  ui.out(`as a page: ${page}`);
  return 0;
}
