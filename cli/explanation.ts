/** The answers of a student, in `explain.json` beside their code, and how questions are printed. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWERS_FILE, type Answers, parseAnswers } from '../grader/explain/answers.ts';
import { type Question, whyNoAnswer } from '../grader/explain/question.ts';
import { wrap } from '../grader/report/terminal.ts';
import { UsageError } from './errors.ts';
import type { Ui } from './ui.ts';
import { shown } from './workspace.ts';

export const answersFile = (folder: string) => join(folder, ANSWERS_FILE);

/** @throws {UsageError} when it is not a file of answers; it is left as it is */
export function readAnswers(folder: string, lab: string): Answers {
  const file = answersFile(folder);
  if (!existsSync(file)) return { version: 1, lab, answers: {} };
  const read = parseAnswers(readFileSync(file, 'utf8'), lab);
  if ('answers' in read) return read.answers;
  const todo = 'fix it, or move it away (the answers in it then no longer count)';
  throw new UsageError({ what: `${shown(file)} ${read.wrong}`, todo });
}

/** A crash leaves the old file. */
export function writeAnswers(folder: string, answers: Answers): void {
  const file = answersFile(folder);
  const part = `${file}.${process.pid}`;
  writeFileSync(part, `${JSON.stringify(answers, null, 2)}\n`);
  renameSync(part, file);
}

/** `q3`: the place of a question in the list; its id survives an edit, its place may not. */
export const shortName = (index: number) => `q${index + 1}`;

/** From `q1=b` to question and answer. @throws {UsageError} when there is no such question, or answer */
export function parseAnswer(
  text: string,
  questions: readonly Question[],
): { question: Question; answer: string } {
  const [, name = '', answer = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(text) ?? [];
  const allowed = questions.map((_, i) => shortName(i));
  const todo = 'answer like this: --answer q1=b q2=41';
  if (name === '') {
    throw new UsageError({ what: `${JSON.stringify(text)} names no question`, allowed, todo });
  }
  const question = questions.find(
    ({ id }, i) => shortName(i) === name.toLowerCase() || id.toLowerCase() === name.toLowerCase(),
  );
  if (question === undefined) {
    const what = `there is no question ${JSON.stringify(name)}`;
    throw new UsageError({ what, value: name, allowed, todo: 'lab explain --list' });
  }
  const why = whyNoAnswer(question, answer);
  if (why === undefined) return { question, answer };
  const what = `${JSON.stringify(answer)} is no answer to ${name}: ${why}`;
  throw new UsageError({ what, todo: `read the question again: lab explain --list` });
}

/** `{"q1": "b"}`, or lines with `q1=b`; `#` begins a comment. @throws {UsageError} when unreadable */
export function readAnswerFile(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const what = `${JSON.stringify(file)} cannot be read: ${(error as Error).message}`;
    throw new UsageError({ what, todo: 'give a file with lines such as q1=b' });
  }
  if (!text.trimStart().startsWith('{')) {
    return text.split('\n').filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
  }
  try {
    return Object.entries(JSON.parse(text) as object).map(([id, value]) => `${id}=${value}`);
  } catch (error) {
    const what = `${JSON.stringify(file)} is not JSON: ${(error as Error).message}`;
    throw new UsageError({ what, todo: 'give {"q1": "b", …}, or lines such as q1=b' });
  }
}

const INDENT = 5;
const WIDTH = 80;

/** The question and what can be answered. */
export function questionLines(name: string, { text, options, form }: Question, ui: Ui): string[] {
  const { bold, dim } = ui.style.colours;
  const [first = '', ...rest] = wrap(text, WIDTH - INDENT);
  return [
    `${bold(name.padEnd(INDENT))}${first}`,
    ...rest.map(indent),
    ...optionLines(options),
    ...(options.length > 0 ? [] : [indent(dim(`(${form})`))]),
  ];
}

export function optionLines(options: Question['options']): string[] {
  return options.flatMap(({ key, text }) => {
    const [first = '', ...rest] = wrap(text, WIDTH - INDENT - 3);
    return [indent(`${key}) ${first}`), ...rest.map((line) => indent(`   ${line}`))];
  });
}

export const indent = (line: string) => `${' '.repeat(INDENT)}${line}`;

export function labelled(label: string, text: string, ui: Ui): string[] {
  const [first = '', ...rest] = wrap(text, WIDTH - INDENT - 6);
  return [
    indent(`${ui.style.colours.dim(label.padEnd(6))}${first}`),
    ...rest.map((line) => indent(`      ${line}`)),
  ];
}

export const tries = (count: number) => (count === 1 ? 'at the first try' : `${count} tries`);
