/** `lab start <lab>`: fills `work/<lab>/`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isOnPostgres, type Lab } from '../../grader/lab.ts';
import { wrap } from '../../grader/report/terminal.ts';
import { labFolder, ROOT } from '../root.ts';
import { findLab } from '../select.ts';
import { changeState, labState } from '../state.ts';
import type { Ui } from '../ui.ts';
import {
  findWorkspace,
  shown,
  start,
  workFolder,
  writeLaunchFile,
  writeTypeSettings,
} from '../workspace.ts';

const apiOf = (lab: Lab) => (isOnPostgres(lab) ? ['systems', 'postgres.ts'] : ['node.ts']);

const LABEL_COLUMNS = 11;

function labelled(label: string, text: string): string[] {
  const [first = '', ...rest] = wrap(text, 80 - LABEL_COLUMNS);
  const margin = ' '.repeat(LABEL_COLUMNS);
  return [`  ${label}`.padEnd(LABEL_COLUMNS) + first, ...rest.map((line) => margin + line)];
}

export async function startLab(ui: Ui, slug: string): Promise<number> {
  const lab = await findLab(slug).load();
  const root = findWorkspace();
  const { created, kept } = start(root, lab);
  const hasLaunchFile = writeLaunchFile(root);
  writeTypeSettings(root);
  changeState(root, (state) => {
    state.last = slug;
    labState(state, slug).startedAt ??= new Date().toISOString();
  });
  const folder = workFolder(root, slug);
  ui.out(ui.style.colours.bold(lab.title));
  if (created.length > 0) ui.out(...labelled('new', created.join(', ')));
  const yours = '(yours; nothing was overwritten)';
  if (kept.length > 0) ui.out(...labelled('kept', `${kept.join(', ')} ${yours}`));
  if (hasLaunchFile) ui.out('  debugger .vscode/launch.json');
  const absent: string[] = [];
  for (const used of lab.uses ?? []) {
    const own = workFolder(root, used);
    if (!existsSync(own)) absent.push(used);
    ui.out(`  on       ${shown(own)} (yours${existsSync(own) ? '' : '; not there yet'})`);
  }
  ui.out(
    `  edit     ${shown(join(folder, lab.entry))}`,
    `  read     ${shown(join(labFolder(slug), 'README.md'))}`,
    `  api      ${shown(join(ROOT, 'grader', ...apiOf(lab)))} (all that it may use)`,
    `  then     ${ui.command} test ${slug} --watch`,
  );
  if (absent.length > 0)
    ui.out(`           with --with-reference ${absent.join(',')}: uses ours until yours is there`);
  return 0;
}
