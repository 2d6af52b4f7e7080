/**
 * What `lab explain` asks about the run of the student's own trigger: how many it took down, what one server
 * did from then on, what its questions cost and achieved, and what would have ended it.
 */
import { type Cluster, nearlyHowMany, question, type RunEvent, type RunRecord } from 'faultlab';

const METADATA = 'm1';
/** Questions and answers are counted over this long. */
const WINDOW_MS = 10_000;
const LATER_MS = 60_000;

interface Story {
  /** The last event of the disturbance. */
  readonly back: RunEvent;
  /** The first time a server left after that. */
  readonly left: RunEvent;
  readonly server: string;
}

function storyOf(run: RunRecord): Story | undefined {
  const lefts = run.all('emit').filter(({ text }) => text.startsWith('left'));
  const back = run.events.findLast(({ text }) => text.includes('the network is back'));
  const left = lefts.find(({ number }) => number > (back?.number ?? Number.POSITIVE_INFINITY));
  if (back === undefined || left?.node === undefined) return undefined;
  return { back, left, server: left.node };
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

const asks = (run: RunRecord, server?: string) =>
  run.all('send', server).filter(({ facts }) => facts.wire?.kind === 'request');
const within = (events: readonly RunEvent[], fromMs: number, ms: number) =>
  events.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + ms);

/** In service at the end: every server that has not left since it was last confirmed. */
function inServiceAtEnd(run: RunRecord): number {
  const out = new Set<string>();
  for (const { node = '', text } of run.all('emit')) {
    if (text.startsWith('left')) out.add(node);
    if (text.startsWith('confirmed')) out.delete(node);
  }
  return run.nodes.filter((node) => node.startsWith('s')).length - out.size;
}

const leftLater = question('left-later', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const lefts = run.all('emit').filter(({ text }) => text.startsWith('left'));
  const names = new Set(within(lefts, story.back.atMs, WINDOW_MS).map(({ node }) => node));
  return {
    text: `At ${seconds(story.back.atMs)} the network was back. How many servers left the service in the ten seconds after that?`,
    fact: `${names.size}: nothing was broken any more, yet these got no answer within a second.`,
    about: [story.back, story.left],
    answer: { number: names.size, tolerance: 1, unit: '' },
  };
});

const onesQuestions = question('ones-questions', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const count = within(asks(run, story.server), story.left.atMs, LATER_MS).length;
  return {
    text: `${story.server} left at ${seconds(story.left.atMs)}. How many questions did it ask in the minute that followed?`,
    fact: `${count}, instead of the usual two: it waits for a second, pauses for a tenth of one, and asks again.`,
    about: [story.left],
    answer: { number: count, tolerance: 1, unit: '' },
  };
});

/** A window in the middle of the outage: the same for everything that is counted. */
const windowOf = ({ left }: Story) => Math.ceil((left.atMs + LATER_MS) / 1000) * 1000;

const asked = question('asked', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const fromMs = windowOf(story);
  const count = within(asks(run), fromMs, WINDOW_MS).length;
  const before = asks(run).filter(({ atMs }) => atMs >= 30_000 && atMs < 60_000).length / 3;
  const [first] = within(asks(run), fromMs, WINDOW_MS);
  if (first === undefined) return undefined;
  return {
    text: `From ${seconds(fromMs)} to ${seconds(fromMs + WINDOW_MS)} nothing was broken. How many questions did all servers together ask in these ten seconds?`,
    fact: `${count}. Before the disturbance it was ${before.toFixed(0)} in ten seconds, and ${METADATA} can answer 167.`,
    about: [first],
    answer: { number: count, tolerance: 10, unit: '' },
  };
});

const answers = question('answers', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const fromMs = windowOf(story);
  const sent = within(run.all('send', METADATA), fromMs, WINDOW_MS);
  const inTime = within(
    run.all('emit').filter(({ text }) => text.startsWith('confirmed')),
    fromMs,
    WINDOW_MS,
  );
  const [first] = sent;
  if (first === undefined) return undefined;
  return {
    text: `From ${seconds(fromMs)} to ${seconds(fromMs + WINDOW_MS)} ${METADATA} sent ${sent.length} answers. How many servers did those answers confirm?`,
    fact: `${inTime.length}. The service was as busy as it can be: an answer costs the same when nobody is waiting for it.`,
    about: [first],
    answer: { number: inTime.length, tolerance: 0, unit: '' },
  };
});

/** Runs again with something done while the region is down, and asks how the region ends up. */
function whatIf(name: string, words: (atMs: number) => string, because: string, act: Act) {
  return question(name, async (run) => {
    const story = storyOf(run);
    if (story === undefined) return undefined;
    const atMs = windowOf(story);
    const other = await run.again({ before: (cluster) => act(cluster, atMs) });
    const servers = run.nodes.filter((node) => node.startsWith('s')).length;
    const then = inServiceAtEnd(other);
    return {
      text: `${words(atMs)} roughly how many of the ${servers} servers would have been in service at the end?`,
      fact: `Run again that way: ${then}. ${because}`,
      about: [story.back],
      answer: nearlyHowMany(then / servers),
    };
  });
}

type Act = (cluster: Cluster, atMs: number) => void;

const moreCpus = whatIf(
  'more-cpus',
  (atMs) =>
    `If ${METADATA} had had six CPUs instead of two from ${seconds(atMs)} on, and nothing else had changed:`,
  'All servers together ask about ninety times a second, and six CPUs answer fifty.',
  (cluster, atMs) =>
    cluster.after(atMs, () => {
      cluster.cpu(METADATA, { workers: 6 });
      for (let more = 0; more < 4; more++) cluster.invoke(METADATA, 'work');
    }),
);

const pause = whatIf(
  'pause',
  (atMs) =>
    `If all questions had been lost from ${seconds(atMs)} on for a minute, and nothing else had changed:`,
  'The line was empty then, but all of them still asked, ninety times a second.',
  (cluster, atMs) => {
    cluster.after(atMs, () =>
      cluster.filter(({ kind, to }) =>
        kind === 'request' && to === METADATA ? 'drop' : undefined,
      ),
    );
    cluster.after(atMs + 60_000, () => cluster.filter(undefined));
  },
);

export const questions = [leftLater, onesQuestions, asked, answers, moreCpus, pause];
