/**
 * What `lab explain` asks about the run of the student's own trigger: which answer was believed, how often
 * one usage was paid for, and what would have become of the cards otherwise.
 */
import { type Cluster, question, type RunEvent, type RunRecord } from 'faultlab';

const CHARGED = /charges the card of (\S+) for (\S+): (\S+)/;

interface Charged {
  readonly event: RunEvent;
  readonly account: string;
  readonly worker: string;
}

/** The charges of one account from the trigger on: the one charged most often, or the first of those. */
interface Story {
  readonly account: string;
  readonly worker: string;
  readonly charges: readonly Charged[];
  /** The refused writes of a recharge of that account. */
  readonly refusals: readonly RunEvent[];
}

function storyOf(run: RunRecord): Story | undefined {
  const [refusal] = run.all('emit').filter(({ text }) => text.startsWith('refuses'));
  if (refusal === undefined) return undefined;
  const by = new Map<string, Charged[]>();
  for (const charged of chargesOf(run)) {
    if (charged.event.atMs < refusal.atMs - 1000) continue;
    by.set(charged.account, [...(by.get(charged.account) ?? []), charged]);
  }
  const [most] = [...by.entries()].sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) return undefined;
  const [account, charges] = most;
  const refusals = run
    .all('emit')
    .filter(({ text }) => text.startsWith('refuses to add 50') && text.endsWith(` to ${account}`));
  return { account, charges, worker: charges[0]?.worker ?? '', refusals };
}

function chargesOf(run: RunRecord): readonly Charged[] {
  return run.all('emit').flatMap((event) => {
    const [, account, worker] = CHARGED.exec(event.text) ?? [];
    return account === undefined || worker === undefined ? [] : [{ event, account, worker }];
  });
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

const howOften = question('how-often', (run) => {
  const story = storyOf(run);
  const [first] = story?.charges ?? [];
  const last = story?.charges.at(-1);
  if (story === undefined || first === undefined || last === undefined) return undefined;
  const { account, charges, refusals } = story;
  const until = refusals.at(-1) ?? last.event;
  const count = charges.filter(({ event }) => event.atMs <= until.atMs).length;
  return {
    text: `How many times was the card of ${account} charged from ${seconds(first.event.atMs)} until the last time the store refused to add 50 to it?`,
    fact: `${count} times, for one and the same usage: after each charge the store refused the 50, and the journal handed the usage out again.`,
    about: [first.event, until],
    answer: { number: count, tolerance: 0, unit: '' },
  };
});

/** The read that was believed. */
const believed = question('believed', (run) => {
  const story = storyOf(run);
  const [first] = story?.charges ?? [];
  if (story === undefined || first === undefined) return undefined;
  const ask = run
    .all('send', story.worker)
    .findLast(
      (e) => e.facts.method === 'balance' && e.number < first.event.number && isOf(e, story),
    );
  const answer = ask && run.arrival(ask);
  if (ask === undefined || answer === undefined) return undefined;
  return {
    text: `At ${seconds(first.event.atMs)} the card of ${story.account} is charged. At which event did ${story.worker} ask for the balance that made it do so?`,
    fact: `At #${ask.number}. The store answered at once, with 0: it had loaded nothing.`,
    about: [ask, first.event],
    answer: { event: ask, orAlso: [answer] },
  };
});

const isOf = ({ text }: RunEvent, { account }: Story) => new RegExp(`\\b${account}\\b`).test(text);

const refusedAfter = question('refused-after', (run) => {
  const story = storyOf(run);
  const second = story?.charges[1];
  const refusal = second && story?.refusals.find((event) => event.number > second.event.number);
  if (story === undefined || second === undefined || refusal === undefined) return undefined;
  return {
    text: `${story.account} is charged for the second time at #${second.event.number}. Which event keeps that from showing in its balance?`,
    fact: `#${refusal.number}, ${Math.round(refusal.atMs - second.event.atMs)} ms later: the gateway has charged the card, and the store does not write.`,
    about: [second.event, refusal],
    answer: { event: refusal },
  };
});

/** A charge that never reaches the gateway. */
const withoutOne = question('without-one', async (run) => {
  const story = storyOf(run);
  const third = story?.charges[2];
  const until = story?.refusals.at(-1);
  if (story === undefined || third === undefined || until === undefined) return undefined;
  const send = run
    .all('send', story.worker)
    .findLast(
      (e) => e.facts.method === 'charge' && e.number < third.event.number && isOf(e, story),
    );
  if (send === undefined) return undefined;
  const count = (of: RunRecord) =>
    chargesOf(of).filter(
      ({ account, event }) =>
        account === story.account &&
        event.atMs >= (story.charges[0]?.event.atMs ?? 0) &&
        event.atMs <= until.atMs,
    ).length;
  const [now, then] = [count(run), count(await run.again({ drop: [send.facts.message ?? 0] }))];
  return {
    text: `#${send.number} asks for a charge of ${story.account}. Had the network lost it, how many times would this card have been charged until ${seconds(until.atMs)}, instead of ${now}?`,
    fact: `Run again without #${send.number}: ${then} times. The worker waits 2 s for an answer, gives the usage back, and is handed it again 5 s later; all that follows is later, too.`,
    about: [send, third.event],
    answer: { number: then, tolerance: 0, unit: '' },
  };
});

/** What stopping the journal would have saved. */
const stopped = question('journal-stopped', async (run) => {
  const story = storyOf(run);
  const third = story?.charges[2];
  if (story === undefined || third === undefined) return undefined;
  const atMs = Math.ceil(third.event.atMs / 1000) * 1000;
  const before = (cluster: Cluster) => cluster.after(atMs, () => cluster.pause('j1'));
  const count = (of: RunRecord) =>
    chargesOf(of).filter(({ account, event }) => account === story.account && event.atMs > atMs)
      .length;
  const [now, then] = [count(run), count(await run.again({ before }))];
  const others = [0, 1, 2, Math.round(now / 2), now].filter((n) => n !== then);
  return {
    text: `After ${seconds(atMs)} the card of ${story.account} is charged ${now} more times. How many would there have been, had the journal been stopped just then, for good?`,
    fact: `Run again that way: ${then}. Nobody but the journal tries again; usage that waits there costs nothing.`,
    about: [third.event],
    answer: { choice: String(then), wrong: [...new Set(others)].map(String), inOrder: true },
  };
});

const whoCharged = question('who-charged', (run) => {
  const story = storyOf(run);
  const [first] = story?.charges ?? [];
  if (story === undefined || first === undefined) return undefined;
  const workers = new Set(story.charges.map(({ worker }) => worker));
  const all = ['w1', 'w2', 'w3'];
  const said = [...all, 'all of them, in turn'];
  const right = workers.size === 1 ? story.worker : 'all of them, in turn';
  return {
    text: `Which workers had the card of ${story.account} charged, time and again?`,
    fact: `${right}: the usages of an account always go to the same worker, which could have known. But it kept nothing of what it knew.`,
    about: [first.event],
    answer: { choice: right, wrong: said.filter((text) => text !== right), inOrder: true },
  };
});

export const questions = [howOften, believed, refusedAfter, withoutOne, stopped, whoCharged];
