/**
 * What `lab explain` asks about the run of the student's own trigger: who knew what when, what took the
 * addresses away, and what would have become of the records otherwise.
 */
import { type Cluster, question, type RunEvent, type RunRecord } from 'faultlab';

const ENDPOINTS = 12;

interface Story {
  /** The last change of the endpoint that stayed empty. */
  readonly write: RunEvent;
  readonly endpoint: string;
  readonly plan: number;
  readonly late: string;
  /** The removal of that plan. */
  readonly removal: RunEvent;
  readonly remover: string;
}

/** The events of the outage, read off the DNS service's reports. */
function storyOf(run: RunRecord): Story | undefined {
  const emitted = run.all('emit');
  for (const removal of emitted) {
    const [, plan, remover] = /removes plan (\d+) for (\S+)/.exec(removal.text) ?? [];
    if (plan === undefined || remover === undefined) continue;
    const changes = new Map<string, RunEvent>();
    for (const event of emitted) {
      const [, endpoint] = /gives (\S+) plan \d+ for/.exec(event.text) ?? [];
      if (endpoint !== undefined && event.number < removal.number) changes.set(endpoint, event);
    }
    for (const [endpoint, write] of changes) {
      const [, late] = new RegExp(`plan ${plan} for (\\S+)`).exec(write.text) ?? [];
      if (late === undefined) continue;
      return { write, endpoint, plan: Number(plan), late, removal, remover };
    }
  }
  return undefined;
}

/** How many endpoints have no addresses when the run ends. */
function emptyAtEnd(run: RunRecord): number {
  const [addresses] = run.result.chart?.rows ?? [];
  return Math.round(ENDPOINTS * (1 - (addresses?.values.at(-1) ?? 100) / 100));
}

const published = (run: RunRecord, before: RunEvent) =>
  run.all('emit').filter((e) => e.number < before.number && e.text.startsWith('has plan')).length;

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

const tookAway = question('took-away', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { endpoint, removal, remover, plan } = story;
  return {
    text: `At which event did ${endpoint} lose its addresses, for good?`,
    fact: `At #${removal.number}, ${remover} removed plan ${plan}, which ${endpoint} had been given a moment earlier.`,
    about: [story.write, removal],
    answer: { event: removal },
  };
});

const generations = question('generations', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { write, endpoint, plan, late } = story;
  const newest = 1 + published(run, write);
  return {
    text: `When ${late} gave ${endpoint} the plan that was soon to be removed, how many generations newer was the newest plan?`,
    fact: `It wrote plan ${plan} at ${seconds(write.atMs)}; the newest was ${newest}.`,
    about: [write],
    answer: { number: newest - plan, tolerance: 0, unit: '' },
  };
});

/** The check-then-act: what the late process relied on. */
const check = question('check', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { write, late, plan, endpoint } = story;
  const ask = run
    .all('send', late)
    .findLast((e) => e.facts.method === 'plans' && e.number < write.number);
  const answer = ask && run.arrival(ask);
  if (ask === undefined || answer === undefined) return undefined;
  return {
    text: `Before it gave ${endpoint} plan ${plan}, ${late} had made sure that this plan was the newest. At which event did it ask?`,
    fact: `At #${ask.number}, ${seconds(ask.atMs)}: ${seconds(write.atMs - ask.atMs)} before the change. The answer was true when it was given.`,
    about: [ask, write],
    answer: { event: ask, orAlso: [answer] },
  };
});

const who = question('who-removed', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { remover, removal, plan, late } = story;
  const processes = run.nodes.filter((node) => node !== 'o1');
  return {
    text: `Which process had plan ${plan} removed?`,
    fact: `${remover}, at #${removal.number}: it had just brought all endpoints to a plan more than ten generations newer than that of ${late}.`,
    about: [removal],
    answer: { choice: remover, wrong: processes.filter((node) => node !== remover) },
  };
});

/** The removal lost: the same run without one message. */
const withoutRemoval = question('without-removal', async (run) => {
  const story = storyOf(run);
  const send = story && run.all('send', story.remover).findLast(isRemoval(story));
  if (story === undefined || send === undefined) return undefined;
  const other = await run.again({ drop: [send.facts.message ?? 0] });
  const [now, then] = [emptyAtEnd(run), emptyAtEnd(other)];
  return {
    text: `#${send.number} asks for the removal of plan ${story.plan}. Had the network lost it, how many endpoints would be without addresses at the end of the run, instead of ${now}?`,
    fact: `Run again without #${send.number}: ${then}. ${withoutItWords(storyOf(other))}`,
    about: [send, story.removal],
    answer: { number: then, tolerance: 0, unit: '' },
  };
});

function withoutItWords(other: Story | undefined): string {
  if (other === undefined) return 'Other enactors found records that they could bring forward.';
  const { plan, remover, removal } = other;
  return `Plan ${plan} was removed all the same, for ${remover} at ${seconds(removal.atMs)}: nobody asks whether it is in use.`;
}

const isRemoval =
  ({ removal }: Story) =>
  ({ facts: { method }, number }: RunEvent) =>
    method === 'remove' && number < removal.number;

/** No new plans: then nothing becomes old. */
const withoutPlans = question('without-plans', async (run) => {
  const atMs = 80_000;
  const story = storyOf(run);
  if (story === undefined || story.write.atMs < atMs) return undefined;
  const before = (cluster: Cluster) => cluster.after(atMs, () => cluster.pause('p1'));
  const then = emptyAtEnd(await run.again({ before }));
  const others = [0, 2, 3, 6, 12].filter((n) => n !== then);
  return {
    text: `If the planner had stopped for good at ${atMs / 1000} s, how many of the 12 endpoints would be without addresses at the end?`,
    fact: `Run again that way: ${then}. Without newer plans no clean-up removes an old one, and ${story.late} goes on waiting.`,
    about: [story.write],
    answer: { choice: String(then), wrong: others.map(String), inOrder: true },
  };
});

export const questions = [tookAway, generations, check, who, withoutRemoval, withoutPlans];
