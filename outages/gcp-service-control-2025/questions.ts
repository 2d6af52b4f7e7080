/**
 * What `lab explain` asks about the run of the student's own trigger: what one task did while the policy was
 * blank and after it was good again, what its reads cost and achieved, and what would have ended it.
 */
import {
  type Cluster,
  named,
  nearlyHowMany,
  question,
  type RunEvent,
  type RunRecord,
} from 'faultlab';

const STORE = 'd1';
const WINDOW_MS = 10_000;
const LATER_MS = 60_000;

interface Story {
  readonly written: RunEvent;
  /** The policy is good again. */
  readonly back: RunEvent;
}

function storyOf(run: RunRecord): Story | undefined {
  const written = run.events.find(({ text }) => text.includes('is written with blank fields'));
  const back = run.events.find(({ text }) => text.includes('it is taken back'));
  return written === undefined || back === undefined ? undefined : { written, back };
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;
const tasksOf = (run: RunRecord) => run.nodes.filter((node) => node.startsWith('t'));

const reports = (run: RunRecord, name: string, task?: string) =>
  run.all('emit', task).filter(({ facts }) => facts.emitted?.name === name);
const reasonOf = ({ facts }: RunEvent) =>
  (facts.emitted?.value as { readonly reason?: string } | undefined)?.reason;
const between = (events: readonly RunEvent[], fromMs: number, toMs: number) =>
  events.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);

/** An answer to a read: its sending, or its arrival. */
const isRow = ({ facts: { wire } }: RunEvent) => wire?.kind === 'reply' && wire.method === 'read';

/** A window in the middle of the outage: the same for everything that is counted. */
const windowOf = ({ back }: Story) => Math.ceil((back.atMs + LATER_MS) / 1000) * 1000;

/** One attempt of a task to start: from its first read to its end, good or bad. */
interface Start {
  readonly task: string;
  readonly began: RunEvent;
  readonly ended: RunEvent;
}

function startsOf(run: RunRecord): Start[] {
  return tasksOf(run).flatMap((task) => {
    const ends = [...reports(run, 'down', task), ...reports(run, 'up', task)];
    return reports(run, 'starting', task).flatMap((began) => {
      const later = ends.filter(({ number }) => number > began.number);
      const [ended] = later.sort((a, b) => a.number - b.number);
      return ended === undefined ? [] : [{ task, began, ended }];
    });
  });
}

const whileBlank = question('while-blank', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { written, back } = story;
  const downs = between(reports(run, 'down'), written.atMs, back.atMs);
  const crashes = downs.filter((down) => reasonOf(down) === 'crashed').length;
  const tasks = tasksOf(run).length;
  return {
    text: `From ${seconds(written.atMs)} to ${seconds(back.atMs)} one policy was blank. How many crashes were there in that time, of all ${tasks} tasks together?`,
    fact: `${crashes}; another ${downs.length - crashes} starts were killed after 30 s. A task that has crashed must read all rows before it can crash again, and ${crashes > tasks ? 'few' : 'none'} got that far: the herd was there before the data was good.`,
    about: [written, back],
    answer: { number: crashes, tolerance: Math.ceil(tasks / 10), unit: '' },
  };
});

const rowsOfOne = question('rows-of-one', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const fromMs = windowOf(story);
  const vain = startsOf(run).filter(
    ({ began, ended }) => began.atMs > fromMs && reasonOf(ended) === 'too-slow',
  );
  if (vain.length === 0) return undefined;
  const { task, began, ended } = run.draw('rows-of-one').pick(vain);
  const rows = between(run.all('deliver', task).filter(isRow), began.atMs, ended.atMs).length;
  return {
    text: `${named(began)}; it is killed at ${seconds(ended.atMs)}. How many of the 20 rows had it been given by then?`,
    fact: `${rows}: each answer took as long as one read for every other task that was waiting. What it had read was thrown away with it.`,
    about: [began, ended],
    answer: { number: rows, tolerance: 1, unit: 'rows' },
  };
});

const answered = question('answered', (run) => {
  const story = storyOf(run);
  const fromMs = story && windowOf(story);
  const sent = run.all('send', STORE).filter(isRow);
  const rows = fromMs === undefined ? [] : between(sent, fromMs, fromMs + WINDOW_MS);
  const [first] = rows;
  if (story === undefined || fromMs === undefined || first === undefined) return undefined;
  return {
    text: `How many rows did ${STORE} give out from ${seconds(fromMs)} to ${seconds(fromMs + WINDOW_MS)}, a minute after the data was good again?`,
    fact: `${rows.length}: five CPUs, and 0.2 s for each row. It did all that it could.`,
    about: [first],
    answer: { number: rows.length, tolerance: 5, unit: 'rows' },
  };
});

const ended = question('ended', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const fromMs = windowOf(story);
  const count = between(reports(run, 'up'), fromMs, fromMs + LATER_MS).length;
  return {
    text: `In the minute from ${seconds(fromMs)} on, the datastore could have read all rows for 75 tasks. How many starts ended well in it?`,
    fact: `${count}. Its work went to all of them in turn, and none was ready before it was killed.`,
    about: [story.back],
    answer: { number: count, tolerance: 0, unit: '' },
  };
});

type Change = Parameters<RunRecord['again']>[0];

/** How many serve at the end: those that have come up since they last went down, or never did. */
function upAtEnd(run: RunRecord): number {
  const down = new Set<string>();
  for (const { node = '', facts } of run.all('emit')) {
    if (facts.emitted?.name === 'down') down.add(node);
    if (facts.emitted?.name === 'up') down.delete(node);
  }
  return tasksOf(run).length - down.size;
}

/** Runs again with one thing changed, and asks how the region ends up. */
function whatIf(
  name: string,
  words: (fromMs: number) => string,
  because: string,
  change: (fromMs: number) => Change,
) {
  return question(name, async (run) => {
    const story = storyOf(run);
    if (story === undefined) return undefined;
    const fromMs = windowOf(story);
    const other = await run.again(change(fromMs));
    const then = upAtEnd(other);
    return {
      text: `${words(fromMs)} roughly how many of the ${tasksOf(other).length} tasks would have served at the end?`,
      fact: `Run again that way: ${then}. ${because}`,
      about: [story.back],
      answer: nearlyHowMany(then / tasksOf(other).length),
    };
  });
}

const later = (fromMs: number, act: (cluster: Cluster) => void): Change => {
  return { before: (cluster) => cluster.after(fromMs, () => act(cluster)) };
};

const twiceAsFast = whatIf(
  'twice-as-fast',
  (fromMs) =>
    `If ${STORE} had had ten CPUs instead of five from ${seconds(fromMs)} on, and nothing else had changed:`,
  'With twice the capacity all of them together need forty seconds, and a task has thirty.',
  (fromMs) => later(fromMs, (cluster) => cluster.cpu(STORE, { workers: 10 })),
);

const smallRegion = whatIf(
  'small-region',
  () => 'If the same had been done to a region of 25 tasks with the same datastore:',
  'It has 25 × 20 rows to read, which takes twenty seconds: less than a task has. Small regions came back without help.',
  () => ({ nodes: { t: 25, d: 1, o: 1 } }),
);

export const questions = [whileBlank, rowsOfOne, answered, ended, twiceAsFast, smallRegion];
