/** `lab explain [lab]`: questions about the student's own runs, answered by the simulation. */
import { type Answers, judge, withTry } from '../../grader/explain/answers.ts';
import { type Question, whyNoAnswer } from '../../grader/explain/question.ts';
import { isExplained, makeSheet, type Sheet } from '../../grader/explain/sheet.ts';
import type { Lab, SimulatedLab } from '../../grader/lab.ts';
import { withSession } from '../../grader/replay.ts';
import type { AnsweredQuestion } from '../../grader/report/report.ts';
import { problemLines, wrap } from '../../grader/report/terminal.ts';
import { SubmissionProblems } from '../../grader/submission/load.ts';
import { UsageError } from '../errors.ts';
import { showEvents } from '../explain-events.ts';
import {
  answersFile,
  indent,
  labelled,
  parseAnswer,
  questionLines,
  readAnswerFile,
  readAnswers,
  shortName,
  tries,
  writeAnswers,
} from '../explanation.ts';
import { solutionFolder } from '../root.ts';
import { labOrLast, referencesOf, rememberedReferences } from '../select.ts';
import { changeState, labState } from '../state.ts';
import type { TraceChoice } from '../trace.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, shown, startedFolder } from '../workspace.ts';
import { showWriteUp, writeUpFor } from '../write-up.ts';

export interface ExplainOptions extends Omit<TraceChoice, 'full'> {
  /** The events of a run, with their numbers. */
  readonly events?: string | true;
  readonly write?: boolean;
  readonly full?: boolean;
  readonly list?: boolean;
  readonly answer?: readonly string[];
  readonly answers?: string;
  readonly solution?: boolean;
}

interface Asking {
  readonly lab: SimulatedLab;
  readonly root: string;
  readonly folder: string;
  readonly sheet: Sheet;
}

export async function explain(
  ui: Ui,
  slug: string | undefined,
  options: ExplainOptions,
): Promise<number> {
  const root = findWorkspace();
  const lab = await labOrLast(root, slug).load();
  if (!isExplained(lab)) {
    const what = `${lab.slug} asks no questions`;
    throw new UsageError({ what, todo: 'choose another lab: lab list' });
  }
  const isOurs = options.solution === true;
  const submission = isOurs ? solutionFolder(lab.slug) : startedFolder(root, lab);
  const uses = isOurs ? referencesOf(lab, lab.uses?.join(',')) : rememberedReferences(root, lab);
  // Anything wrong with the file of answers is reported before the slow part.
  const before = isOurs ? undefined : readAnswers(submission, lab.slug);
  refuseClashes(options);
  const wanted = [
    ...(options.answers === undefined ? [] : readAnswerFile(options.answers)),
    ...(options.answer ?? []),
  ];
  try {
    const where = { lab: lab.slug, submission, uses };
    if (options.events !== undefined) return await showEvents(ui, lab, where, options);
    const text = options.write && !isOurs ? writeUpFor(ui, lab, submission) : undefined;
    const sheet = await withSession(where, (session) => makeSheet(session, lab, text));
    if (options.write && !isOurs) return showWriteUp(ui, lab, submission, sheet);
    const asking: Asking = { lab, root, folder: submission, sheet };
    if (before === undefined) return showKey(ui, asking);
    if (wanted.length > 0) return answerAll(ui, asking, before, wanted);
    if (options.list || !ui.interactive) return list(ui, asking, before);
    return askAll(ui, asking, before);
  } catch (error) {
    if (!(error instanceof SubmissionProblems)) throw error;
    ui.out(...problemLines(error.problems, ui.style));
    return 1;
  }
}

const lookCommand = (ui: Ui, { slug }: Lab, look: string) =>
  `${ui.command} explain ${slug} --events ${look}`;

function refuseClashes(options: ExplainOptions): void {
  const { events, write, list, answer, answers } = options;
  const clash = [
    events !== undefined && '--events',
    write && '--write',
    list && '--list',
    (answer || answers) && '--answer',
  ].filter(Boolean);
  if (clash.length < 2) return;
  const what = `${clash.join(' and ')} do not go together`;
  throw new UsageError({ what, todo: 'choose one of them' });
}

/** Which runs are asked about, and which have to pass first. */
function heading(ui: Ui, { lab, sheet }: Asking): void {
  ui.out(ui.style.colours.bold(`${lab.title}: what happened in your runs?`));
  for (const { scenario, seed, verdict, title } of sheet.runs) {
    if (verdict === 'passed')
      ui.out(...wrap(`${scenario}, seed ${seed}: ${title}`, 78).map((line) => `  ${line}`));
    else {
      const command = `${ui.command} test ${lab.slug} ${scenario}`;
      ui.out(`- ${scenario} does not pass yet, so nothing is asked about it: ${command}`);
    }
  }
  ui.out('');
}

const MARK = { right: '✓', wrong: '✗', open: ' ', outdated: ' ' } as const;

