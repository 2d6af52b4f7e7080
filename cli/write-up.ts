/** `lab explain --write`: makes `explain.md` when there is none, and checks its facts. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sheet } from '../grader/explain/sheet.ts';
import { explainedRuns } from '../grader/explain/sheet.ts';
import { runNamed, template, WRITE_UP_FILE } from '../grader/explain/write-up.ts';
import type { SimulatedLab } from '../grader/lab.ts';
import { wrap } from '../grader/report/terminal.ts';
import { UsageError } from './errors.ts';
import type { Ui } from './ui.ts';
import { shown } from './workspace.ts';

/** The text as it is; an existing file is never written to. */
export function writeUpFor(ui: Ui, lab: SimulatedLab, folder: string): string {
  const file = join(folder, WRITE_UP_FILE);
  const runs = explainedRuns(lab);
  const ids = [...new Set(runs.map(({ scenario }) => scenario.id))];
  const [first] = runs;
  if (first !== undefined && !existsSync(file)) {
    writeFileSync(file, template(lab, first.scenario), { flag: 'wx' });
    ui.out(`new: ${shown(file)}; fill it in, then run this again to check it`, '');
  }
  const text = readFileSync(file, 'utf8');
  const named = runNamed(text);
  if (named !== undefined && ids.includes(named)) return text;
  const what =
    named === undefined
      ? `${shown(file)} has no line such as "Run: ${ids[0]}"`
      : `${shown(file)} is about ${named}, which this lab asks nothing about`;
  throw new UsageError({ what, allowed: ids, todo: 'name one of these in the line "Run: …"' });
}

/** 0 when all facts hold and nothing is left open. */
export function showWriteUp(
  ui: Ui,
  lab: SimulatedLab,
  folder: string,
  { runs, writeUp }: Sheet,
): number {
  const file = shown(join(folder, WRITE_UP_FILE));
  if (writeUp === undefined) {
    const text = readFileSync(join(folder, WRITE_UP_FILE), 'utf8');
    const run = runs.find(({ scenario }) => scenario === runNamed(text));
    ui.out(
      `${run?.scenario} does not pass yet with seed ${run?.seed}, so nothing can be said about it`,
      `  ${ui.command} test ${lab.slug} ${run?.scenario}`,
    );
    return 1;
  }
  const { green, red, yellow } = ui.style.colours;
  for (const { line, text, wrong } of writeUp.claims) {
    const mark = wrong === '' ? green('✓') : red('✗');
    const words = `line ${line}: ${text}${wrong === '' ? '' : `: no, ${wrong}`}`;
    const [first = '', ...rest] = wrap(words, 76);
    ui.out(`${mark} ${first}`, ...rest.map((more) => `    ${more}`));
  }
  const { open, missing, claims } = writeUp;
  if (open.length > 0) ui.out(`${yellow('!')} not filled in: ${lineWords(open)}`);
  for (const form of missing) ui.out(`${yellow('!')} missing: ${form}`);
  const wrong = claims.filter((claim) => claim.wrong !== '').length;
  const isDone = wrong === 0 && open.length === 0 && missing.length === 0;
  ui.out('', `${file}: ${claims.length - wrong} of ${claims.length} facts hold`);
  ui.out(
    isDone
      ? 'It goes into the report; the explanation is for people to judge.'
      : `Events and their numbers: ${ui.command} explain ${lab.slug} --events ${writeUp.run}`,
  );
  return isDone ? 0 : 1;
}

const lineWords = (lines: readonly number[]) =>
  `line${lines.length === 1 ? '' : 's'} ${lines.join(', ')}`;
