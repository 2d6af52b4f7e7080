/** Questions that the grader answers by running the same seed again with one thing changed. */
import type { Change } from '../run.ts';
import { chainOf } from './about-code.ts';
import { type QuestionMaker, question } from './question.ts';
import type { RunEvent, RunRecord } from './record.ts';
import { at, bodyOf, listed, named, told } from './words.ts';

/** The same thing in another run: what was emitted or answered, on which node, and for which time. */
export interface Milestone {
  readonly event: RunEvent;
  /** Where it is in another run; undefined when it does not happen there. */
  find(run: RunRecord): RunEvent | undefined;
}

export function milestone(run: RunRecord, event: RunEvent): Milestone {
  const isSame = ({ kind, node, text }: RunEvent) =>
    kind === event.kind && node === event.node && text === event.text;
  const nth = run.events.filter((e) => e.number < event.number && isSame(e)).length;
  return { event, find: (other) => other.events.filter(isSame)[nth] };
}

export interface IfOptions {
  /** The outputs or answers worth asking about, the best first. @default everything emitted */
  readonly pick?: (event: RunEvent, run: RunRecord) => boolean;
  /** Messages that may be lost. @default all requests */
  readonly messages?: (send: RunEvent, run: RunRecord) => boolean;
}

const MILESTONES_TRIED = 6;
const MESSAGES_TRIED = 10;
/** Two moments closer together than this are one to a reader. */
const APART_MS = 3;

/**
 * What would have become of an output if one message before it had been lost? Wrong answers are what
 * would have become of it if another one had been.
 */
export function whatIfLost(options: IfOptions = {}): QuestionMaker {
  const { pick = (e) => e.kind === 'emit', messages = () => true } = options;
  return question('lost', async (run) => {
    const ends = run.draw('lost').shuffle(run.events.filter((event) => pick(event, run)));
    for (const end of ends.slice(0, MILESTONES_TRIED)) {
      const stone = milestone(run, end);
      const sends = causesOf(run, end).filter(
        (send) => run.arrival(send) !== undefined && messages(send, run),
      );
      const outcomes: { send: RunEvent; then: RunEvent | undefined; words: string }[] = [];
      for (const send of sends.slice(-MESSAGES_TRIED)) {
        const other = await run.again({ drop: [send.facts.message ?? 0] });
        const then = stone.find(other);
        outcomes.push({ send, then, words: outcomeWords(end, other, then) });
      }
      const [chosen] = outcomes.filter(({ words }) => words !== asItDid(end));
      if (chosen === undefined) continue;
      // A wrong answer that is nearly right is not fair.
      const apart = [chosen];
      for (const other of outcomes)
        if (apart.every(({ then }) => isApart(then, other.then))) apart.push(other);
      const kinds = apart.map(({ words }) => words);
      const wrong = [asItDid(end), ...kinds, NEVER, later(end, chosen.send)];
      return {
        text: `${named(chosen.send)}: ${bodyOf(chosen.send)}. If the network had lost it, when would "${told(end)}" have come?`,
        fact: `Run again without #${chosen.send.number}: ${chosen.words}.`,
        about: [chosen.send, end],
        answer: { choice: chosen.words, wrong },
      };
    }
    return undefined;
  });
}

/** Far enough from each other to be told apart by reasoning. */
const isApart = (a: RunEvent | undefined, b: RunEvent | undefined) =>
  a === undefined || b === undefined || Math.abs(a.atMs - b.atMs) > MOMENTS_MS;
const MOMENTS_MS = 20;

/** The sendings in the past of an event, by messages and the order on each node. */
function causesOf(run: RunRecord, end: RunEvent): RunEvent[] {
  return run.all('send').filter((send) => run.order(send, end) === 'before');
}

const NEVER = 'not at all in this run';
const asItDid = (end: RunEvent) => `as it did, at ${at(end.atMs)}: the other messages were enough`;
const later = ({ atMs }: RunEvent, { facts: { wire } }: RunEvent) =>
  `at ${at(atMs + 1000)}, set off by this: ${wire?.method} to ${wire?.kind === 'reply' ? wire.from : wire?.to} times out`;

function outcomeWords(end: RunEvent, other: RunRecord, then: RunEvent | undefined): string {
  if (then === undefined) return NEVER;
  if (Math.abs(then.atMs - end.atMs) < APART_MS) return asItDid(end);
  const root = chainOf(other, then)[0] as RunEvent;
  return `at ${at(then.atMs)}, set off by this: ${told(root)} at ${at(root.atMs)}`;
}

export interface AnswerOptions {
  readonly id: string;
  /** Which message of the call is lost: the request, so that nothing happens, or the reply to it. */
  readonly lose: 'request' | 'reply';
  /** The answers worth asking about. */
  readonly pick: (answer: RunEvent, run: RunRecord) => boolean;
  /** Answers that a student may think of, in the words of `answerWords`. */
  readonly plausible: readonly string[];
  /** @default the value as JSON */
  readonly answerWords?: (value: unknown) => string;
}

