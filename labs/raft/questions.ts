/**
 * What `lab explain raft` asks: about a run of Figure 8, in which an entry that a majority holds is
 * replaced, and about one in which all nodes lose power again and again.
 */
import {
  at,
  type Explain,
  type Figure,
  growsUpTo,
  listed,
  type NodeId,
  named,
  predict,
  question,
  type RunEvent,
  type RunRecord,
  whatBegan,
  whatHappenedBefore,
  whatIfLost,
  whichLine,
} from 'faultlab';
import type { LogEntry, RaftState, RequestVoteArgs, RequestVoteReply } from './contract.ts';
import { Logs } from './logs.ts';

const nameOf = ({ term, command }: LogEntry) =>
  `${command === null ? 'a no-op' : command} of term ${term}`;

const stateAt = (run: RunRecord, node: NodeId, event: number) =>
  run.stateAfter(node, event) as Partial<RaftState> | undefined;

/** Why Figure 8 breaks no promise (§5.4.2). */
const overwritten = question('overwritten', (run) => {
  const { overwritings } = new Logs(run);
  const [most] = [...overwritings].sort((a, b) => b.holders.length - a.holders.length);
  if (most === undefined) return undefined;
  const { event, node, leader, index, before, after, holders } = most;
  const isMajority = holders.length > run.nodes.length / 2;
  const who = `${listed(holders)} – ${holders.length} of ${run.nodes.length} –`;
  const never = isMajority
    ? `it was not committed: a majority held it, but no entry of a later leader’s own term after it, and entries of older terms are not committed by counting (§5.4.2)`
    : `it was not committed: only a minority held it, so no leader could count a majority for it (§5.3)`;
  return {
    text: `${named(event)}: ${node} confirms ${nameOf(after)} from its leader ${leader} at index ${index}, in place of ${nameOf(before)}, which ${who} had confirmed by then. Why does this break no promise?`,
    fact: `No node applied ${nameOf(before)} in this run, before #${event.number} or after it.`,
    about: [event],
    answer: {
      choice: never,
      wrong: [
        `it was committed, but ${leader} leads a later term, and a later leader may replace what an earlier one has committed`,
        `it was committed, but ${node} had not applied it yet, and only what is applied is promised`,
        isMajority
          ? `it was not committed: some of the nodes that held it were cut off at the time, and a copy on such a node does not count`
          : `it was not committed: its leader had not written it to its own disk when it was cut off`,
      ],
    },
  };
});

/** Why a node votes for a candidate that lacks what it has itself (§5.4.1). */
const voted = question('voted', (run) => {
  const granted = run.all('send').flatMap((event) => {
    const { wire } = event.facts;
    const isGranted =
      wire?.kind === 'reply' &&
      wire.method === 'requestVote' &&
      (wire.body as RequestVoteReply).voteGranted;
    if (!isGranted) return [];
    const args = wire.args as RequestVoteArgs;
    const logs = new Logs(run, event.number);
    const own = logs.last(wire.from);
    if (own === undefined || logs.at(wire.to, own.index)?.term === own.term) return [];
    return [{ event, args, own, voter: wire.from, candidate: wire.to }];
  });
  // A vote for a log that ends in a newer term, and at most one entry further than the voter's own.
  const vote = granted.find(
    ({ args, own }) => args.lastLogTerm > own.term && args.lastLogIndex <= own.index + 1,
  );
  if (vote === undefined) return undefined;
  const { event, args, own, voter, candidate } = vote;
  const [index, term] = [args.lastLogIndex, args.lastLogTerm];
  return {
    text: `${named(event)}: ${voter} votes for ${candidate} in term ${args.term}. The log of ${voter} holds entries that ${candidate} lacks. Why may ${voter} vote for it all the same?`,
    fact: `${candidate} asked with last index ${index} of term ${term}; the last entry of ${voter} was index ${own.index} of term ${own.term}.`,
    about: [event],
    answer: {
      choice: `the last entry of ${candidate} is of term ${term}, and that of ${voter} is of term ${own.term}: the later term wins`,
      wrong: [
        `${candidate} had led before, in term ${term}, and a node that has led is up to date`,
        `the log of ${candidate} has more committed entries than that of ${voter}`,
        `${voter} had not voted in term ${args.term}, and votes for whoever asks first`,
      ],
    },
  };
});

