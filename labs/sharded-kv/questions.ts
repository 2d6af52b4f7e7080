/**
 * What `lab explain sharded-kv` asks: about a shard that nobody serves for a while, an append that two
 * groups have answered for, the time of a snapshot, what comes before what among transactions, and an
 * append that finds its shard split.
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
  whatIfLost,
} from 'faultlab';
import {
  type Committed,
  type GroupId,
  type RequestArgs,
  type Result,
  type Shard,
  type Snapshot,
  type Step,
  shardOf,
} from './contract.ts';
import { isMigration } from './scenarios/faults.ts';
import { type Applied, type Configured, groupOf } from './view.ts';

const isOf = (method: string) => (event: RunEvent, run: RunRecord) =>
  event.kind === 'return' && callOf(run, event)?.facts.called?.method === method;

const isAppend = isOf('append');
const isSnapshot = isOf('snapshot');
const isPutAt = isOf('putAt');
const isTransact = isOf('transact');

/** Moments at which a log decided something: what the first replica to apply an entry tells. */
function decisions(run: RunRecord): { event: RunEvent; group: GroupId; serving: Shard[] }[] {
  const reached = new Map<GroupId, number>();
  return run.all('emit').flatMap((event) => {
    const { emitted } = event.facts;
    const group = groupOf(event.node as NodeId);
    if (emitted?.name !== 'applied') return [];
    const { index, serving } = emitted.value as Applied;
    if (index <= (reached.get(group) ?? 0)) return [];
    reached.set(group, index);
    return [{ event, group, serving: [...serving] }];
  });
}

/** From the entry in one log that gives a shard up to the entry in another that takes it. */
const nobody = question('nobody', (run) => {
  const all = decisions(run);
  const gaps = all.flatMap(({ event: ends, group, serving }, i) => {
    const before = all.slice(0, i).findLast((one) => one.group === group);
    return (before?.serving ?? [])
      .filter((shard) => !serving.includes(shard))
      .flatMap((shard) => {
        const next = all.slice(i).find((one) => one.group !== group && one.serving.includes(shard));
        return next === undefined ? [] : [{ shard, ends, from: group, next }];
      });
  });
  if (gaps.length === 0) return undefined;
  const { shard, ends, from, next } = run.draw('nobody').pick(gaps);
  const tookMs = next.event.atMs - ends.atMs;
  return {
    text: `Shard ${shard} goes from group ${from} to group ${next.group}. For how many milliseconds did nobody serve it, going by the first replica of each group to apply the change?`,
    fact: `${named(ends)}: the first replica of ${from} without shard ${shard}. ${named(next.event)}: the first of ${next.group} with it.`,
    about: [ends, next.event],
    answer: { number: Math.round(tookMs), tolerance: 2, unit: 'ms' },
  };
});

/** An append whose first answer was lost, and for which the next owner is asked again. */
const answeredBy = question('answered-by', (run) => {
  const isDone = ({ facts: { wire } }: RunEvent, client: NodeId | undefined, value: string) => {
    const { operation } = (wire?.args ?? {}) as Partial<RequestArgs>;
    const isOk = (wire?.body as { ok?: boolean } | null)?.ok === true;
    const isSame = operation?.kind === 'append' && operation.value === value;
    return wire?.kind === 'reply' && wire.to === client && isOk && isSame;
  };
  const found = run.all('return').flatMap((answer) => {
    const call = callOf(run, answer);
    const [key = '', value = ''] = (call?.facts.called?.args ?? []) as string[];
    if (call === undefined || !isAppend(answer, run)) return [];
    const replies = run.all('send').filter((send) => isDone(send, answer.node, value));
    const groups = new Set(replies.map(({ node = '' }) => groupOf(node)));
    return groups.size < 2 ? [] : [{ call, answer, key, replies }];
  });
  const [one] = found;
  if (one === undefined) return undefined;
  const { call, answer, key, replies } = one;
  const first = replies[0] as RunEvent;
  const last = replies.at(-1) as RunEvent;
  const [before, after] = [groupOf(first.node ?? ''), groupOf(last.node ?? '')];
  return {
    text: `${named(call)}; it resolves at ${at(answer.atMs)}, when ${last.node} of group ${after} has said that it is done. Which event is the first message that says so, heard or not? From then on no crash may lose the append, and nobody may do it again.`,
    fact: `${named(first)}. It was lost. Group ${before} had the append in its log, and what it had answered ${call.node} went to group ${after} with the shard of "${key}": so ${last.node} answered without appending.`,
    about: [call, answer],
    answer: { event: first },
  };
});