/** What would a call have resolved to, had its request, or the reply to it, been lost? */
export function whatAnswerIfLost(options: AnswerOptions): QuestionMaker {
  const {
    id,
    lose,
    pick,
    plausible,
    answerWords = (value) => String(JSON.stringify(value)),
  } = options;
  return question(id, async (run) => {
    const answers = run.draw(id).shuffle(run.all('return').filter((event) => pick(event, run)));
    for (const answer of answers.slice(0, MILESTONES_TRIED)) {
      const call = callOf(run, answer);
      const [request, reply] = messagesOf(run, call, answer);
      const lost = lose === 'request' ? request : reply;
      if (call === undefined || lost === undefined) continue;
      const other = await run.again({ drop: [lost.facts.message ?? 0] });
      const then = other
        .all('return', answer.node)
        .find(({ facts }) => facts.call === answer.facts.call);
      const words = (event: RunEvent | undefined) =>
        event === undefined
          ? 'nothing, for as long as this run lasts'
          : answerWords(event.facts.answered?.value);
      return {
        text: `${named(call)}; it resolves to ${words(answer)} at ${at(answer.atMs)}. What would it resolve to if this message were lost: ${named(lost)}?`,
        fact: `Run again without #${lost.number}: it resolves to ${words(then)}${then === undefined ? '' : ` at ${at(then.atMs)}`}.`,
        about: [call, answer],
        answer: { choice: words(then), wrong: [words(answer), words(undefined), ...plausible] },
      };
    }
    return undefined;
  });
}

/** The call of the workload that an answer belongs to. */
export function callOf(run: RunRecord, answer: RunEvent): RunEvent | undefined {
  return run
    .all('call', answer.node)
    .findLast((event) => event.facts.call === answer.facts.call && event.number < answer.number);
}

/** A call that took one request and one reply: those two; else none. */
function messagesOf(run: RunRecord, call: RunEvent | undefined, answer: RunEvent): RunEvent[] {
  if (call === undefined) return [];
  const between = run.all('send').filter((e) => e.number > call.number && e.number < answer.number);
  const arrived = run.causeOf(answer);
  const reply = arrived?.kind === 'deliver' ? run.sending(arrived.facts.message ?? -1) : undefined;
  const own = between.filter((e) => e.node === answer.node);
  const requests = own.filter((e) => e.facts.method === reply?.facts.method);
  const [request] = requests;
  if (request === undefined || requests.length !== 1 || reply === undefined) return [];
  const arrival = run.arrival(request);
  const isAnswered = arrival && run.order(arrival, reply) === 'before';
  return isAnswered && run.causeOf(request) === call ? [request, reply] : [];
}

/** Which nodes were indispensable at a moment: a crash of which one prevents an output? */
export function whatIfCrashed(
  options: IfOptions & { readonly leadMs?: number } = {},
): QuestionMaker {
  const { pick = (e) => e.kind === 'emit', leadMs = 2 } = options;
  return question('crashed', async (run) => {
    const ends = run.draw('crashed').shuffle(run.events.filter((event) => pick(event, run)));
    for (const end of ends.slice(0, MILESTONES_TRIED)) {
      const stone = milestone(run, end);
      const begin = chainOf(run, end)[0] as RunEvent;
      const atMs = Math.max(0, begin.atMs - leadMs);
      const others = run.nodes.filter((node) => node !== end.node);
      const needed: string[] = [];
      for (const node of others) {
        const run2 = await run.again({
          before: (cluster) => cluster.after(atMs, () => cluster.crash(node)),
        });
        if (stone.find(run2) === undefined) needed.push(node);
      }
      if (needed.length === 0 || needed.length === others.length) continue;
      const each = (nodes: readonly string[]) =>
        nodes.length === 0 ? 'none of them: the others were enough' : listed(nodes);
      const wrong = [...others.map((node) => [node]), others, [], [...needed].slice(1)]
        .map(each)
        .filter((words) => words !== each(needed));
      return {
        text: `Suppose that one more node had crashed at ${at(atMs)} and stayed down. With which one down would "${told(end)}" (${at(end.atMs)}) never have come?`,
        fact: `Run again with each of them down: only without ${each(needed)} does it never come.`,
        about: [begin, end],
        answer: { choice: each(needed), wrong },
      };
    }
    return undefined;
  });
}

export interface Metric {
  readonly id: string;
  /** Reads figures off a run, in the same order for each run; one of them is asked about. */
  readonly of: (run: RunRecord) => readonly Figure[];
  /** "1.204 s passed from … to …": the figure as it is. */
  readonly is: (value: number, about: readonly RunEvent[]) => string;
  readonly change: Change;
  /** "How many ms would it be if every message took three times as long?" */
  readonly asks: string;
  readonly unit: string;
  /** Share of the right figure by which an answer may be off. @default 0.15 */
  readonly within?: number;
  /**
   * Whether what the figure becomes can be explained by `because`, and is worth a question; another
   * one is taken if not. @default it moves by more than the tolerance
   */
  readonly holds?: (before: number, after: number) => boolean;
  /** Why it is so: shown with the figure. */
  readonly because: string;
}

export interface Figure {
  readonly value: number;
  readonly about: readonly RunEvent[];
}

/** For {@link Metric.holds}: what is made up of messages and other things grows, but by no more than they. */
export const growsUpTo = (factor: number) => (before: number, after: number) =>
  after > 1.3 * before && after <= factor * before;

/** A figure of the run, predicted for another parameter. */
export function predict({ id, within = 0.15, ...metric }: Metric): QuestionMaker {
  const toleranceOf = (value: number) => Math.max(value < 10 ? 0 : 1, Math.round(value * within));
  const moves = (before: number, after: number) => Math.abs(after - before) > toleranceOf(after);
  const { holds = moves, because, unit } = metric;
  return question(id, async (run) => {
    const there = metric.of(await run.again(metric.change));
    const pairs = metric.of(run).flatMap(({ value, about }, i) => {
      const other = there[i];
      if (other === undefined) return [];
      return [{ about, before: Math.round(value), after: Math.round(other.value) }];
    });
    const pair = pairs.find(({ before, after }) => holds(before, after));
    if (pair === undefined) return undefined;
    const { before, after, about } = pair;
    return {
      text: `${metric.is(before, about)} ${metric.asks}`,
      fact: `Run again: ${after} ${unit}, instead of ${before}. ${because}`,
      about,
      answer: { number: after, tolerance: toleranceOf(after), unit },
    };
  });
}