/** All questions, with what became of them; facts only of those that are answered. */
function list(ui: Ui, asking: Asking, answers: Answers): number {
  heading(ui, asking);
  const { sheet } = asking;
  const judged = judge(sheet, answers);
  for (const [i, question] of sheet.questions.entries()) {
    const result = judged[i] as AnsweredQuestion;
    ui.out(...questionLines(shortName(i), question, ui));
    ui.out(...resultLines(ui, asking, question, result), '');
  }
  return finish(ui, asking, answers);
}

function resultLines(
  ui: Ui,
  { lab }: Asking,
  { fact, look }: Question,
  { verdict, answer = '', tries: count }: AnsweredQuestion,
): string[] {
  const command = labelled('look', lookCommand(ui, lab, look), ui);
  if (verdict === 'right') {
    const words = indent(`${ui.style.colours.green(MARK.right)} ${answer}, ${tries(count)}`);
    return [words, ...labelled('fact', fact, ui), ...command];
  }
  if (verdict === 'outdated')
    return [indent('answered for an earlier version of the code: asked again'), ...command];
  if (verdict === 'open') return command;
  return [
    indent(
      `${ui.style.colours.red(MARK.wrong)} not ${answer}${count > 1 ? `, ${tries(count)}` : ''}`,
    ),
    ...command,
  ];
}

/** `--answer q1=b`: all are understood before any is taken. */
function answerAll(ui: Ui, asking: Asking, before: Answers, wanted: readonly string[]): number {
  const given = wanted.map((text) => parseAnswer(text, asking.sheet.questions));
  let answers = before;
  for (const { question, answer } of given) {
    answers = withTry(answers, question, answer);
    tell(ui, asking, answers, question);
  }
  writeAnswers(asking.folder, answers);
  ui.out('');
  return finish(ui, asking, answers);
}

function tell(ui: Ui, asking: Asking, answers: Answers, question: Question): void {
  const index = asking.sheet.questions.indexOf(question);
  const result = judge(asking.sheet, answers)[index] as AnsweredQuestion;
  const [first = '', ...rest] = resultLines(ui, asking, question, result);
  ui.out(`${shortName(index).padEnd(5)}${first.trimStart()}`, ...rest);
}

/** One after the other; each answer is saved at once. */
async function askAll(ui: Ui, asking: Asking, before: Answers): Promise<number> {
  heading(ui, asking);
  let answers = before;
  for (const [i, question] of asking.sheet.questions.entries()) {
    const { verdict } = judge(asking.sheet, answers)[i] as AnsweredQuestion;
    if (verdict === 'right') continue;
    ui.out(...questionLines(shortName(i), question, ui));
    ui.out(...labelled('look', lookCommand(ui, asking.lab, question.look), ui));
    const answer = await ask(question);
    if (answer === undefined) break;
    if (answer === '') {
      ui.out('');
      continue;
    }
    answers = withTry(answers, question, answer);
    writeAnswers(asking.folder, answers);
    tell(ui, asking, answers, question);
    ui.out('');
  }
  return finish(ui, asking, answers);
}

/** '' to leave it open; undefined when the student has had enough. */
async function ask(question: Question): Promise<string | undefined> {
  const { default: enquirer } = await import('enquirer');
  try {
    const { answer } = await enquirer.prompt<{ answer: string }>({
      type: 'input',
      name: 'answer',
      message: `${question.form} (leave empty for later)`,
      validate: (text) => text.trim() === '' || (whyNoAnswer(question, text) ?? true),
    });
    return answer.trim();
  } catch {
    return undefined;
  }
}

/** The points so far, kept with the progress. */
function finish(ui: Ui, { lab, root, folder, sheet }: Asking, answers: Answers): number {
  const judged = judge(sheet, answers);
  const right = judged.filter(({ verdict }) => verdict === 'right');
  const first = right.filter((question) => question.tries === 1);
  const asked = judged.length;
  changeState(root, (state) => {
    labState(state, lab.slug).explain = { asked, right: right.length, first: first.length };
  });
  if (asked === 0) {
    ui.out('No questions yet: they are about runs that pass.');
    return 1;
  }
  ui.out(`${right.length} of ${asked} right, ${first.length} at the first try`);
  const isDone = right.length === asked && sheet.runs.every(({ verdict }) => verdict === 'passed');
  if (isDone) ui.out(`Saved in ${shown(answersFile(folder))}, for lab grade.`);
  else if (!ui.interactive) ui.out(`Answer: ${ui.command} explain ${lab.slug} --answer q1=…`);
  return isDone ? 0 : 1;
}

/** About our solution: with all answers. */
function showKey(ui: Ui, asking: Asking): number {
  heading(ui, asking);
  for (const [i, question] of asking.sheet.questions.entries()) {
    const { answers, fact, look } = question;
    ui.out(...questionLines(shortName(i), question, ui));
    ui.out(...labelled('answer', answers.join(' or '), ui), ...labelled('fact', fact, ui));
    ui.out(...labelled('look', `${lookCommand(ui, asking.lab, look)} --solution`, ui), '');
  }
  return 0;
}