/** A time that the reader's clock did not show: that of a write which could have come before. */
const whichTime = question('which-time', (run) => {
  const timeOf = ({ facts: { answered } }: RunEvent): number | undefined => {
    const value = answered?.value as number | Partial<Snapshot> | null | undefined;
    return typeof value === 'number' ? value : value?.at;
  };
  const answers = run.all('return');
  const found = answers.flatMap((read) => {
    const call = callOf(run, read);
    if (call === undefined || !isSnapshot(read, run)) return [];
    const same = answers.filter((e) => e.number < read.number && timeOf(e) === timeOf(read));
    const [write] = same;
    if (write === undefined || !isPutAt(write, run) || write.number > call.number) return [];
    return same.some(({ node }) => node === read.node) ? [] : [{ call, read, write }];
  });
  if (found.length === 0) return undefined;
  const { call, read, write } = run.draw('which-time').pick(found);
  const writing = callOf(run, write) ?? write;
  // Also the messages that say so: the reply to the write, or the one that found it uncertain.
  const isTold = ({ kind, facts: { wire } }: RunEvent) => {
    const { at: of, uncertain } = ((wire?.body as { result?: Result } | null)?.result ??
      {}) as Result;
    return (kind === 'send' || kind === 'deliver') && [of, uncertain].includes(timeOf(read));
  };
  const told = run.events.filter((e) => e.number < read.number && isTold(e));
  return {
    text: `${named(call)}; at ${at(read.atMs)} it resolves to a snapshot at the time ${timeOf(read)}, of which ${read.node} had not been told before. Which event is the reason for exactly this time?`,
    fact: `${named(write)}: a version with this very time. By its own clock ${read.node} could not know whether it was written before the snapshot was asked for, so everything was read once more, at this time.`,
    about: [writing, read],
    answer: { event: write, orAlso: [writing, ...told] },
  };
});

/** A request that was for one shard when it came, and was done in another: what counts is the log. */
const whichShard = question('which-shard', (run) => {
  const applied = (event: RunEvent) => event.facts.emitted?.value as Applied;
  const splits = run.all('emit').flatMap(({ facts: { emitted } }) => {
    return emitted?.name === 'configured' ? (emitted.value as Configured).splits : [];
  });
  const arrivals = run.all('deliver').filter(({ facts: { wire } }) => wire?.kind === 'request');
  const found = run.all('send').flatMap((done) => {
    const { wire } = done.facts;
    const { client, seq, operation } = (wire?.args ?? {}) as Partial<RequestArgs>;
    const isOk = (wire?.body as { ok?: boolean } | null)?.ok === true;
    if (wire?.kind !== 'reply' || !isOk || operation?.kind !== 'append') return [];
    const came = arrivals.find(({ node, number, facts }) => {
      const args = facts.wire?.args as Partial<RequestArgs>;
      return (
        node === done.node && number < done.number && args.client === client && args.seq === seq
      );
    });
    if (came === undefined) return [];
    const outputs = run.all('emit', done.node).filter((e) => e.facts.emitted?.name === 'applied');
    const before = outputs.findLast(({ number }) => number < came.number);
    const between = outputs.filter((e) => e.number > came.number && e.number < done.number);
    const last = between.at(-1);
    if (before === undefined || last === undefined || last.atMs < done.atMs) return [];
    const shards = (event: RunEvent) => applied(event).serving.join();
    const split = between.find((e) => shards(e) !== shards(before));
    if (split === undefined || split.atMs === last.atMs) return [];
    const made = applied(split).serving.find((one) => !applied(before).serving.includes(one));
    const { key } = operation;
    const isAbove = splits.some(({ shard, at: from }) => shard === made && key >= from);
    return isAbove ? [{ client, key, came, done, split, made }] : [];
  });
  if (found.length === 0) return undefined;
  const { client, key, came, done, split, made } = run.draw('which-shard').pick(found);
  return {
    text: `${named(came)}: an append to "${key}", which for ${came.node} is in shard ${shardOf(key)} at that moment. At ${at(done.atMs)} ${client} is told that it is done, and it was done in shard ${made}. Which event on ${came.node} is the reason?`,
    fact: `${named(split)}: the entry that splits the shard stands in the log before the append. When the message came, and what the leader knew then, decides nothing: so it is the same on all replicas.`,
    about: [came, done],
    answer: { event: split },
  };
});

interface Transaction {
  readonly call: RunEvent;
  readonly answer: RunEvent;
  readonly steps: readonly Step[];
  readonly values: readonly (string | null)[];
}

const transactionsOf = (run: RunRecord): Transaction[] =>
  run.all('return').flatMap((answer) => {
    const call = callOf(run, answer);
    if (call === undefined || !isTransact(answer, run)) return [];
    const [steps = []] = (call.facts.called?.args ?? []) as [(readonly Step[])?];
    const { values = [] } = (answer.facts.answered?.value ?? {}) as Partial<Committed>;
    return [{ call, answer, steps, values }];
  });

