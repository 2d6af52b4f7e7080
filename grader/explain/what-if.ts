/** Questions that the grader answers by running the same seed again with one thing changed. */
import type { Change } from '../run.ts';
import { chainOf } from './about-code.ts';
import { type QuestionMaker, question } from './question.ts';
import type { RunEvent, RunRecord } from './record.ts';
import { at, bodyOf, listed, named, told } from './words.ts';

/** The same thing in another run: what was emitted or answered where, the how-many-eth time. */
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
/** Closer together than this two moments are one to a reader. */
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
      const different = outcomes.filter(({ words }) => words !== asItDid(end));
      const kinds = [...new Set(outcomes.map(({ words }) => words))];
      const chosen = different[0];
      if (chosen === undefined) continue;
      const wrong = [...kinds, asItDid(end), NEVER, later(end)];
      return {
        text: `${named(chosen.send)}: ${bodyOf(chosen.send)}. If the network had lost it: when would "${told(end)}" have come?`,
        fact: `Run again without #${chosen.send.number}: ${chosen.words}.`,
        about: [chosen.send, end],
        answer: { choice: chosen.words, wrong },
      };
    }
    return undefined;
  });
}

/** The sendings in the past of an event, by messages and the order on each node. */
function causesOf(run: RunRecord, end: RunEvent): RunEvent[] {
  return run.all('send').filter((send) => run.order(send, end) === 'before');
}

const NEVER = 'not at all in this run';
const asItDid = (end: RunEvent) => `as it did, at ${at(end.atMs)}: others were enough`;
const later = (end: RunEvent) => `${at(end.atMs + 1000)}, after the timeout of a call`;

function outcomeWords(end: RunEvent, other: RunRecord, then: RunEvent | undefined): string {
  if (then === undefined) return NEVER;
  if (Math.abs(then.atMs - end.atMs) < APART_MS) return asItDid(end);
  const root = chainOf(other, then)[0] as RunEvent;
  return `at ${at(then.atMs)}, set off by this: ${told(root)} at ${at(root.atMs)}`;
}

/** Which nodes could not have been missed at a moment: a crash of which one prevents an output? */
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
        nodes.length === 0 ? 'any one of them: the others were enough' : listed(nodes);
      const wrong = [...others.map((node) => [node]), others, [], [...needed].slice(1)]
        .map(each)
        .filter((words) => words !== each(needed));
      return {
        text: `Suppose that one more node had crashed at ${at(atMs)} and stayed down. With which one would "${told(end)}" (${at(end.atMs)}) never have come?`,
        fact: `Run again with each of them down: only without ${each(needed)} it does not come.`,
        about: [begin, end],
        answer: { choice: each(needed), wrong },
      };
    }
    return undefined;
  });
}

export interface Metric {
  readonly id: string;
  /** Reads the figure off a run; undefined when it is not in there. */
  readonly of: (run: RunRecord) => { value: number; about: readonly RunEvent[] } | undefined;
  /** "1.204 s passed from … to …": the figure as it is. */
  readonly is: (value: number) => string;
  readonly change: Change;
  /** "How many ms would it be if every message took three times as long?" */
  readonly asks: string;
  readonly unit: string;
  /** Share of the right figure by which an answer may be off. @default 0.15 */
  readonly within?: number;
  /** Why it is so: told with the figure. */
  readonly because?: string;
}

/** A figure of the run, predicted for another parameter. */
export function predict({ id, within = 0.15, ...metric }: Metric): QuestionMaker {
  return question(id, async (run) => {
    const now = metric.of(run);
    const then = metric.of(await run.again(metric.change));
    if (now === undefined || then === undefined) return undefined;
    const [before, after] = [Math.round(now.value), Math.round(then.value)];
    // A figure that does not move is guessed; see to it that the answer is a prediction.
    const tolerance = Math.max(after < 10 ? 0 : 1, Math.round(after * within));
    if (Math.abs(after - before) <= tolerance) return undefined;
    const because = metric.because === undefined ? '' : ` ${metric.because}`;
    return {
      text: `${metric.is(before)} ${metric.asks}`,
      fact: `Run again: ${after} ${metric.unit}, instead of ${before}.${because}`,
      about: now.about,
      answer: { number: after, tolerance, unit: metric.unit },
    };
  });
}
