/**
 * What `lab explain` asks about the run of the student's own trigger: who began it, how a member that hears
 * nobody deposes one that it does not reach, and what would have become of it otherwise.
 */
import { type Cluster, question, type RunEvent, type RunRecord } from 'faultlab';
import type { RequestVoteArgs } from './contract.ts';

const CAMPAIGNS = /^campaigns in term (\d+)/;
const LEADS = /^leads in term (\d+)/;
const DEPOSED = /^leads no more: term (\d+)/;

interface Told {
  readonly event: RunEvent;
  readonly name: string;
  readonly term: number;
}

const told = (run: RunRecord, words: RegExp): readonly Told[] =>
  run.all('emit').flatMap((event) => {
    const [, term] = words.exec(event.text) ?? [];
    const { node } = event;
    return term === undefined || node === undefined ? [] : [{ event, name: node, term: +term }];
  });

interface Story {
  /** Who led when the links died. */
  readonly leader: Told;
  /** The first who campaigned against it. */
  readonly first: Told;
  readonly deposed: Told;
  readonly next: Told;
}

function storyOf(run: RunRecord): Story | undefined {
  const [deposed] = told(run, DEPOSED);
  if (deposed === undefined) return undefined;
  const before = ({ event }: Told) => event.number < deposed.event.number;
  const leader = told(run, LEADS).findLast(before);
  const first = told(run, CAMPAIGNS).find(({ term }) => term > (leader?.term ?? 0));
  const next = told(run, LEADS).find(({ event }) => event.number > deposed.event.number);
  if (leader === undefined || first === undefined || next === undefined) return undefined;
  return { leader, first, deposed, next };
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;
const MEMBERS = ['n1', 'n2', 'n3', 'n4', 'n5'];

const began = question('began', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { leader, first } = story;
  return {
    text: `${leader.name} led in term ${leader.term}, and a majority heard it to the end. Which member was the first to campaign against it?`,
    fact: `${first.name}, in term ${first.term}, at #${first.event.number}: nothing from ${leader.name} had reached it for an election timeout.`,
    about: [first.event],
    answer: {
      choice: first.name,
      wrong: MEMBERS.filter((name) => name !== first.name && name !== leader.name),
      inOrder: true,
    },
  };
});

/** What told the leader of the higher term: the last thing that arrived there before it was deposed. */
function tellerOf(
  run: RunRecord,
  { deposed }: Story,
): { send: RunEvent; arrival: RunEvent } | undefined {
  const sends = run
    .all('send')
    .filter((send) => send.number < deposed.event.number && termOf(send) === deposed.term);
  const arrivals = sends.flatMap((send) => {
    const arrival = run.arrival(send);
    const isThere = arrival?.node === deposed.name && arrival.number < deposed.event.number;
    return isThere ? [{ send, arrival }] : [];
  });
  return arrivals.sort((a, b) => b.arrival.number - a.arrival.number)[0];
}

const termOf = (send: RunEvent) => (send.facts.wire?.body as Partial<RequestVoteArgs> | null)?.term;

const teller = question('teller', (run) => {
  const story = storyOf(run);
  const found = story && tellerOf(run, story);
  if (story === undefined || found === undefined) return undefined;
  const { send, arrival } = found;
  const { deposed, first } = story;
  return {
    text: `${deposed.name} stopped leading at ${seconds(deposed.event.atMs)}, because it had learnt of term ${deposed.term}. Which message told it?`,
    fact: `#${send.number}, from ${send.node}${send.node === first.name ? '' : `, which had it from ${first.name}`}: whoever sees a higher term adopts it and passes it on, whether it votes or not.`,
    about: [arrival, deposed.event],
    answer: { event: send, orAlso: [arrival] },
  };
});

const gap = question('gap', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const ms = Math.round(story.next.event.atMs - story.deposed.event.atMs);
  return {
    text: `${story.deposed.name} stopped leading at ${seconds(story.deposed.event.atMs)}. For how many ms did nobody lead?`,
    fact: `${ms} ms, until ${story.next.name} led in term ${story.next.term}. Everybody waited that long, as though ${story.deposed.name} had died; it had not.`,
    about: [story.deposed.event, story.next.event],
    answer: { number: ms, tolerance: 5, unit: 'ms' },
  };
});