const listOf = (value: string) => value.split('.').filter((piece) => piece !== '');

/** What a transaction read shows which others came before it; what it did not see, which come after. */
const comesBefore = question('comes-before', (run) => {
  const all = transactionsOf(run);
  const final = new Map<string, string[]>();
  for (const { steps, values } of all)
    for (const [i, { key }] of steps.entries()) {
      const seen = listOf(values[i] ?? '');
      if (seen.length > (final.get(key)?.length ?? 0)) final.set(key, seen);
    }
  const writer = (key: string, piece: string) =>
    all.find(({ steps }) =>
      steps.some((s) => s.kind === 'append' && s.key === key && s.value === `${piece}.`),
    );
  const found = all.flatMap((one) => {
    const reads = one.steps.flatMap(({ kind, key }, i) => {
      const seen = listOf(one.values[i] ?? '');
      return kind === 'get' ? [{ key, seen, later: final.get(key)?.slice(seen.length) ?? [] }] : [];
    });
    const others = (pieces: 'seen' | 'later') =>
      reads
        .flatMap(({ key, ...read }) => read[pieces].map((piece) => writer(key, piece)))
        .filter((other) => other !== undefined && other !== one) as Transaction[];
    // Those that were under way together: the clock says nothing about their order.
    const open = (other: Transaction) =>
      other.call.number < one.answer.number && one.call.number < other.answer.number;
    const before = others('seen').findLast(open);
    // Not its client's own, which come after it in any case.
    const later = others('later').filter((other) => other.call.node !== one.call.node);
    const after = [...new Set([...later.filter(open), ...later])].slice(0, 3);
    return before === undefined || after.length < 2 ? [] : [{ one, before, after }];
  });
  const last = found.at(-1);
  if (last === undefined) return undefined;
  const { one, before, after } = last;
  const show = ({ call, steps }: Transaction) => `that of ${call.node}: ${inWords(steps)}`;
  return {
    text: `${one.call.node} transacts ${inWords(one.steps)} (#${one.call.number}, ${at(one.call.atMs)}) and is told ${JSON.stringify(one.values)} at ${at(one.answer.atMs)}. Which of these transactions comes before it in every serial order?`,
    fact: `It has read what #${before.call.number} appended. It has not seen what the others append to the same keys: they come after it.`,
    about: [one.call, one.answer],
    answer: { choice: show(before), wrong: after.map(show) },
  };
});

const inWords = (steps: readonly Step[]) =>
  steps
    .map((step) => (step.kind === 'get' ? `get ${step.key}` : `append ${step.key} "${step.value}"`))
    .join(', ');

/** From each transaction that writes, to its answer. */
function commits(run: RunRecord): Figure[] {
  return transactionsOf(run).flatMap(({ call, answer, steps }) => {
    const shards = new Set(steps.map(({ key }) => key));
    const isWriter = steps.some(({ kind }) => kind === 'append');
    return isWriter && shards.size > 1
      ? [{ value: answer.atMs - call.atMs, about: [call, answer] }]
      : [];
  });
}

/** Answers that had to wait for something. */
const SLOW_MS = 40;
const isSlowAppend = (event: RunEvent, run: RunRecord) =>
  isAppend(event, run) && event.atMs - (callOf(run, event)?.atMs ?? 0) > SLOW_MS;

export const explain: readonly Explain[] = [
  {
    scenario: 'C1',
    questions: [nobody],
  },
  { scenario: 'C4', questions: [answeredBy, whatHappenedBefore({ pick: isAppend })] },
  {
    scenario: 'C6',
    questions: [
      whatBegan({ pick: isSlowAppend }),
      whatIfLost({
        pick: isSlowAppend,
        messages: ({ facts: { wire } }) => wire !== undefined && isMigration(wire),
      }),
    ],
  },
  { scenario: 'E3', questions: [whichTime] },
  {
    scenario: 'F1',
    questions: [
      predict({
        id: 'latency',
        of: commits,
        holds: growsUpTo(3),
        is: (ms, [call]) => `${call ? named(call) : ''}; it is answered after ${ms} ms.`,
        change: { latencyFactor: 3 },
        asks: 'How many would it be if every message took three times as long?',
        unit: 'ms',
        within: 0.2,
        because:
          'The reads, the record, the promises and the decision come one after the other, and for each of them messages go to a leader and among its replicas: those take three times as long. What the disks take stays as it is.',
      }),
    ],
  },
  { scenario: 'F3', questions: [comesBefore] },
  { scenario: 'G1', questions: [whichShard] },
];
