/**
 * What `lab explain replicated-kv` asks: about callers that share an fsync, and about a primary that is
 * cut off with entries that nobody else has.
 */
import {
  at,
  callOf,
  type Explain,
  type Figure,
  growsUpTo,
  named,
  predict,
  question,
  type RunEvent,
  type RunRecord,
  whatAnswerIfLost,
  whatHappenedBefore,
  whatIfCrashed,
} from 'faultlab';
import type { AppendArgs, AppendReply, Entry, PutResult, View } from './contract.ts';

const isFsync = ({ kind, text }: RunEvent) => kind === 'disk' && text.startsWith('fsync ');

const isPut = (answer: RunEvent, run: RunRecord) =>
  answer.kind === 'return' && callOf(run, answer)?.facts.called?.method === 'put';

/** Group commit: one fsync makes many puts safe. */
const group = question('group', (run) => {
  const groups = run.events.filter(isFsync).map((fsync) => {
    const puts = run.all('return').filter((e) => isPut(e, run) && run.causeOf(e) === fsync);
    return { fsync, puts };
  });
  const shared = groups.filter(({ puts }) => puts.length > 1);
  if (shared.length === 0) return undefined;
  const { fsync, puts } = run.draw('group').pick(shared);
  const put = run.draw('put').pick(puts);
  const call = callOf(run, put);
  return {
    text: `${call ? named(call) : 'A put'} is answered at ${at(put.atMs)}. Which event made it safe: after which one could no crash lose it any more?`,
    fact: `${named(fsync)}; ${puts.length} puts were answered because of it.`,
    about: [call ?? put, put],
    answer: { event: fsync },
  };
});

/** The fsyncs while twenty callers put, from their first answer to their last. */
function fsyncs(run: RunRecord): Figure[] {
  const puts = run.all('return').filter((answer) => isPut(answer, run));
  const [first, last] = [puts[1], puts[PUTS]];
  if (first === undefined || last === undefined) return [];
  const between = run.events.filter(
    (event) => isFsync(event) && event.number > first.number && event.number < last.number,
  );
  return [{ value: between.length, about: [first, last] }];
}

/** How many puts the scenario makes with all callers. */
const PUTS = 400;

interface Replaced {
  readonly event: RunEvent;
  readonly before: Entry;
  readonly after: Entry;
}

/** Where a node confirms an entry in place of one that it had sent itself, as a primary. */
function replacedIn(run: RunRecord): Replaced[] {
  const sent = new Map<string, Entry>();
  return run.all('send').flatMap((event) => {
    const { wire } = event.facts;
    if (wire?.method !== 'append') return [];
    const { entries } = (wire.kind === 'request' ? wire.body : wire.args) as AppendArgs;
    if (wire.kind === 'request') {
      for (const entry of entries) sent.set(`${wire.from} ${entry.index}`, entry);
      return [];
    }
    if ((wire.body as AppendReply).ok !== true) return [];
    return entries.flatMap((after) => {
      const before = sent.get(`${wire.from} ${after.index}`);
      const isOther = before !== undefined && before.epoch !== after.epoch;
      return isOther ? [{ event, before, after }] : [];
    });
  });
}

const nameOf = ({ key, value, epoch }: Entry) =>
  `${key === null ? 'an entry without a key' : `${key}=${value}`} of epoch ${epoch}`;

