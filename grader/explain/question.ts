/**
 * A question about a student's own run, and how lab authors make them. An answer is never written
 * down by an author: it is read off the run, or comes from running it again with one thing changed.
 * Everything depends on (submission, scenario, seed) alone, so whoever grades gets the same questions.
 */
import { plain } from '../report/plain.ts';
import { Stream } from '../sim/prng.ts';
import { hashOf } from '../sim/trace.ts';
import type { RunEvent, RunRecord } from './record.ts';

/** What lab authors write: a name, and how to find the question in a run. */
export interface QuestionMaker {
  /** kebab-case, unique among the questions about one run: `who-led`. */
  readonly id: string;
  /** Undefined when this run holds no good question of this kind. */
  readonly make: (run: RunRecord) => Draft | undefined | Promise<Draft | undefined>;
}

/** The run that questions are about. It must pass before they are asked. */
export interface Explain {
  /** A scenario of this lab in which much happens and little is noise. */
  readonly scenario: string;
  /** @default 1 */
  readonly seed?: number;
  readonly questions: readonly QuestionMaker[];
}

export interface Draft {
  readonly text: string;
  /** Told with a right answer: what the run shows, and why. */
  readonly fact: string;
  /** The events to look at; they bound what the replay command shows. */
  readonly about: readonly RunEvent[];
  readonly answer: DraftAnswer;
}

export type DraftAnswer =
  /**
   * Shown in any order, with the first three of `wrong` that differ from it and from each other: put
   * the most plausible first.
   */
  | { readonly choice: string; readonly wrong: readonly string[]; readonly inOrder?: boolean }
  | { readonly number: number; readonly tolerance: number; readonly unit: string }
  /** The number of an event; `orAlso` for others that are just as right. */
  | { readonly event: RunEvent; readonly orAlso?: readonly RunEvent[] }
  /** A place in the submission: `raft.ts:214`. */
  | { readonly line: string };

const PARTS = ['almost none', 'less than half', 'more than half', 'nearly all'];
/** A share this small is nearly none, and one that lacks no more than this is nearly all. */
const NEARLY = 0.05;

/** Roughly how many of a whole, as a choice. `share`: 0 … 1. */
export function nearlyHowMany(share: number): DraftAnswer {
  const at = share <= NEARLY ? 0 : share >= 1 - NEARLY ? 3 : share < 0.5 ? 1 : 2;
  const choice = PARTS[at] as string;
  return { choice, wrong: PARTS.filter((one) => one !== choice), inOrder: true };
}

/** A question as it is asked and judged. Plain data. */
export interface Question {
  /** `B4.who-led` */
  readonly id: string;
  readonly scenario: string;
  readonly seed: number;
  readonly kind: 'choice' | 'number' | 'event' | 'line';
  readonly text: string;
  readonly options: readonly Option[];
  readonly unit: string;
  /** How an answer is written: `a, b, c or d`. */
  readonly form: string;
  readonly answers: readonly string[];
  /** For a number, how far off is still right; for a line, by how many lines. */
  readonly tolerance: number;
  readonly fact: string;
  /** Arguments for `lab explain --events`, to see it: `B4 --from 1190 --until 1204`. */
  readonly look: string;
  /** Changes when the question or its answer does: an old answer was then to another question. */
  readonly fingerprint: string;
}

export interface Option {
  readonly key: string;
  readonly text: string;
}

/** Identity, for typing and discoverability. */
export function question(id: string, make: QuestionMaker['make']): QuestionMaker {
  return { id, make };
}

const OPTIONS_MAX = 4;
const WRONG_MIN = 2;
/** A call may begin on another line than the one with its name. */
const LINE_TOLERANCE = 1;
/** How much is shown around the events that a question is about. */
const AROUND_MS = 5;

export const idOf = ({ scenario }: RunRecord, { id }: QuestionMaker) => `${scenario.id}.${id}`;

