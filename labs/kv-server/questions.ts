/**
 * What `lab explain kv-server` asks: about a run in which a fifth of all messages is lost, and about one
 * in which a holder sleeps through its lease.
 */
import {
  at,
  callOf,
  type Explain,
  type Figure,
  listed,
  named,
  predict,
  question,
  type RunEvent,
  type RunRecord,
  whatAnswerIfLost,
  whatHappenedBefore,
  whatIfLost,
} from 'faultlab';
import type { PutArgs, PutReply, PutResult, WriteArgs } from './contract.ts';

function resultOf(event: RunEvent): PutResult | undefined {
  return event.facts.answered?.value as PutResult | undefined;
}

const answerWords = (value: unknown) => {
  const result = value as PutResult;
  return result.ok ? `ok, version ${result.version}` : result.error;
};

const isPut = (answer: RunEvent, run: RunRecord) =>
  callOf(run, answer)?.facts.called?.method === 'put';

/** What became of a put whose client was told `maybe`: the server knows. */
const maybe = question('maybe', (run) => {
  const maybes = run.all('return').flatMap((answer) => {
    const result = resultOf(answer);
    const call = callOf(run, answer);
    if (call === undefined || result?.ok !== false || result.error !== 'maybe') return [];
    const [key, value] = call.facts.called?.args ?? [];
    const replies = run.all('send').filter(({ facts: { wire } }) => {
      const args = wire?.args as Partial<PutArgs> | undefined;
      const isIts = args?.key === key && args?.value === value && wire?.to === call.node;
      return wire?.kind === 'reply' && wire.method === 'put' && isIts;
    });
    const done = replies.find(
      ({ facts }) => (facts.wire?.body as PutReply | undefined)?.ok === true,
    );
    return [{ answer, call, replies, done }];
  });
  // A put that did not happen makes the better question; both are fair.
  const found = maybes.find(({ done }) => done === undefined) ?? maybes[0];
  if (found === undefined) return undefined;
  const { answer, call, replies, done } = found;
  const happened = (event: RunEvent) => `it happened once, at ${at(event.atMs)}`;
  const refused = `it did not happen: the server refused every request that reached it`;
  const others = replies.map(happened);
  return {
    text: `${named(call)}; it resolves to maybe at ${at(answer.atMs)}. What became of this put on the server?`,
    fact: `The server answered ${replies.length === 1 ? 'one request' : `${replies.length} requests`} of this put: ${listed(
      replies.map(({ number, facts }) => `#${number} ${JSON.stringify(facts.wire?.body)}`),
    )}. The client could not tell which of these stories was true, and said so.`,
    about: [call, answer],
    answer: {
      choice: done === undefined ? refused : happened(done),
      wrong: [
        refused,
        ...others,
        'it happened twice: with the first request and with the one after it',
        'it did not happen: none of its requests reached the server',
        'it had not happened when the client said maybe, but a late request did it afterwards',
      ],
    },
  };
});

const isWrite = (event: RunEvent) =>
  event.kind === 'call' && event.facts.called?.method === 'write';

/** What the fence prevented. */
const fence = question('fence', (run) => {
  const writes = run.all('deliver').filter(({ facts: { wire } }) => {
    return wire?.method === 'write' && wire.kind === 'request';
  });
  const argsOf = ({ facts }: RunEvent) => facts.wire?.body as WriteArgs;
  const refused = writes.filter(
    (event) =>
      !run
        .all('emit')
        .some((e) => e.text.includes(`"${argsOf(event).value}"`) && e.node === event.node),
  );
  const [late] = refused;
  if (late === undefined) return undefined;
  const values = (list: readonly RunEvent[]) =>
    list.map((event) => argsOf(event).value).join(' → ');
  const taken = writes.filter((event) => !refused.includes(event));
  const byToken = [...writes].sort((a, b) => argsOf(a).token - argsOf(b).token);
  return {
    text: `Suppose that the storage service took every write, whatever its token, and all else in this run stayed the same. In which order would the values be written?`,
    fact: `${named(late)} with token ${argsOf(late).token}, after a write with token ${Math.max(...taken.filter((e) => e.number < late.number).map((e) => argsOf(e).token))}: without the fence, ${argsOf(late).value}, from a lease that was over, would overwrite it.`,
    about: writes,
    answer: {
      choice: values(writes),
      wrong: [
        values(taken),
        values(byToken),
        values([...taken, ...refused]),
        values([...writes].reverse()),
      ],
    },
  };
});

const isToken = (answer: RunEvent, run: RunRecord) =>
  callOf(run, answer)?.facts.called?.method === 'acquireLease';

/** From the call of the client that waits for the lease until it gets its token. */
function wait(run: RunRecord): Figure[] {
  const token = run.all('return').findLast((answer) => isToken(answer, run));
  const call = token && callOf(run, token);
  return token && call ? [{ value: token.atMs - call.atMs, about: [call, token] }] : [];
}

const plausible = ['maybe', 'version', 'no-key'];

export const explain: readonly Explain[] = [
  {
    scenario: 'B1',
    questions: [
      maybe,
      whatAnswerIfLost({
        id: 'reply-lost',
        lose: 'reply',
        pick: (answer, run) => isPut(answer, run) && resultOf(answer)?.ok === true,
        plausible,
        answerWords,
      }),
      whatAnswerIfLost({
        id: 'request-lost',
        lose: 'request',
        pick: (answer, run) => isPut(answer, run) && resultOf(answer)?.ok === true,
        plausible,
        answerWords,
      }),
    ],
  },
  {
    scenario: 'D4',
    questions: [
      whatHappenedBefore({ pick: (event, run) => isWrite(event) && event.node === late(run) }),
      fence,
      whatIfLost({
        pick: (event, run) => event.kind === 'return' && isToken(event, run) && event.atMs > 100,
      }),
      predict({
        id: 'waiting',
        of: wait,
        is: (ms) => `The second client has waited ${ms} ms for the lease when it gets its token.`,
        change: { latencyFactor: 20 },
        asks: 'How many would it be if every message took twenty times as long?',
        unit: 'ms',
        within: 0.08,
        because:
          'The lease itself lasts as long as before; only the round trips to the server get longer, before the client begins to count and after.',
      }),
    ],
  },
];

/** The client that wrote with a token that was too old. */
function late(run: RunRecord): string | undefined {
  return run.all('resume')[0]?.node;
}