/** What a primary that was cut off had, and what its clients knew of it. */
const replaced = question('replaced', (run) => {
  const found = replacedIn(run).find(({ before }) => before.key !== null);
  if (found === undefined) return undefined;
  const { event, before, after } = found;
  const put = run
    .all('call')
    .find(({ facts }) => facts.called?.method === 'put' && facts.called.args[1] === before.value);
  const answer =
    put && run.all('return', put.node).find((e) => callOf(run, e)?.number === put.number);
  const isOpen = answer === undefined || answer.number > event.number;
  const answered = (what: string) => `${put?.node} had been told ${what}`;
  const words = (e: RunEvent | undefined) => answerWords(e?.facts.answered?.value);
  const open = `nothing: the put of ${put?.node} was still open, because it was on too few disks`;
  if (put === undefined) return undefined;
  return {
    text: `${named(event)}: ${event.node} confirms ${nameOf(after)} at index ${before.index}, where as primary it had ${nameOf(before)}. What did the client of that put know by then?`,
    fact: isOpen
      ? `${named(put)} was ${answer === undefined ? 'not answered in this run' : `answered at ${at(answer.atMs)} with ${words(answer)}`}: nothing that was promised is lost.`
      : `${named(put)} was answered at ${at(answer.atMs)} with ${words(answer)}.`,
    about: [put, event],
    answer: {
      choice: isOpen ? open : answered(words(answer)),
      wrong: [
        open,
        answered('ok, and the promise was withdrawn when the next epoch began'),
        answered('ok, and the put is found again at a higher index: the new primary has copied it'),
        answered('that it had failed, and would never happen'),
      ],
    },
  };
});

/** How a primary that no longer is one can find that out. */
const deposed = question('deposed', (run) => {
  const views = run.all('emit').filter(({ facts }) => facts.emitted?.name === 'view');
  const [first, second] = views.map(({ facts }) => facts.emitted?.value as View);
  if (first === undefined || second === undefined || first.primary === second.primary)
    return undefined;
  const { primary } = first;
  const tells = ({ facts: { wire } }: RunEvent) => {
    const { epoch } = (wire?.body ?? {}) as { epoch?: number };
    return typeof epoch === 'number' && epoch > first.epoch;
  };
  const event = run.all('deliver', primary).find(tells);
  if (event === undefined) return undefined;
  const now = views[1] as RunEvent;
  return {
    text: `At ${at(now.atMs)} the view service names ${second.primary} as primary of epoch ${second.epoch}. ${primary}, the primary of epoch ${first.epoch}, does not hear of it at once. Which is the first event from which it can tell that there is a later epoch?`,
    fact: `${named(event)}: ${JSON.stringify(event.facts.wire?.body)?.slice(0, 120)}.`,
    about: [now, event],
    answer: { event },
  };
});

/** From each put that was done to its answer. */
function puts(run: RunRecord): Figure[] {
  return run.all('return').flatMap((answer) => {
    const call = callOf(run, answer);
    const result = answer.facts.answered?.value as PutResult | undefined;
    const isDone = isPut(answer, run) && result?.ok === true;
    return call && isDone ? [{ value: answer.atMs - call.atMs, about: [call, answer] }] : [];
  });
}

const answerWords = (value: unknown) => {
  const result = value as PutResult;
  return result.ok ? `ok, version ${result.version}` : result.error;
};

export const explain: readonly Explain[] = [
  {
    scenario: 'A5',
    questions: [
      group,
      predict({
        id: 'slow-disk',
        of: fsyncs,
        is: (count) => `Twenty callers made ${PUTS} puts, which took ${count} fsyncs.`,
        change: { diskFactor: 3 },
        asks: 'How many fsyncs would these puts take if every disk operation took three times as long?',
        unit: 'fsyncs',
        holds: (before, after) => Math.abs(after - before) <= 3,
        because:
          'Each caller waits for its answer before it puts again, so what gathers behind an fsync is one put from each caller, however long it takes: the time triples, the number does not.',
      }),
    ],
  },
  {
    scenario: 'C6',
    questions: [
      replaced,
      deposed,
      whatHappenedBefore({ pick: ({ facts }) => facts.emitted?.name === 'view' }),
      whatIfCrashed({ pick: isPut }),
      whatAnswerIfLost({
        id: 'reply-lost',
        lose: 'reply',
        pick: isPut,
        plausible: ['ok, the next version', 'unavailable', 'maybe'],
        answerWords,
      }),
      predict({
        id: 'latency',
        of: puts,
        holds: growsUpTo(5),
        is: (ms, [call]) => `${call ? named(call) : ''}; it is answered after ${ms} ms.`,
        change: { latencyFactor: 5 },
        asks: 'How many would it be if every message took five times as long?',
        unit: 'ms',
        because:
          'Every message on its way counts five times: to the primary, to a follower and back, to the client; for the first put of a client also to the view service and back. The time that the disks take stays the same.',
      }),
    ],
  },
];
