/** `lab hint [lab] [scenario] [stage]`: a nudge first, a concrete step last. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wrap } from '../../grader/report/terminal.ts';
import { UsageError, wholeNumber } from '../errors.ts';
import { parseHints } from '../hints.ts';
import { labFolder } from '../root.ts';
import { findScenario, labOrLast } from '../select.ts';
import { changeState, labState, readState } from '../state.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace } from '../workspace.ts';

const isScenario = (word: string | undefined) => word !== undefined && /^[a-z]\d+$/i.test(word);

export async function hint(
  ui: Ui,
  ...[first, second, third]: readonly [string?, string?, string?, ...unknown[]]
): Promise<number> {
  // `lab hint B2` means the lab that was worked on last.
  const given = [first, second, third];
  const [slug, id, stage] = isScenario(given[0]) ? [undefined, ...given] : given;
  const root = findWorkspace();
  const lab = await labOrLast(root, slug).load();
  const last = readState(root).labs[lab.slug]?.lastFailure;
  if (id === undefined && last === undefined) {
    const what = `nothing of ${lab.slug} has failed yet, so it is not clear what the hint is for`;
    throw new UsageError({ what, todo: `lab test ${lab.slug}, or name a scenario` });
  }
  const scenario = findScenario(lab, id ?? last?.scenario ?? '');
  const file = join(labFolder(lab.slug), 'hints.md');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const stages = parseHints(text).get(scenario.id) ?? [];
  if (stages.length === 0) {
    ui.out(`${scenario.id} has no hints. Its question: ${scenario.lookAt}`);
    return 0;
  }
  const read = readState(root).labs[lab.slug]?.hints[scenario.id] ?? 0;
  const wanted = stage === undefined ? read + 1 : wholeNumber('the stage', 1)(stage);
  if (stage !== undefined && wanted > stages.length) {
    const allowed = stages.map((_, i) => String(i + 1));
    const what = `${scenario.id} has no hint ${wanted}`;
    throw new UsageError({ what, allowed, todo: 'give one of these stages' });
  }
  const shown = Math.min(wanted, stages.length);
  changeState(root, (state) => {
    labState(state, lab.slug).hints[scenario.id] = Math.max(read, shown);
  });
  const title = wrap(`${scenario.id}  ${scenario.title}`, 80);
  ui.out(...title.map((line) => ui.style.colours.bold(line)));
  ui.out(`Hint ${shown} of ${stages.length}`, '', ...wrapMarkdown(stages[shown - 1] ?? ''));
  const next = `${ui.command} hint ${lab.slug} ${scenario.id}`;
  ui.out('', shown < stages.length ? `Next hint: ${next}` : 'That was the last hint.');
  return 0;
}

/** Paragraphs are filled to 80 columns; code and lists stay as they are. */
function wrapMarkdown(text: string): string[] {
  return text.split(/\n{2,}/).flatMap((block, i) => {
    const isText = !/^(```|[-*] |\d+\. )/.test(block);
    const lines = isText ? wrap(block.replaceAll('\n', ' '), 80) : block.split('\n');
    return i === 0 ? lines : ['', ...lines];
  });
}
