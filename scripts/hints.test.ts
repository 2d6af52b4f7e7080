/**
 * `hints.md` of every lab against its scenarios: three stages each, short, under the right title; and
 * against its rules. A lab without hints for rules falls back on those for its scenarios.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseHints, ruleKey } from '../cli/hints.ts';
import { labFolder, ROOT } from '../grader/paths.ts';
import { course } from '../outages/index.ts';

const STAGES = ['1', '2', '3'];
/** A hint is read by somebody who is stuck: it has to fit on half a screen. */
const WORDS_MAX = 110;

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '').length;

/** The names of all rules that the sources in a folder can break. */
function rulesIn(folder: string): Set<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const texts = sources.map((file) => readFileSync(join(folder, file), 'utf8'));
  const mentions = texts.flatMap((text) => text.match(/ruleId:[^,}]*/g) ?? []);
  return new Set(mentions.flatMap((text) => text.match(/(?<=')[a-z][a-z-]*(?=')/g) ?? []));
}

const isRule = (key: string) => key.startsWith(ruleKey(''));
const shared = parseHints(readFileSync(join(ROOT, 'labs', 'hints.md'), 'utf8'));

test('hints for all labs are about rules of the grader, short, and not empty', () => {
  const rules = rulesIn(join(ROOT, 'grader'));
  expect([...shared.keys()].filter((key) => !rules.has(key.slice(ruleKey('').length)))).toEqual([]);
  const texts = [...shared.values()].flat();
  expect(texts.filter((text) => text === '' || words(text) > WORDS_MAX)).toEqual([]);
});

for (const { slug, load } of course) {
  describe(slug, async () => {
    const lab = await load();
    const scenarios = lab.parts.flatMap((part) => part.scenarios);
    const markdown = readFileSync(join(labFolder(slug), 'hints.md'), 'utf8');
    const hints = parseHints(markdown);
    const headings = (marks: string) =>
      markdown
        .split('\n')
        .flatMap((line) => (line.startsWith(marks) ? line.slice(marks.length) : []));

    test('the headings are the scenarios, in the order of the lab, with their titles', () => {
      const ofScenarios = headings('## ').filter((heading) => !isRule(heading));
      expect(ofScenarios).toEqual(scenarios.map(({ id, title }) => `${id} ${title}`));
      expect(headings('### ')).toEqual(scenarios.flatMap(() => STAGES));
    });

    test.each(scenarios)('$id has three stages, none empty or too long', ({ id }) => {
      const stages = hints.get(id) ?? [];
      expect(stages).toHaveLength(STAGES.length);
      expect(stages.filter((stage) => words(stage) === 0)).toEqual([]);
      expect(stages.filter((stage) => words(stage) > WORDS_MAX)).toEqual([]);
    });

    const ruleHints = [...hints].filter(([key]) => isRule(key));
    test.skipIf(ruleHints.length === 0)('each rule has a hint, and nothing else has', () => {
      const rules = rulesIn(labFolder(slug));
      const missing = [...rules].filter((rule) => !hints.has(ruleKey(rule)));
      expect(missing).toEqual([]);
      const known = new Set([...rules].map(ruleKey));
      const unknown = ruleHints.map(([key]) => key).filter((key) => !known.has(key));
      expect(unknown.filter((key) => !shared.has(key))).toEqual([]);
      const tooLong = ruleHints.filter(([, [text = '']]) => text === '' || words(text) > WORDS_MAX);
      expect(tooLong).toEqual([]);
    });

    test('no sentence is in two hints', () => {
      const sentences = [...hints.values()]
        .flat()
        .flatMap((stage) => stage.replaceAll(/\s+/g, ' ').split(/(?<=[.?!]) /))
        .filter((sentence) => words(sentence) > 3);
      expect(sentences.filter((each, i) => sentences.indexOf(each) < i)).toEqual([]);
    });
  });
}
