/**
 * The answers in a submission (`explain.json`), and what they are worth. The file is a
 * student's: it may hold anything, and is read with care.
 */
import type { Lab } from '../lab.ts';
import type { AnsweredQuestion, Explanation } from '../report/report.ts';
import { isRight, type Question } from './question.ts';
import type { Sheet } from './sheet.ts';

/** Beside the files of the submission. */
export const ANSWERS_FILE = 'explain.json';

export interface Answers {
  readonly version: 1;
  readonly lab: string;
  /** By id of the question; all tries, in order. */
  readonly answers: Readonly<Record<string, Given>>;
}

export interface Given {
  /** Of the question that was answered. */
  readonly fingerprint: string;
  readonly tries: readonly string[];
}

const TRIES_MAX = 1000;

/** What a file holds, or what is wrong with it, as the end of a sentence. */
export function parseAnswers(text: string, lab: string): { answers: Answers } | { wrong: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { wrong: `is not JSON: ${(error as Error).message}` };
  }
  const { version, lab: slug, answers } = (value ?? {}) as Partial<Answers>;
  if (version !== 1) return { wrong: `has version ${show(version)}; this lab reads version 1` };
  if (slug !== lab) return { wrong: `is for the lab ${show(slug)}, not for ${lab}` };
  if (typeof answers !== 'object' || answers === null || Array.isArray(answers)) {
    return { wrong: `has no "answers" by question, but ${show(answers)}` };
  }
  for (const [id, given] of Object.entries(answers)) {
    const { fingerprint, tries } = (given ?? {}) as Partial<Given>;
    const isGiven =
      typeof fingerprint === 'string' &&
      Array.isArray(tries) &&
      tries.length <= TRIES_MAX &&
      tries.every((attempt) => typeof attempt === 'string');
    if (!isGiven) return { wrong: `has no "fingerprint" and "tries" (strings) for ${show(id)}` };
  }
  return { answers: value as Answers };
}

const show = (value: unknown) => JSON.stringify(value)?.slice(0, 60) ?? 'nothing';

/** One try more; answers for another version of the code are forgotten. */
export function withTry(answers: Answers, { id, fingerprint }: Question, text: string): Answers {
  const before = own(answers, id);
  const tries = before?.fingerprint === fingerprint ? before.tries : [];
  const given = { fingerprint, tries: [...tries, text.trim()] };
  return { ...answers, answers: { ...answers.answers, [id]: given } };
}

function own({ answers }: Answers, id: string): Given | undefined {
  return Object.hasOwn(answers, id) ? answers[id] : undefined;
}

/** Judges each question of the sheet. */
export function judge(sheet: Sheet, answers: Answers | undefined): Explanation['questions'] {
  return sheet.questions.map((question): AnsweredQuestion => {
    const { id, text, fingerprint } = question;
    const given = answers && own(answers, id);
    if (given === undefined || given.tries.length === 0)
      return { id, text, verdict: 'open', tries: 0 };
    if (given.fingerprint !== fingerprint) return { id, text, verdict: 'outdated', tries: 0 };
    const first = given.tries.findIndex((attempt) => isRight(question, attempt));
    const answer = given.tries.at(first) ?? '';
    const tries = first === -1 ? given.tries.length : first + 1;
    return { id, text, verdict: first === -1 ? 'wrong' : 'right', answer, tries };
  });
}

/** Right at the first try: the whole share; at the second: half; later: nothing. Rounded down. */
export function earnedBy(questions: Explanation['questions'], points: number): number {
  if (questions.length === 0) return 0;
  const shares = questions.map(({ verdict, tries }) =>
    verdict !== 'right' ? 0 : tries === 1 ? 1 : tries === 2 ? 0.5 : 0,
  );
  return Math.floor((points * shares.reduce<number>((a, b) => a + b, 0)) / questions.length + 1e-9);
}

/** The section of a report; `text` is what the file holds, undefined when there is none. */
export function explanationOf(lab: Lab, sheet: Sheet, text: string | undefined): Explanation {
  const read = text === undefined ? undefined : parseAnswers(text, lab.slug);
  const answers = read && 'answers' in read ? read.answers : undefined;
  const { runs } = sheet;
  return {
    runs,
    questions: judge(sheet, answers),
    ...(sheet.writeUp ? { writeUp: sheet.writeUp } : {}),
    ...(read && 'wrong' in read ? { problem: `${ANSWERS_FILE} ${read.wrong}` } : {}),
  };
}
