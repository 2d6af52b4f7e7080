/**
 * What `lab explain` asks about the run of the student's own trigger: who took the valid value out of the
 * cache, what it had seen, what the database was busy with, and what would have become of the site
 * otherwise.
 */
import { type Cluster, question, type RunEvent, type RunRecord } from 'faultlab';
import { type CacheOutputs, isValid } from './contract.ts';

const DATABASE = 'd1';
const CACHE = 'm1';
/** Of `config.ts` as it was shipped, and of the database. */
const WAIT_MS = 3000;
const LINE_MAX = 200;
const CPUS = 4;
/** A database that can do more queries than there are pages. */
const TIMES = 8;
/** Requests take a few milliseconds to arrive. */
const NEAR_MS = 50;

interface Story {
  /** The cache is given a valid value again. */
  readonly filled: RunEvent;
  /** … and loses it. */
  readonly removed: RunEvent;
  readonly by: string;
  /** The query of the server that had it removed, and what became of it. */
  readonly query: RunEvent;
  readonly timeout: RunEvent;
}

/** What the cache reports of a value that was put into it, or removed. */
const change = ({ facts }: RunEvent) => (facts.emitted as { value: CacheOutputs['removed'] }).value;

const emitted = (run: RunRecord, node: string, name: string) =>
  run.all('emit', node).filter(({ facts }) => facts.emitted?.name === name);

function storyOf(run: RunRecord): Story | undefined {
  const removed = emitted(run, CACHE, 'removed').findLast((e) => isValid(change(e).value));
  if (removed === undefined) return undefined;
  const { by } = change(removed);
  const filled = emitted(run, CACHE, 'filled').findLast((e) => e.number < removed.number);
  const timeout = run
    .all('timeout', by)
    .findLast((e) => e.number < removed.number && e.atMs > removed.atMs - NEAR_MS);
  const query = queries(run).find(
    (e) => e.node === by && timeout && Math.abs(timeout.atMs - WAIT_MS - e.atMs) < 1,
  );
  if (filled === undefined || timeout === undefined || query === undefined) return undefined;
  return { filled, removed, by, query, timeout };
}

const isQuery = ({ facts: { wire } }: RunEvent, kind: 'request' | 'reply') =>
  wire?.method === 'query' && wire.kind === kind;

const queries = (run: RunRecord) => run.all('send').filter((e) => isQuery(e, 'request'));

/** The answers of the database, with the arrival of the query that each of them answers. */
function answers(run: RunRecord): { readonly arrival: RunEvent; readonly answer: RunEvent }[] {
  const line: RunEvent[] = [];
  const served: { arrival: RunEvent; answer: RunEvent }[] = [];
  for (const event of run.events) {
    if (event.node !== DATABASE) continue;
    if (event.kind === 'deliver' && line.length < LINE_MAX) line.push(event);
    if (event.kind !== 'send') continue;
    const arrival = line.shift();
    if (arrival !== undefined) served.push({ arrival, answer: event });
  }
  return served;
}

/** Sums of the last ten seconds: pages, pages that were made, queries, answers in time. */
function atEnd({ result }: RunRecord): readonly number[] {
  const rows = result.chart?.rows ?? [];
  return rows.map(({ values }) => values.slice(-10).reduce((a, b) => a + b, 0));
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

const tookAway = question('took-away', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { filled, removed, by } = story;
  return {
    text: `At #${filled.number} the cache has a valid value. At which event is it gone again?`,
    fact: `At #${removed.number}, ${seconds(removed.atMs - filled.atMs)} later, for ${by}. In all the time that follows, no other is put there.`,
    about: [filled, removed],
    answer: { event: removed },
  };
});

const saw = question('saw', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { removed, by, timeout } = story;
  return {
    text: `What made ${by} have the value removed, at #${removed.number}?`,
    fact: `#${timeout.number}: a query of ${by} was not answered within ${WAIT_MS / 1000} s. It had no other news of the value, and the one that it removed was valid.`,
    about: [timeout, removed],
    answer: {
      choice: 'a query that was not answered in time',
      wrong: [
        'an answer of the database with the invalid value',
        'the invalid value, which it had read in the cache',
        'a key that was missing in the cache',
      ],
    },
  };
});

const asked = question('asked', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { removed, by, query } = story;
  return {
    text: `At which event had ${by} sent the query that made it do #${removed.number}?`,
    fact: `At #${query.number}, ${seconds(query.atMs)}: before the value was valid again. What it concluded was about an earlier time.`,
    about: [query, removed],
    answer: { event: query },
  };
});

const late = question('late', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const all = answers(run);
  const one = all.find(({ arrival }) => arrival.atMs > story.removed.atMs + 30_000);
  if (one === undefined) return undefined;
  const tookS = (one.answer.atMs - one.arrival.atMs) / 1000;
  return {
    text: `At #${one.arrival.number} a query arrives at the database. How many seconds later is it answered?`,
    fact: `After ${tookS.toFixed(1)} s, at #${one.answer.number}; ${WAIT_MS / 1000} s after it was sent, nobody was waiting any more. The line is full, and takes as long as its length says.`,
    about: [one.arrival],
    answer: { number: Number(tookS.toFixed(1)), tolerance: 1, unit: 's' },
  };
});

const wasted = question('wasted', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const fromMs = 1000 * Math.ceil(story.removed.atMs / 1000 + 60);
  const isIn = ({ atMs }: RunEvent) => atMs >= fromMs && atMs < fromMs + 10_000;
  const done = answers(run).filter(({ answer }) => isIn(answer));
  const inTime = run.all('emit').filter((e) => e.facts.emitted?.name === 'answered' && isIn(e));
  const [first] = done;
  if (first === undefined) return undefined;
  return {
    text: `From ${fromMs / 1000} s to ${fromMs / 1000 + 10} s, how many queries does the database answer when nobody is waiting any more?`,
    fact: `${done.length - inTime.length} of ${done.length}: as many as it can do in ten seconds, and all of them with valid values.`,
    about: [first.answer],
    answer: { number: done.length - inTime.length, tolerance: 5, unit: '' },
  };
});

/** The same value, on a faster database. */
const faster = question('faster', async (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const before = (cluster: Cluster) =>
    cluster.after(1, () => cluster.cpu(DATABASE, { workers: TIMES * CPUS }));
  const [pages = 0, made = 0] = atEnd(await run.again({ before }));
  const perS = Math.round((atEnd(run)[2] ?? 0) / 10);
  const share = made / Math.max(1, pages);
  return {
    text: `Had the database had ${TIMES} times the CPUs from the start, how many of the pages would be made at the end of this run?`,
    fact: `Run again that way: ${inWords(share)}. All pages together send about ${perS} queries a second when the cache is empty; a database that can do more of them empties its line, and one that cannot fills it.`,
    about: [story.query],
    answer: { choice: inWords(share), wrong: ['none', 'about half', 'all'] },
  };
});

const inWords = (share: number) => (share < 0.1 ? 'none' : share > 0.9 ? 'all' : 'about half');

export const questions = [tookAway, saw, asked, late, wasted, faster];
