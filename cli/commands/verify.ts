/** `lab verify <lab>`: is the cluster that is up repaired? And `lab logs`, `lab down`. */
import { isOnPostgres } from '../../grader/lab.ts';
import type { ScenarioResult } from '../../grader/report/report.ts';
import { failureLines, resultLines } from '../../grader/report/terminal.ts';
import { UsageError } from '../errors.ts';
import { allUp, command, findUp, lower, operate } from '../keepers.ts';
import { findLab } from '../select.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, shown } from '../workspace.ts';

export async function verify(ui: Ui, slug: string | undefined): Promise<number> {
  const up = findUp(findWorkspace(), slug);
  if (!up.byHand) {
    const what = `${up.scenario} of ${up.lab} judges code, not work done by hand`;
    throw new UsageError({ what, todo: `lab test ${up.lab} ${up.scenario}` });
  }
  const lab = await findLab(up.lab).load();
  const scenario = isOnPostgres(lab)
    ? lab.parts.flatMap((p) => p.scenarios).find((s) => s.id === up.scenario)
    : undefined;
  ui.err('lab: checking, and putting the repair to the test with what comes next …');
  const answer = await command(up, { type: 'check' });
  if (answer.type !== 'verdict' || scenario === undefined) {
    ui.err(`lab: the cluster is gone`, `  do: lab up ${up.lab}`);
    return 3;
  }
  const { result: said } = answer;
  const record = said.onServers?.record;
  const result = record ? { ...said, onServers: { record: shown(record) } } : said;
  const { id, title, points } = scenario;
  const outcome: ScenarioResult = {
    id,
    title,
    points,
    earned: result.verdict === 'passed' ? points : 0,
    verdict: result.verdict,
    seedsRun: 1,
    seedsPassed: result.verdict === 'passed' ? 1 : 0,
    ...(result.verdict === 'passed' ? {} : { firstBad: result }),
    virtualMs: 0,
    events: 0,
  };
  if (result.verdict === 'passed') {
    ui.out(...resultLines(outcome, ui.style), '');
    ui.out(
      'Repaired by hand. To earn the points, write it into runbook.ts:',
      `  ${ui.command} test ${up.lab} ${id}`,
    );
  } else ui.out(...failureLines(up.lab, outcome, ui.style));
  const again = `${ui.command} down ${up.lab}, then up again`;
  ui.out('', 'The servers are as the check left them; to begin anew:', `  ${again}`);
  return result.verdict === 'passed' ? 0 : result.verdict === 'failed' ? 1 : 3;
}

export async function logs(
  ui: Ui,
  slug: string | undefined,
  node: string | undefined,
  { lines = 20 }: { lines?: number },
): Promise<number> {
  const up = findUp(findWorkspace(), slug);
  const names = node === undefined ? up.nodes.map((n) => n.name) : [node];
  for (const name of names) {
    const text = (await operate(up, name, 'logTail', lines)) as string;
    if (names.length > 1) ui.out(ui.style.colours.bold(name));
    ui.out(text);
  }
  return 0;
}

export async function down(ui: Ui, slug: string | undefined): Promise<number> {
  const root = findWorkspace();
  const all = slug === undefined ? allUp(root) : [findUp(root, slug)];
  if (all.length === 0) ui.out('No cluster is up.');
  for (const up of all) {
    await lower(root, up);
    ui.out(`${up.lab} is down; nothing is left of it`);
  }
  return 0;
}
