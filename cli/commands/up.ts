/** `lab up <lab> [scenario]`: the broken cluster of a scenario, to work on by hand. */
import { join } from 'node:path';
import type { PostgresLab, ServerScenario } from '../../grader/lab.ts';
import { isOnPostgres } from '../../grader/lab.ts';
import { wrap } from '../../grader/report/terminal.ts';
import { UsageError } from '../errors.ts';
import { allUp, raise, type UpState } from '../keepers.ts';
import { labFolder } from '../root.ts';
import { findScenario, labOrLast } from '../select.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, shown } from '../workspace.ts';

export async function up(
  ui: Ui,
  slug: string | undefined,
  id: string | undefined,
  { seed = 1 }: { seed?: number },
): Promise<number> {
  const root = findWorkspace();
  const lab = await labOrLast(root, slug).load();
  if (!isOnPostgres(lab)) {
    const what = `${lab.slug} is simulated: there are no servers to bring up`;
    throw new UsageError({ what, todo: `lab test ${lab.slug}` });
  }
  const other = allUp(root).find((state) => state.lab === lab.slug);
  if (other) {
    const what = `a cluster of ${lab.slug} is up already: ${other.scenario}, variant ${other.seed}`;
    throw new UsageError({ what, todo: `lab shell ${lab.slug}, or lab down ${lab.slug} first` });
  }
  const scenario = chosen(lab, id);
  const keepIn = join(root, '.lab', 'servers', `${lab.slug}-${scenario.id}-hand`);
  try {
    const options = { lab: lab.slug, scenario: scenario.id, seed, keepIn };
    const state = await raise(root, options, (text) =>
      ui.err(...wrap(`lab: starting ${text}`, 80)),
    );
    ui.out(...introduction(ui, lab, scenario, state));
    return 0;
  } catch (error) {
    ui.err(`lab: ${(error as Error).message}`, `  do: ${ui.command} doctor says what works here`);
    return 3;
  }
}

/** The scenario that was named, or the first that can be solved by hand. */
function chosen(lab: PostgresLab, id: string | undefined): ServerScenario {
  const all = lab.parts.flatMap((part) => part.scenarios);
  const wanted = id === undefined ? all.find((s) => s.byHand)?.id : findScenario(lab, id).id;
  const scenario = all.find((s) => s.id === (wanted ?? all[0]?.id));
  if (scenario) return scenario;
  throw new UsageError({ what: `${lab.slug} has no scenarios`, todo: 'lab list' });
}

function introduction(
  ui: Ui,
  lab: PostgresLab,
  scenario: ServerScenario,
  { nodes, archiveDir, byHand, seed }: UpState,
): string[] {
  const { bold } = ui.style.colours;
  const title = wrap(scenario.title, 76);
  const rows = nodes.map(({ name, port, dataDir }, i) => {
    const role = i === 0 ? 'primary' : 'standby';
    return `  ${name}  began as ${role}  port ${port}  ${dataDir}`;
  });
  const last = nodes.at(-1)?.name;
  const commands = [
    [`shell ${lab.slug} n1`, 'psql on a node'],
    [`shell ${lab.slug} ${last} restart`, 'also stop, ls …: shell --help'],
    [`logs ${lab.slug} ${last}`, 'what a server has logged'],
    byHand
      ? [`verify ${lab.slug}`, 'is it repaired?']
      : [`test ${lab.slug} ${scenario.id}`, 'judges code; look around here'],
    [`down ${lab.slug}`, 'ends it, leaving nothing behind'],
  ].map(([words = '', what]) => `  ${ui.command} ${words.padEnd(lab.slug.length + 17)}  ${what}`);
  return [
    ...title.map((line, i) => bold(`${i === 0 ? scenario.id : '  '}  ${line}`)),
    '',
    ...rows,
    ...(archiveDir ? [`  archive  ${archiveDir}`] : []),
    '',
    ...wrap(`Look at: ${scenario.lookAt}`, 78).map((line) => `  ${line}`),
    '',
    ...commands,
    '',
    `  variant ${seed} (--seed); handout: ${shown(join(labFolder(lab.slug), 'README.md'))}`,
  ];
}
