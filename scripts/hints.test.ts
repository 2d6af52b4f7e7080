/** `hints.md` of every lab against its scenarios: three stages each, short, under the right title. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseHints } from '../cli/hints.ts';
import { labFolder } from '../grader/paths.ts';
import { course } from '../outages/index.ts';

const STAGES = ['1', '2', '3'];
/** A hint is read by somebody who is stuck: it has to fit on half a screen. */
const WORDS_MAX = 110;

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '').length;

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
      expect(headings('## ')).toEqual(scenarios.map(({ id, title }) => `${id} ${title}`));
      expect(headings('### ')).toEqual(scenarios.flatMap(() => STAGES));
    });

    test.each(scenarios)('$id has three stages, none empty or too long', ({ id }) => {
      const stages = hints.get(id) ?? [];
      expect(stages).toHaveLength(STAGES.length);
      expect(stages.filter((stage) => words(stage) === 0)).toEqual([]);
      expect(stages.filter((stage) => words(stage) > WORDS_MAX)).toEqual([]);
    });

    test('no sentence stands in two hints', () => {
      const sentences = [...hints.values()]
        .flat()
        .flatMap((stage) => stage.replaceAll(/\s+/g, ' ').split(/(?<=[.?!]) /))
        .filter((sentence) => words(sentence) > 3);
      expect(sentences.filter((each, i) => sentences.indexOf(each) < i)).toEqual([]);
    });
  });
}
