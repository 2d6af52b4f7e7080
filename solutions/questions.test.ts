/**
 * What `lab explain` asks about each reference solution: the same twice, with one right answer among
 * plausible ones, and kept in `questions.txt` beside the solution, to be read aloud.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRight, type Question, whyNoAnswer } from '../grader/explain/question.ts';
import { isExplained } from '../grader/explain/sheet.ts';
import { explain } from '../grader/grade.ts';
import { ROOT } from '../grader/paths.ts';
import { course } from '../outages/index.ts';

const solutionOf = (slug: string) => join(ROOT, 'solutions', slug);

for (const entry of course) {
  const lab = await entry.load();
  if (!isExplained(lab)) continue;

  describe(lab.slug, () => {
    const ask = () => {
      const uses = Object.fromEntries((lab.uses ?? []).map((slug) => [slug, solutionOf(slug)]));
      return explain({ lab: lab.slug, submission: solutionOf(lab.slug), uses });
    };

    test('the questions are those that were read and approved', { timeout: 0 }, async () => {
      const { runs, questions, broken } = await ask();
      expect(broken).toEqual([]);
      expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
      expect(questions.length).toBeGreaterThanOrEqual(6);
      expect(runs.map(({ verdict }) => verdict)).toEqual(runs.map(() => 'passed'));
      for (const question of questions) expectSound(question);
      const text = questions.map(printed).join('\n');
      await expect(text).toMatchFileSnapshot(join(solutionOf(lab.slug), 'questions.txt'));
      expect((await ask()).questions).toEqual(questions);
    });
  });
}

function expectSound(question: Question): void {
  const { options, answers, kind, text, fact, look } = question;
  expect(text.trim()).toMatch(/[?.]$/);
  expect(`${text} ${fact}`).not.toMatch(/undefined|NaN|\[object/);
  expect(look).toMatch(/^[A-Z]\d+( --from \d+ --until \d+)?$/);
  for (const answer of answers) {
    expect(whyNoAnswer(question, answer)).toBeUndefined();
    expect(isRight(question, answer)).toBe(true);
  }
  if (kind !== 'choice') return;
  expect(new Set(options.map((option) => option.text)).size).toBe(options.length);
  expect(options.length).toBeGreaterThanOrEqual(3);
  expect(options.filter(({ key }) => isRight(question, key))).toHaveLength(1);
}

function printed({ id, text, options, form, answers, tolerance, fact, look }: Question): string {
  const mark = (key: string) => (answers.includes(key) ? '→' : ' ');
  const lines = [
    `${id}   ${form}`,
    text,
    ...options.map((option) => `  ${mark(option.key)} ${option.key}) ${option.text}`),
    ...(options.length > 0 ? [] : [`  → ${answers.join(' or ')} ± ${tolerance}`]),
    `fact: ${fact}`,
    `look: ${look}`,
  ];
  return `${lines.join('\n')}\n`;
}
