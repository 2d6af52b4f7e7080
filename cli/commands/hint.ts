/** `lab hint [lab] [scenario] [stage]`: on the rule that broke, then a nudge, and last a concrete step. */
import { wrap } from '../../grader/report/terminal.ts';
import { UsageError, wholeNumber } from '../errors.ts';
import { hintAt, hintsOf, nextHint } from '../hints.ts';
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
    const what = `no scenario of ${lab.slug} failed in the last test, so it is not clear what the hint is for`;
    throw new UsageError({ what, todo: `lab test ${lab.slug}, or name a scenario` });
  }
  const scenario = findScenario(lab, id ?? last?.scenario ?? '');
  const { hints: read = {}, failing = {} } = readState(root).labs[lab.slug] ?? {};
  const hints = hintsOf(lab.slug);
  const stages = hints.get(scenario.id)?.length ?? 0;
  const wanted = stage === undefined ? undefined : wholeNumber('the stage', 1)(stage);
  if (wanted !== undefined && wanted > stages) {
    const allowed = Array.from({ length: stages }, (_, i) => String(i + 1));
    const what = `${scenario.id} has no hint ${wanted}`;
    throw new UsageError({ what, allowed, todo: 'give one of these stages' });
  }
  const ruleId = failing[scenario.id]?.ruleId;
  const found =
    wanted === undefined
      ? nextHint(hints, { scenario: scenario.id, ruleId, read })
      : hintAt(hints, scenario.id, wanted);
  if (found === undefined) {
    ui.out(`${scenario.id} has no hints. Its question: ${scenario.lookAt}`);
    return 0;
  }
  const { key, text, isLast } = found;
  changeState(root, (state) => {
    labState(state, lab.slug).hints[key] = Math.max(read[key] ?? 0, found.stage);
  });
  const title = wrap(`${scenario.id}  ${scenario.title}`, 80);
  ui.out(...title.map((line) => ui.style.colours.bold(line)));
  const isOfRule = key !== scenario.id;
  const what = isOfRule ? 'On the rule that broke' : `Hint ${found.stage} of ${stages}`;
  ui.out(what, '', ...wrapMarkdown(text));
  const next = `${ui.command} hint ${lab.slug} ${scenario.id}`;
  ui.out('', isLast ? 'That was the last hint.' : `Next hint: ${next}`);
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
