/** Questions about what could have influenced what, and about what an arrival changed. */
import { type QuestionMaker, question } from './question.ts';
import type { RunEvent, RunRecord } from './record.ts';
import { bodyOf, named } from './words.ts';

/** Events that did not happen before. */
const OTHERS = 3;

/** What a person would tell; timers and single disk operations are left out. */
const TELLING = new Set(['send', 'deliver', 'emit', 'crash', 'state', 'call', 'return']);

/**
 * Of four events that all come earlier by the clock, which one happened before this one? The other
 * three are concurrent with it: nothing from them had reached its node.
 */
export function whatHappenedBefore({
  pick = (event) => event.kind === 'emit' || event.kind === 'state',
}: {
  readonly pick?: (event: RunEvent, run: RunRecord) => boolean;
} = {}): QuestionMaker {
  return question('before', (run) => {
    const found = run.events
      .filter((target) => target.node !== undefined && pick(target, run))
      .flatMap((target) => {
        const earlier = run.events.filter(
          (e) => e.number < target.number && e.node !== target.node && TELLING.has(e.kind),
        );
        const concurrent = ofMany(
          spread(earlier.filter((e) => run.order(e, target) === 'concurrent')),
        ).slice(0, OTHERS);
        // Earlier than all of them, so that the clock misleads.
        const first = Math.min(...concurrent.map(({ number }) => number));
        const before = earlier.findLast(
          (e) => e.number < first && run.order(e, target) === 'before',
        );
        if (before === undefined || concurrent.length < OTHERS) return [];
        return [{ target, before, concurrent, places: nodesOf(concurrent) }];
      })
      .sort((a, b) => b.places - a.places || b.target.number - a.target.number);
    const [best] = found;
    if (best === undefined) return undefined;
    const { target, before, concurrent } = best;
    return {
      text: `Which of these events happened before ${named(target)}, in Lamport's sense: which could have influenced it, through messages and the order of events on each node? By the clock, all are earlier.`,
      fact: `Only #${before.number} leads to #${target.number} by way of messages. The others are concurrent with it: nothing from any of them had reached ${target.node}.`,
      about: [before, target],
      answer: { choice: named(before), wrong: concurrent.map(named), inOrder: true },
    };
  });
}

/** The last of each node and kind, the latest first. */
function spread(events: readonly RunEvent[]): RunEvent[] {
  const seen = new Set<string>();
  return [...events].reverse().filter(({ node, kind }) => {
    const key = `${node} ${kind}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** One of each node first: what happens on many nodes is harder to overlook. */
function ofMany(events: readonly RunEvent[]): RunEvent[] {
  const first = events.filter(({ node }, i) => events.findIndex((e) => e.node === node) === i);
  return [...first, ...events.filter((event) => !first.includes(event))];
}

const nodesOf = (events: readonly RunEvent[]) => new Set(events.map(({ node }) => node)).size;

/** What a node says of itself differently once a message has arrived. For labs whose nodes `inspect`. */
export function whatChanged({
  pick = () => true,
  fields,
}: {
  readonly pick?: (event: RunEvent, run: RunRecord) => boolean;
  /** Which fields of `inspect` are worth it; all when absent. */
  readonly fields?: readonly string[];
} = {}): QuestionMaker {
  return question('changed', (run) => {
    const arrivals = run
      .all('deliver')
      .filter((event) => pick(event, run))
      .map((event) => ({ event, words: changeWords(run, event, fields) }));
    const counts = new Map<string, number>();
    for (const { words } of arrivals) counts.set(words, (counts.get(words) ?? 0) + 1);
    const changing = arrivals.filter(({ words }) => words !== NOTHING);
    if (changing.length === 0) return undefined;
    const richest = Math.max(...changing.map(({ words }) => words.split(',').length));
    const rich = changing.filter(({ words }) => words.split(',').length === richest);
    const { event, words } = run.draw('changed').pick(rich);
    const near = [...arrivals]
      .sort((a, b) => distance(a.event, event) - distance(b.event, event))
      .map((other) => other.words);
    return {
      text: `${named(event)}: ${bodyOf(event)}. What has changed in what ${event.node} says of itself (inspect) once it is done with this?`,
      fact: `At ${event.node}, #${event.number} changed: ${words}.`,
      about: [event],
      answer: { choice: words, wrong: [NOTHING, ...near].slice(0, 40) },
    };
  });
}

const NOTHING = 'nothing';
const distance = (a: RunEvent, b: RunEvent) => Math.abs(a.number - b.number);

function changeWords(run: RunRecord, event: RunEvent, fields: readonly string[] | undefined) {
  const changes = run
    .changesBy(event)
    .filter(({ field }) => fields === undefined || fields.includes(field))
    .map(({ field, before, after }) => `${field} ${show(before)} → ${show(after)}`);
  return changes.length === 0 ? NOTHING : changes.join(', ');
}

const show = (value: unknown) => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '-');
  return text.length > 30 ? `${text.slice(0, 29)}…` : text;
};
