/** `lab view <lab> <scenario>`: one run as a page, opened in the browser. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { namesOf } from '../../grader/names.ts';
import { type PageOptions, pageOf } from '../../grader/report/page/page.ts';
import { problemLines } from '../../grader/report/terminal.ts';
import { SubmissionProblems } from '../../grader/submission/load.ts';
import { chooseRun, type RunChoice, replayChosen } from '../runs.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, shown } from '../workspace.ts';

interface ViewOptions extends RunChoice {
  readonly out?: string;
  readonly open: boolean;
  /** As drawn, not shrunk. */
  readonly whole?: boolean;
}

export async function view(
  ui: Ui,
  slug: string,
  id: string,
  options: ViewOptions,
): Promise<number> {
  const run = await chooseRun(slug, id, { ...options, shrunk: options.whole !== true });
  const { lab, scenario, shrunk } = run;
  const { seed } = run.options;
  try {
    const replay = await replayChosen(run);
    const file = resolve(options.out ?? pageFile(slug, scenario.id, seed));
    await writePage(file, {
      replay,
      title: scenario.title,
      lab: lab.title,
      scenario: scenario.id,
      nodes: namesOf(scenario.nodes),
      command: `${ui.command} ${run.command}`,
      ...(shrunk === undefined ? {} : { shrunk: shrunk.words }),
    });
    const { verdict } = replay.result;
    ui.out(`${verdict} with seed ${seed}, ${replay.trace.length} events`, `  page  ${shown(file)}`);
    if (options.open && ui.interactive) openInBrowser(file);
    return verdict === 'passed' ? 0 : verdict === 'failed' ? 1 : 3;
  } catch (error) {
    if (!(error instanceof SubmissionProblems)) throw error;
    ui.out(...problemLines(error.problems, ui.style));
    return 1;
  }
}

/** Where the page of a run is written by default. */
export function pageFile(slug: string, scenario: string, seed: number): string {
  return join(findWorkspace(), '.lab', 'view', `${slug}-${scenario}-${seed}.html`);
}

export async function writePage(file: string, options: PageOptions): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await pageOf(options));
}

/** As the desktop does it; where there is none, the printed path has to do. */
function openInBrowser(file: string): void {
  const commands: Partial<Record<NodeJS.Platform, string[]>> = {
    darwin: ['open', file],
    win32: ['cmd', '/c', 'start', '', file],
  };
  const [command = '', ...args] = commands[process.platform] ?? ['xdg-open', file];
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
