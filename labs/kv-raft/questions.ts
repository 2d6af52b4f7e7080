/**
 * What `lab explain kv-raft` asks: about an append that a crashed leader could not answer for, about a
 * leader that was deposed with one in its log, and about reads.
 */
import {
  at,
  callOf,
  type Explain,
  type Figure,
  growsUpTo,
  type NodeId,
  named,
  predict,
  question,
  type RunEvent,
  type RunRecord,
  whatBegan,
  whatHappenedBefore,
  whatIfCrashed,
  whatIfLost,
} from 'faultlab';
import type { Operation, Reply, RequestArgs } from './contract.ts';

const isOf = (method: Operation['kind']) => (event: RunEvent, run: RunRecord) =>
  event.kind === 'return' && callOf(run, event)?.facts.called?.method === method;

const isAppend = isOf('append');
const isGet = isOf('get');

/** The replies that say that an operation of this client was done. */
function doneReplies(run: RunRecord, answer: RunEvent): RunEvent[] {
  const call = callOf(run, answer)?.number ?? 0;
  return run.all('send').filter(({ number, facts: { wire } }) => {
    const isReply = wire?.kind === 'reply' && wire.method === 'request' && wire.to === answer.node;
    return isReply && (wire.body as Reply).ok && number > call && number < answer.number;
  });
}

/** What the key holds in the end, if the client has to ask again for what was done. */
const once = question('once', async (run) => {
  const appends = run.all('return').filter((event) => isAppend(event, run));
  for (const append of appends) {
    const call = callOf(run, append);
    const [key = '', value = ''] = (call?.facts.called?.args ?? []) as string[];
    const [reply, ...more] = doneReplies(run, append);
    const isAbout = (e: RunEvent) => callOf(run, e)?.facts.called?.args[0] === key && isGet(e, run);
    if (call === undefined || reply === undefined || more.length > 0) continue;
    const other = await run.again({ drop: [reply.facts.message ?? 0] });
    const isAboutThere = (e: RunEvent) =>
      callOf(other, e)?.facts.called?.args[0] === key && isGet(e, other);
    const then = other.all('return').findLast(isAboutThere)?.facts.answered?.value;
    const now = run.all('return').findLast(isAbout)?.facts.answered?.value;
    if (typeof then !== 'string' || typeof now !== 'string' || !now.includes(value)) continue;
    const arrivals = other.all('deliver').filter(({ facts: { wire } }) => {
      const args = wire?.body as Partial<RequestArgs> | undefined;
      const operation = args?.operation as { key?: string; value?: string } | undefined;
      return wire?.kind === 'request' && operation?.key === key && operation.value === value;
    });
    return {
      text: `${named(call)}; it is answered at ${at(append.atMs)}. Suppose that the reply that said so, #${reply.number}, had been lost. What would the last get of "${key}" in this run have given?`,
      fact: `Run again without #${reply.number}: ${JSON.stringify(then)}. The request for this append then reached servers ${arrivals.length} times.`,
      about: [call, append],
      answer: {
        choice: JSON.stringify(then),
        wrong: [
          now.replace(value, value + value),
          now.replace(value, ''),
          now.replace(value, '') + value,
          now,
        ].map((text) => JSON.stringify(text)),
      },
    };
  }
  return undefined;
});

interface AppendEntriesArgs {
  readonly term: number;
  readonly prevLogIndex: number;
  readonly entries: readonly { readonly term: number }[];
}

/** Which entries a node sends, as index → term, with the first message that carries each. */
function entriesOf(run: RunRecord, node: NodeId): Map<number, { term: number; event: RunEvent }> {
  const found = new Map<number, { term: number; event: RunEvent }>();
  for (const event of run.all('send', node)) {
    const { wire } = event.facts;
    if (wire?.kind !== 'request' || wire.method !== 'appendEntries') continue;
    const { prevLogIndex, entries } = wire.body as AppendEntriesArgs;
    entries.forEach(({ term }, i) => {
      const index = prevLogIndex + 1 + i;
      if (found.get(index)?.term !== term) found.set(index, { term, event });
    });
  }
  return found;
}

/** A deposed leader applies what another leader has put where it had put the operation of a client. */
const deposed = question('deposed', (run) => {
  for (const old of run.nodes) {
    for (const next of run.nodes.filter((node) => node !== old)) {
      const [mine, theirs] = [entriesOf(run, old), entriesOf(run, next)];
      const place = [...mine].find(([index, { term }]) => (theirs.get(index)?.term ?? 0) > term);
      if (place === undefined) continue;
      const [index, { term, event }] = place;
      const after = theirs.get(index)?.term ?? 0;
      const request = run.all('deliver', old).findLast(({ number, facts: { wire } }) => {
        return wire?.method === 'request' && wire.kind === 'request' && number <= event.number;
      });
      const { wire } = request?.facts ?? {};
      if (request === undefined || wire === undefined) continue;
      const { client, operation } = wire.body as RequestArgs;
      const what = `the ${operation.kind} of ${client}`;
      return {
        text: `${named(request)}: ${old}, leader of term ${term}, puts it at index ${index}, and no other node gets it. Later ${old} applies index ${index}. What may it then tell ${client}?`,
        fact: `Index ${index} holds an entry of term ${after}, made by ${next}. The index alone does not tell whose entry it is: index and term together do.`,
        about: [request, theirs.get(index)?.event ?? event],
        answer: {
          choice: `not that it is done: what it applies at index ${index} is an entry of term ${after}, made by ${next}`,
          wrong: [
            `that it is done: the entry at index ${index} is committed, and that is where it put ${what}`,
            `that it is done: ${next} has taken over ${what} into term ${after}`,
            `nothing, ever: whether ${what} is done can no longer be known`,
          ],
        },
      };
    }
  }
  return undefined;
});

/** From each append to its answer. */
function appends(run: RunRecord): Figure[] {
  return run.all('return').flatMap((answer) => {
    const call = callOf(run, answer);
    const isAsked = call !== undefined && isAppend(answer, run);
    return isAsked ? [{ value: answer.atMs - call.atMs, about: [call, answer] }] : [];
  });
}

export const explain: readonly Explain[] = [
  {
    scenario: 'B3',
    questions: [whatIfCrashed({ pick: isAppend }), whatBegan({ pick: isAppend })],
  },
  {
    scenario: 'B4',
    questions: [deposed, once, whatHappenedBefore({ pick: isAppend })],
  },
  {
    scenario: 'D2',
    questions: [
      whatIfLost({ pick: isGet }),
      predict({
        id: 'latency',
        of: appends,
        holds: growsUpTo(3),
        is: (ms, [call]) => `${call ? named(call) : ''}; it is answered after ${ms} ms.`,
        change: { latencyFactor: 3 },
        asks: 'How many would it be if every message took three times as long?',
        unit: 'ms',
        within: 0.2,
        because:
          'To the leader, to a follower and back, to the client: all of these take three times as long. What the disks take stays as it is.',
      }),
    ],
  },
];
