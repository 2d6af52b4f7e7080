/**
 * What `lab explain` asks about the run of the student's own trigger: who knew what when, what each side
 * alone has, and what would have become of it otherwise.
 */
import { type Cluster, question, type RunEvent, type RunRecord } from 'faultlab';

const WRITTEN = /^has (\S+) written by (\S+) in (\d+) ms/;

interface Write {
  readonly event: RunEvent;
  readonly by: string;
  readonly tookMs: number;
}

interface Story {
  readonly promotion: RunEvent;
  readonly west: string;
  /** The last write that the old primary took. */
  readonly last: Write;
  /** The first one of the new primary. */
  readonly first: Write;
  readonly writes: readonly Write[];
}

function writesOf(run: RunRecord): readonly Write[] {
  return run.all('emit').flatMap((event) => {
    const [, , by, tookMs] = WRITTEN.exec(event.text) ?? [];
    return by === undefined ? [] : [{ event, by, tookMs: Number(tookMs) }];
  });
}

function storyOf(run: RunRecord): Story | undefined {
  const promotion = run.all('emit').find(({ text }) => text.startsWith('is promoted'));
  const west = promotion?.node;
  if (promotion === undefined || west === undefined) return undefined;
  const writes = writesOf(run);
  const last = writes.findLast(({ by }) => by === 'e1');
  const first = writes.find(({ by }) => by === west);
  if (last === undefined || first === undefined) return undefined;
  return { promotion, west, last, first, writes };
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

const promoted = question('promoted', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { promotion, west } = story;
  return {
    text: 'At which event did a second database become the primary?',
    fact: `At #${promotion.number}: ${west}, at ${seconds(promotion.atMs)}. Nobody could tell e1.`,
    about: [promotion],
    answer: { event: promotion },
  };
});

const bothTook = question('both-took', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { first, last, writes, west } = story;
  const inEast = writes.filter(
    ({ by, event }) => by === 'e1' && event.number > first.event.number,
  ).length;
  return {
    text: `${west} took its first write at ${seconds(first.event.atMs)}. How many writes did e1 take from then on?`,
    fact: `${inEast}, the last of them at ${seconds(last.event.atMs)}. Each of them is acknowledged, and is in no log of the West.`,
    about: [first.event, last.event],
    answer: { number: inEast, tolerance: 0, unit: '' },
  };
});

/** Who ended it: the first message that told the old primary. */
const told = question('told', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const follow = run
    .all('send', 'k1')
    .filter(({ facts }) => facts.method === 'follow')
    .find((send) => send.number > story.promotion.number && send.text.includes('e1'));
  const arrival = follow && run.arrival(follow);
  if (follow === undefined || arrival === undefined) return undefined;
  return {
    text: `Which event made e1 take no more writes after ${seconds(story.last.event.atMs)}?`,
    fact: `#${arrival.number}: the controller reaches e1 again, and tells it to follow ${story.west}.`,
    about: [story.last.event, arrival],
    answer: { event: arrival, orAlso: [follow] },
  };
});

const waits = question('east-waits', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const ofEast = story.writes.filter(({ event }) => event.node === 'a1');
  const median = (writes: readonly Write[]) =>
    writes.map(({ tookMs }) => tookMs).sort((a, b) => a - b)[Math.floor(writes.length / 2)] ?? 0;
  const before = median(ofEast.slice(0, 100));
  const after = median(ofEast.slice(-100));
  return {
    text: `For half of its first hundred writes, a1 waited ${before} ms or less. And for half of its last hundred?`,
    fact: `${after} ms: each has to go to ${story.west} and back, 30 ms one way. An application that makes twenty writes one after the other for one page needs more than a second for them.`,
    about: [story.last.event],
    answer: { number: after, tolerance: 2, unit: 'ms' },
  };
});

/** Had the network come back sooner. */
const sooner = question('sooner', async (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const healAtMs = story.promotion.atMs - 3000;
  const before = (cluster: Cluster) => cluster.after(healAtMs, () => cluster.heal());
  const other = await run.again({ before });
  const promotions = (of: RunRecord) =>
    of.all('emit').filter(({ text }) => text.startsWith('is promoted')).length;
  const then = promotions(other);
  return {
    text: `If the network had come back at ${seconds(healAtMs)}, three seconds before ${story.west} was promoted, how many databases would have been promoted in the whole run?`,
    fact: `Run again that way: ${then}. ${then === 0 ? 'Three seconds made all the difference' : 'The failover was under way'}; the writes from before are fetched as soon as there is a network.`,
    about: [story.promotion],
    answer: {
      choice: String(then),
      wrong: ['0', '1', '2', '3'].filter((n) => n !== String(then)),
      inOrder: true,
    },
  };
});

/** The promotion lost once: the controller looks again a second later. */
const lostOnce = question('promotion-lost', async (run) => {
  const story = storyOf(run);
  const send = run
    .all('send', 'k1')
    .findLast((e) => e.facts.method === 'promote' && e.number < (story?.promotion.number ?? 0));
  if (story === undefined || send === undefined) return undefined;
  const other = storyOf(await run.again({ drop: [send.facts.message ?? 0] }));
  const laterMs = other === undefined ? 0 : other.promotion.atMs - story.promotion.atMs;
  if (other === undefined || laterMs <= 0) return undefined;
  return {
    text: `#${send.number} tells ${story.west} to be the primary. Had the network lost it, how many ms later would a database in the West have been promoted?`,
    fact: `Run again without #${send.number}: ${Math.round(laterMs)} ms later. The controller looks once a second, and promotes whoever is best then.`,
    about: [send, story.promotion],
    answer: { number: Math.round(laterMs), tolerance: 20, unit: 'ms' },
  };
});

export const questions = [promoted, bothTook, told, waits, sooner, lostOnce];