/** Terms in which somebody campaigned and nobody led. */
const inVain = question('in-vain', (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { first } = story;
  const terms = [...new Set(told(run, CAMPAIGNS).map(({ term }) => term))];
  const since = terms.filter((term) => term >= first.term);
  const led = new Set(told(run, LEADS).map(({ term }) => term));
  const vain = since.filter((term) => !led.has(term)).length;
  return {
    text: `From #${first.event.number} on, members campaigned in ${since.length} different terms. In how many of these did nobody lead?`,
    fact: `${vain}. A member that hears nobody has nothing new in its log either, and does not win. It raises the term all the same.`,
    about: [first.event],
    answer: { number: vain, tolerance: 0, unit: '' },
  };
});

/** The first request for a vote that reached anybody, lost. */
const lost = question('campaign-lost', async (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { first, deposed } = story;
  const sends = run
    .all('send', first.name)
    .filter(({ facts }) => facts.method === 'requestVote' && facts.wire?.kind === 'request')
    .filter((send) => termOf(send) === first.term);
  if (sends.length === 0) return undefined;
  const again = await run.again({ drop: sends.map(({ facts }) => facts.message ?? 0) });
  const other = storyOf(again);
  const laterMs = Math.round((other?.deposed.event.atMs ?? 0) - deposed.event.atMs);
  if (other === undefined || laterMs <= 0) return undefined;
  const next = told(again, CAMPAIGNS).find(({ term }) => term === other.deposed.term);
  return {
    text: `If the network had lost all that ${first.name} sent in its first campaign, in term ${first.term}, how many ms longer would ${deposed.name} have led?`,
    fact: `Run again that way: ${laterMs} ms. Then the campaign of ${next?.name ?? first.name} deposes it; a lost message is a delay, not a cure.`,
    about: [sends[0] as RunEvent, deposed.event],
    answer: { number: laterMs, tolerance: 50, unit: 'ms' },
  };
});

/** All clocks of the members three times as slow: every timeout three times as long. */
const slower = question('slower-clocks', async (run) => {
  const before = (cluster: Cluster) => {
    for (const name of MEMBERS) cluster.clockRate(name, 1 / 3);
  };
  const other = await run.again({ before });
  const written = (of: RunRecord) => {
    const reports = of.all('emit').filter(({ text }) => /^(has|cannot write) d/.test(text));
    const ok = reports.filter(({ text }) => text.startsWith('has')).length;
    return Math.round((100 * ok) / Math.max(1, reports.length));
  };
  const [now, then] = [written(run), written(other)];
  const answer =
    then >= 95
      ? 'nearly all'
      : then > now + 10
        ? 'more, not all'
        : then < now - 10
          ? 'fewer'
          : 'about as many';
  return {
    text: `In this run ${now} % of the reports were written. If all timeouts of the members had been three times as long, heartbeats too, how many would have been?`,
    fact: `Run again that way: ${then} %. Leaders are deposed less often, and each time it takes longer until somebody leads again.`,
    about: told(run, LEADS)
      .slice(0, 1)
      .map(({ event }) => event),
    answer: {
      choice: answer,
      wrong: ['nearly all', 'more, not all', 'about as many', 'fewer'].filter((a) => a !== answer),
      inOrder: true,
    },
  };
});

/** The link between the leader and the first to campaign, left whole. */
const whole = question('link-whole', async (run) => {
  const story = storyOf(run);
  if (story === undefined) return undefined;
  const { leader, first } = story;
  const pair = [leader.name, first.name];
  const before = (cluster: Cluster) => {
    const { cut } = cluster;
    cluster.cut = (from, to) => {
      if (![from, to].flat().every((name) => pair.includes(name))) cut.call(cluster, from, to);
    };
  };
  const later = (of: RunRecord) => told(of, LEADS).filter(({ term }) => term > leader.term).length;
  const [now, then] = [later(run), later(await run.again({ before }))];
  if (then === now) return undefined;
  const wrong = [...new Set([now, Math.ceil(now / 2), 0, 1, 2])].filter((n) => n !== then);
  return {
    text: `${now} leaders were elected after ${leader.name}. If the link between ${pair.join(' and ')} had stayed whole, how many would have been?`,
    fact: `Run again that way: ${then}. Then there is a member that all others hear, and elections go on only until it wins one.`,
    about: [first.event],
    answer: { choice: String(then), wrong: wrong.slice(0, 3).map(String), inOrder: true },
  };
});

export const questions = [began, teller, gap, inVain, lost, slower, whole];
