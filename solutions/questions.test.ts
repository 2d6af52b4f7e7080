/**
 * What `lab explain` asks about each reference solution, with one right answer among plausible ones:
 * kept in `questions.txt` beside the solution, to be read aloud.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ANSWERS_FILE, type Answers, earnedBy, judge } from '../grader/explain/answers.ts';
import { isRight, type Question, whyNoAnswer } from '../grader/explain/question.ts';
import { RunRecord } from '../grader/explain/record.ts';
import { isExplained } from '../grader/explain/sheet.ts';
import { at } from '../grader/explain/words.ts';
import type { Scenario } from '../grader/lab.ts';
import { ROOT } from '../grader/paths.ts';
import { explain, withSession } from '../grader/replay.ts';
import type { WireMessage } from '../grader/sim/network.ts';
import { course } from '../outages/index.ts';

const solutionOf = (slug: string) => join(ROOT, 'solutions', slug);

for (const entry of course) {
  const lab = await entry.load();
  if (!isExplained(lab)) continue;

  describe(lab.slug, () => {
    const uses = Object.fromEntries((lab.uses ?? []).map((slug) => [slug, solutionOf(slug)]));
    let asked: ReturnType<typeof explain> | undefined;
    const ask = () => {
      asked ??= explain({ lab: lab.slug, submission: solutionOf(lab.slug), uses });
      return asked;
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
    });

    const parts = lab.parts.filter((part) => part.explain !== undefined);
    if (parts.length === 0) return;
    test('the solution has answered them, and earns all points', { timeout: 0 }, async () => {
      const sheet = await ask();
      const answers = rightAnswers(lab.slug, sheet.questions);
      await expect(written(answers)).toMatchFileSnapshot(join(solutionOf(lab.slug), ANSWERS_FILE));
      expect(earnedBy(judge(sheet, answers), 20)).toBe(20);
    });
  });
}

function rightAnswers(lab: string, questions: readonly Question[]): Answers {
  const answers = questions.map(({ id, fingerprint, answers: [right = ''] }) => {
    return [id, { fingerprint, tries: [right] }];
  });
  return { version: 1, lab, answers: Object.fromEntries(answers) };
}

/** As the formatter has it: a short list stands on one line. */
const written = (answers: Answers) =>
  `${JSON.stringify(answers, null, 2).replace(/\[\s+("[^"]*")\s+\]/g, '[$1]')}\n`;

test('what would have been is the same when it is brought about in another way', {
  timeout: 0,
}, async () => {
  const { questions } = await explain({ lab: 'raft', submission: solutionOf('raft') });
  const find = (id: string) => questions.find((question) => question.id === id);
  const answerOf = (id: string) =>
    find(id)?.options.find(({ key }) => find(id)?.answers.includes(key))?.text ?? '';
  const lostNumber = Number(/^#(\d+)/.exec(find('B4.lost')?.text ?? '')?.[1]);
  await withSession({ lab: 'raft', submission: solutionOf('raft') }, async (session, lab) => {
    const scenarioOf = (id: string) =>
      lab.parts.flatMap((part) => part.scenarios).find((s) => s.id === id) as Scenario;
    // Not by the number of the message: a filter of the scenario's kind sees its sender and content.
    const run = await RunRecord.of(session, scenarioOf('B4'), 1);
    const lost = run.events[lostNumber - 1]?.facts.wire;
    const sameBefore = run
      .all('send')
      .filter(({ number, facts }) => number < lostNumber && isSame(facts.wire, lost)).length;
    let seen = 0;
    const filtered = await run.again({
      before: (cluster) => {
        const { filter } = cluster;
        cluster.filter = (fate) =>
          filter.call(cluster, (m) =>
            isSame(m, lost) && seen++ === sameBefore ? 'drop' : fate?.(m),
          );
        cluster.filter(undefined);
      },
    });
    const end = /"(n\d) emits (apply .*)" have come/.exec(find('B4.lost')?.text ?? '');
    const then = filtered.all('emit', end?.[1]).find(({ text }) => text === end?.[2]);
    expect(answerOf('B4.lost')).toContain(`at ${at(then?.atMs ?? 0)}`);
    // Not by a factor: by the profile of the network.
    const slow = await (await RunRecord.of(session, scenarioOf('C2'), 1)).again({
      before: (cluster) => cluster.network({ minMs: 4, typicalMs: 12, tailMs: 80 }),
    });
    const proposal = slow.all('call').find(({ text }) => text === 'propose("c1")');
    const applied = slow
      .all('emit', proposal?.node)
      .find(({ text }) => text.includes('"command":"c1"'));
    const tookMs = Math.round((applied?.atMs ?? 0) - (proposal?.atMs ?? 0));
    expect(find('C2.latency')?.answers).toEqual([String(tookMs)]);
  });
});

const isSame = (a: WireMessage | undefined, b: WireMessage | undefined) =>
  a?.from === b?.from &&
  a?.to === b?.to &&
  a?.kind === b?.kind &&
  JSON.stringify(a?.body) === JSON.stringify(b?.body);

test('other code, other questions: a heartbeat of 70 ms moves what would have been', {
  timeout: 0,
}, async () => {
  const beats = {
    file: 'raft.ts',
    find: 'const HEARTBEAT_MS = 50;',
    replace: 'const HEARTBEAT_MS = 70;',
  };
  const ask = (edits: (typeof beats)[]) =>
    explain({ lab: 'raft', submission: solutionOf('raft'), edits });
  const [before, after] = [await ask([]), await ask([beats])];
  const prints = new Set(before.questions.map(({ fingerprint }) => fingerprint));
  expect(after.questions.length).toBeGreaterThanOrEqual(6);
  expect(after.questions.some(({ fingerprint }) => !prints.has(fingerprint))).toBe(true);
});

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