/** Which nodes believe that they lead, at the moment when belief and truth differ most. */
const whoLed = question('who-led', (run) => {
  const firstMs = run.all('state').find(({ text }) => text.startsWith('is leader'))?.atMs ?? 0;
  const moments = run
    .all('state')
    .filter(({ atMs }) => atMs > firstMs)
    .map(({ atMs }) => atMs + 15);
  const asked = moments.map((ms) => {
    const leaders = run.nodes.flatMap((node) => {
      const { role, term } = (run.stateAt(node, ms) ?? {}) as Partial<RaftState>;
      return role === 'leader' ? [{ node, term }] : [];
    });
    return { ms, leaders };
  });
  // Two leaders are best; none, after there was one, comes next; and late rather than early.
  const worth = (count: number) => (count > 1 ? count : count === 0 ? 1 : 0);
  const [best] = asked.reverse().sort((a, b) => worth(b.leaders.length) - worth(a.leaders.length));
  if (best === undefined) return undefined;
  const { ms, leaders } = best;
  const words = (list: readonly { node: NodeId; term?: number | undefined }[]) =>
    list.length === 0 ? 'nobody' : listed(list.map(({ node, term }) => `${node} (term ${term})`));
  const reigns = run
    .all('state')
    .filter(({ text, atMs }) => text.startsWith('is leader') && atMs <= ms)
    .map(({ node = '', text }) => ({ node, term: Number(/\d+$/.exec(text)?.[0]) }));
  const { term: newest } = reigns.at(-1) ?? {};
  const others = run.nodes.map((node) => [{ node, term: newest }]);
  const subsets = [
    leaders.slice(0, 1),
    leaders.slice(1),
    reigns,
    reigns.slice(-1),
    reigns.slice(-2),
  ];
  return {
    text: `At ${at(ms)}, which nodes say of themselves (inspect) that they lead?`,
    fact: `At ${at(ms)}: ${run.nodes
      .map((node) => {
        const { role = 'down', term = '-' } = (run.stateAt(node, ms) ?? {}) as Partial<RaftState>;
        return `${node} ${role} in term ${term}`;
      })
      .join(', ')}.`,
    about: run.events.filter(({ atMs, kind }) => kind === 'state' && Math.abs(atMs - ms) < 400),
    answer: { choice: words(leaders), wrong: [...[...subsets, ...others].map(words), 'nobody'] },
  };
});

/** What a power failure takes and what it leaves (Figure 2, persistent and volatile state). */
const remembers = question('remembers', (run) => {
  const restarts = run.all('restart').flatMap((event) => {
    const node = event.node as NodeId;
    const crash = run.all('crash', node).findLast(({ number }) => number < event.number);
    const before = crash && stateAt(run, node, crash.number - 1);
    const next = run.all('deliver', node).find(({ number }) => number > event.number);
    const after = next && stateAt(run, node, next.number - 1);
    return before && after && next ? [{ event, node, before, after }] : [];
  });
  const found = restarts.find(
    ({ before, after }) => before.role === 'leader' && before.commitIndex !== after.commitIndex,
  );
  if (found === undefined) return undefined;
  const { event, node, before, after } = found;
  const words = ({ role, term, votedFor, commitIndex, lastLogIndex }: Partial<RaftState>) =>
    `${role}, term ${term}, votedFor ${votedFor ?? 'nobody'}, lastLogIndex ${lastLogIndex}, commitIndex ${commitIndex}`;
  const wrong = [
    before,
    { ...after, commitIndex: before.commitIndex },
    { ...after, votedFor: null },
    { ...after, term: 0, votedFor: null },
  ];
  return {
    text: `${named(event)}. Until its power failed it was ${words(before as RaftState)}. What is it once it has read its disk, before the first message arrives?`,
    fact: `${node} then says: ${words(after)}. The term, the vote and the log are persistent; the role and commitIndex are not, and come back from a leader (Figure 2).`,
    about: [event],
    answer: { choice: words(after), wrong: wrong.map(words) },
  };
});

const isProposal = (event: RunEvent) =>
  event.kind === 'call' && event.facts.called?.method === 'propose';

/** From each proposal to its application by the node that took it. */
function commits(run: RunRecord): Figure[] {
  return run.events.filter(isProposal).flatMap((proposal) => {
    const command = proposal.facts.called?.args[0];
    const applied = run
      .all('emit', proposal.node)
      .find(({ facts }) => (facts.emitted?.value as { command?: unknown })?.command === command);
    return applied ? [{ value: applied.atMs - proposal.atMs, about: [proposal, applied] }] : [];
  });
}

const applies = (event: RunEvent) =>
  event.kind === 'emit' &&
  typeof (event.facts.emitted?.value as { command?: unknown })?.command === 'string';

export const explain: readonly Explain[] = [
  {
    scenario: 'B4',
    questions: [
      overwritten,
      voted,
      whoLed,
      whatHappenedBefore({ pick: (event) => event.text.startsWith('is leader') }),
      whichLine({ method: 'appendEntries' }),
      whatIfLost({ pick: applies }),
    ],
  },
  {
    scenario: 'C2',
    questions: [
      remembers,
      whatBegan({ pick: applies }),
      predict({
        id: 'latency',
        of: commits,
        holds: growsUpTo(4),
        is: (ms, [proposal]) =>
          `${proposal ? named(proposal) : ''}, and its node applies it after ${ms} ms.`,
        change: { latencyFactor: 4 },
        asks: 'How many would it be if every message took four times as long, and every disk operation just as long as now?',
        unit: 'ms',
        within: 0.2,
        because:
          'Each round trip to a follower that your code needs takes four times as long; what the disks take stays as it is.',
      }),
    ],
  },
];
