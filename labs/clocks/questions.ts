/**
 * What `lab explain clocks` asks: about nodes that wait for the mutex, stamps of concurrent events,
 * messages that came too early, whose wall clock a stamp shows, and how much of a commit's wait turned
 * out to be needed.
 */
import {
  at,
  type Explain,
  named,
  type QuestionMaker,
  question,
  type RunEvent,
  type RunRecord,
  whatHappenedBefore,
  whatIfLost,
} from 'faultlab';
import type { HlcTimestamp, StampedEvent, VectorStamp } from './contract.ts';
import { stampWords, timeOfDay } from './rules/words.ts';

const isEmitted = (name: string) => (event: RunEvent) => event.facts.emitted?.name === name;

const valueIn = <Value>(event: RunEvent) => event.facts.emitted?.value as Value;
const reported = <Stamp>(event: RunEvent) => valueIn<StampedEvent<Stamp>>(event);

/** Read off two vectors, without looking at any message. */
const whichIsConcurrent: QuestionMaker = question('concurrent', (run) => {
  const events = run.events.filter(isEmitted('happened'));
  const found = events.flatMap((target) => {
    const others = events.filter((e) => e.node !== target.node);
    const concurrent = others.filter((e) => run.order(e, target) === 'concurrent');
    const before = others.filter((e) => run.order(e, target) === 'before');
    const early = concurrent.filter(({ number }) => number < (before.at(-1)?.number ?? 0));
    return early.length === 0 || before.length < 3 ? [] : [{ target, before, early }];
  });
  const last = found.at(-1);
  if (last === undefined) return undefined;
  const { target, before, early } = last;
  const concurrent = early.at(-1) as RunEvent;
  const show = (event: RunEvent) => {
    const { id, stamp } = reported<VectorStamp>(event);
    return `${id}, with ${stampWords(stamp)}`;
  };
  return {
    text: `${show(target)}: which of these events is concurrent with it? All were earlier in real time. The stamps are those that your clock gave out.`,
    fact: `${reported(target).id} counts fewer events of ${concurrent.node} than ${reported(concurrent).id} does; it knows of the others.`,
    about: [concurrent, target],
    answer: { choice: show(concurrent), wrong: before.slice(-3).map(show) },
  };
});

/** A message that came too early: how long did it wait? */
const howLongItWaited: QuestionMaker = question('waited', (run) => {
  const found = run.events.filter(isEmitted('delivers')).flatMap((delivers) => {
    const { text, from } = valueIn<{ text: string; from: string }>(delivers);
    const arrives = run.all('deliver', delivers.node).find(({ facts: { wire } }) => {
      const isRequest = wire?.kind === 'request' && wire.from === from;
      return isRequest && JSON.stringify(wire.body).includes(JSON.stringify(text));
    });
    const waitedMs = delivers.atMs - (arrives?.atMs ?? delivers.atMs);
    return arrives === undefined || waitedMs < 50 ? [] : [{ delivers, arrives, waitedMs }];
  });
  if (found.length < 2) return undefined;
  const { delivers, arrives, waitedMs } = run.draw('waited').pick(found);
  const cause = run.causeOf(delivers);
  return {
    text: `${named(delivers)}. For how many milliseconds had this message been on ${delivers.node} by then?`,
    fact: `It came with #${arrives.number} (${at(arrives.atMs)}), and waited ${waitedMs.toFixed(0)} ms${cause === undefined ? '' : `, until ${named(cause)}`}.`,
    about: [arrives, delivers],
    answer: { number: Math.round(waitedMs), tolerance: 3, unit: 'ms' },
  };
});

/** The wall clock that a hybrid stamp shows is often that of another node. */
const whoseClock: QuestionMaker = question('whose-clock', (run) => {
  const events = run.events.filter(isEmitted('happened'));
  const found = events.flatMap((event) => {
    const { stamp, wallMs } = reported<HlcTimestamp>(event);
    if (stamp.wallMs === wallMs) return [];
    const source = events.find(
      (e) => reported(e).wallMs === stamp.wallMs && run.order(e, event) === 'before',
    );
    return source === undefined || source.node === event.node ? [] : [{ event, source }];
  });
  const last = found.at(-1);
  if (last === undefined) return undefined;
  const { event, source } = last;
  const { id, stamp, wallMs } = reported<HlcTimestamp>(event);
  return {
    text: `${id} on ${event.node} has the stamp ${stampWords(stamp)}. The wall clock of which node showed ${timeOfDay(stamp.wallMs)}?`,
    fact: `That of ${source.node}, at ${reported(source).id}, which happened before ${id}. The clock of ${event.node} itself said ${timeOfDay(wallMs)}.`,
    about: [source, event],
    answer: { choice: source.node ?? '', wrong: run.nodes, inOrder: true },
  };
});

/** Pairs of commits in a row on different nodes. */
function commitsInARow(run: RunRecord): { first: Commit; second: Commit }[] {
  const commits = run.events.filter(isEmitted('begins')).flatMap((begins) => {
    const { id, value } = valueIn<{ id: string; value: string }>(begins);
    const isDone = (event: RunEvent) => valueIn<{ id: string }>(event).id === id;
    const done = run.events.filter(isEmitted('commits')).find(isDone);
    if (done === undefined) return [];
    const { at: stamp } = valueIn<{ at: number }>(done);
    return [{ begins, done, at: stamp, value }];
  });
  return commits.flatMap((second, i) => {
    const first = commits[i - 1];
    return first === undefined || first.done.node === second.done.node ? [] : [{ first, second }];
  });
}

interface Commit {
  readonly begins: RunEvent;
  readonly done: RunEvent;
  readonly at: number;
  readonly value: string;
}

/** The wait allows for the worst that two clocks can be; it is seldom needed in full. */
const howMuchWasSpare: QuestionMaker = question('spare', (run) => {
  const rows = commitsInARow(run).filter(({ first, second }) => second.at - first.at >= 5);
  if (rows.length === 0) return undefined;
  const { first, second } = run.draw('spare').pick(rows);
  const waitMs = first.done.atMs - first.begins.atMs;
  const spareMs = second.at - first.at;
  return {
    text: `The commit of ${first.value} on ${first.done.node} (${named(first.begins)}) was answered after ${waitMs.toFixed(0)} ms, and that of ${second.value} on ${second.done.node} began at once. With the clocks as they were, how many milliseconds earlier could the answer have come, and the timestamps still be in order?`,
    fact: `${first.value} has ${timeOfDay(first.at)} and ${second.value} ${timeOfDay(second.at)}: ${spareMs.toFixed(1)} ms apart. ${first.done.node} could not know that: it has to allow for two clocks as far apart as can be.`,
    about: [first.begins, second.done],
    answer: { number: Math.round(spareMs), tolerance: 2, unit: 'ms' },
  };
});

export const explain: readonly Explain[] = [
  {
    scenario: 'A5',
    questions: [
      whatIfLost({
        pick: isEmitted('enters'),
        messages: ({ facts }) => facts.wire?.kind === 'request',
      }),
    ],
  },
  { scenario: 'A6', questions: [whatHappenedBefore({ pick: isEmitted('enters') })] },
  { scenario: 'B1', questions: [whichIsConcurrent] },
  { scenario: 'B6', questions: [howLongItWaited] },
  { scenario: 'C1', questions: [whoseClock] },
  { scenario: 'D1', questions: [howMuchWasSpare] },
];