/** A draft as a question; undefined when too few wrong answers are plausible. */
export function finish(run: RunRecord, maker: QuestionMaker, draft: Draft): Question | undefined {
  const id = idOf(run, maker);
  const answered = answersOf(draft.answer, new Stream(run.seed ^ hashOf(id)));
  if (answered === undefined) return undefined;
  const { about } = draft;
  // These texts hold what a submission emitted.
  const [text, fact] = [plain(draft.text), plain(draft.fact)];
  const content = JSON.stringify([text, answered.options, answered.answers]);
  return {
    id,
    scenario: run.scenario.id,
    seed: run.seed,
    text,
    fact,
    ...answered,
    look: lookAt(run, about),
    fingerprint: (hashOf(content) >>> 0).toString(16).padStart(8, '0'),
  };
}

type Answered = Pick<Question, 'kind' | 'options' | 'unit' | 'form' | 'answers' | 'tolerance'>;

function answersOf(answer: DraftAnswer, draw: Stream): Answered | undefined {
  const none = { options: [], unit: '', tolerance: 0 };
  if ('number' in answer) {
    const { number, tolerance, unit } = answer;
    const about = tolerance === 0 ? '' : `; ± ${tolerance} is right`;
    const form = `a number${unit === '' ? '' : `, in ${unit}`}${about}`;
    return { ...none, kind: 'number', unit, form, answers: [String(number)], tolerance };
  }
  if ('event' in answer) {
    const answers = [answer.event, ...(answer.orAlso ?? [])].map(({ number }) => `#${number}`);
    return { ...none, kind: 'event', form: 'an event, such as #12', answers };
  }
  if ('line' in answer) {
    const [file = '', line = ''] = answer.line.split(':');
    const form = `a line of your code, such as ${file}:12`;
    return { ...none, kind: 'line', form, answers: [`${file}:${line}`], tolerance: LINE_TOLERANCE };
  }
  const { choice, inOrder = false } = answer;
  const wrong = [...new Set(answer.wrong)].filter((text) => text !== choice);
  if (wrong.length < WRONG_MIN) return undefined;
  const texts = [choice, ...wrong.slice(0, OPTIONS_MAX - 1)];
  const shown = inOrder ? texts.sort(naturally) : draw.shuffle(texts);
  const options = shown.map((text, i) => ({ key: 'abcd'[i] as string, text: plain(text) }));
  const keys = options.map(({ key }) => key);
  const form = `${keys.slice(0, -1).join(', ')} or ${keys.at(-1)}`;
  const answers = options.filter(({ text }) => text === plain(choice)).map(({ key }) => key);
  return { ...none, kind: 'choice', options, form, answers };
}

const naturally = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

function lookAt({ scenario }: RunRecord, about: readonly RunEvent[]): string {
  const times = about.map(({ atMs }) => atMs);
  const run = scenario.id;
  if (times.length === 0) return run;
  const from = Math.max(0, Math.floor(Math.min(...times) - AROUND_MS));
  return `${run} --from ${from} --until ${Math.ceil(Math.max(...times) + AROUND_MS)}`;
}

/** Why a text is no answer at all to a question; undefined when it can be judged. */
export function whyNoAnswer({ kind, options, form }: Question, given: string): string | undefined {
  const text = normal(given);
  const isAnswer = {
    choice: () => options.some(({ key }) => key === text),
    number: () => text !== '' && Number.isFinite(Number(text)),
    event: () => /^#?\d+$/.test(text),
    line: () => /^[^:\s]+:\d+(:\d+)?$/.test(text),
  }[kind];
  return isAnswer() ? undefined : `the answer is ${form}`;
}

export function isRight({ kind, answers, tolerance }: Question, given: string): boolean {
  const text = normal(given);
  if (kind === 'number') {
    return answers.some((answer) => Math.abs(Number(text) - Number(answer)) <= tolerance);
  }
  if (kind === 'event') return answers.includes(`#${text.replace('#', '')}`);
  if (kind === 'choice') return answers.includes(text);
  const [file = '', line = ''] = text.split(':');
  return answers.some((answer) => {
    const [rightFile = '', rightLine = ''] = answer.split(':');
    const isNear = Math.abs(Number(line) - Number(rightLine)) <= tolerance;
    return isNear && (file === rightFile.toLowerCase() || rightFile.endsWith(`/${file}`));
  });
}

const normal = (given: string) => given.trim().toLowerCase();
