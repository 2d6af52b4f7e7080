/**
 * Tells why a history is not linearizable: one sentence that names the clients, values and times; what
 * would have made it legal; and the operations that matter, drawn over time.
 */
import { type Core, coreOf } from './core.ts';
import type { Operation } from './history.ts';
import { checkLinearizability } from './linearizability.ts';
import type { Model } from './models.ts';

export interface Explanation<Input = unknown, Output = unknown> {
  /** `stale-read`, `lost-append` …; `no-order` when no pattern fits. */
  readonly pattern: string;
  readonly sentence: string;
  /** What would have made it legal, when one change would. */
  readonly legalIf?: string;
  readonly core: Core<Input, Output>;
  /** At most 25 lines of 78 columns: the core over time, and what each operation was. */
  readonly picture: readonly string[];
}

export interface ExplainOptions {
  /** How times are written. @default as numbers */
  readonly showTime?: (time: number) => string;
}

interface Subject<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  readonly all: readonly Operation<Input, Output>[];
  readonly core: Core<Input, Output>;
  readonly at: (time: number) => string;
}

/** For the operations of one key that `checkLinearizability` has found illegal. */
export function explainIllegal<State, Input, Output>(
  model: Model<State, Input, Output>,
  all: readonly Operation<Input, Output>[],
  { showTime = String }: ExplainOptions = {},
): Explanation<Input, Output> {
  const denied = deniedWrite(model, all);
  if (denied !== undefined) {
    const subject = { model, all, core: denied, at: showTime };
    const [write, read] = [denied.culprit, denied.operations.at(-1) ?? denied.culprit];
    return {
      pattern: 'denied-write',
      sentence: `${name(subject, write)} took effect all the same: ${name(subject, read)} saw it.`,
      core: denied,
      picture: draw(subject),
    };
  }
  const core = coreOf(model, all);
  const subject = { model, all, core, at: showTime };
  const told =
    neverWritten(subject) ??
    fromTheFuture(subject) ??
    appendsWrong(subject) ??
    resurrection(subject) ??
    staleRead(subject) ??
    lostWrite(subject) ??
    splitBrain(subject) ??
    noOrder(subject);
  const legalIf = whatWouldBeLegal(subject);
  return {
    ...told,
    ...(legalIf === undefined ? {} : { legalIf }),
    core,
    picture: draw(subject),
  };
}

interface Told {
  readonly pattern: string;
  readonly sentence: string;
}

const short = (text: string) => (text.length > 44 ? `…${text.slice(-43)}` : text);
const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `c1's get x → 3 at 1.204 s`. */
function name<S, I, O>({ model, at }: Subject<S, I, O>, operation: Operation<I, O>): string {
  const { client, input, output, outcome, returnAt, callAt } = operation;
  const words = model.describe(input, outcome === 'ok' ? output : undefined);
  return `${client}'s ${short(words)} at ${at(Number.isFinite(returnAt) ? returnAt : callAt)}`;
}

const seenBy = <S, I, O>({ model }: Subject<S, I, O>, o: Operation<I, O>) =>
  o.outcome === 'ok' ? model.seen?.(o.input, o.output) : undefined;

const writersOf = <S, I, O>({ model, all }: Subject<S, I, O>, value: string) =>
  all.filter(({ input }) => model.written?.(input) === value);

/**
 * A write that was answered as if it had changed nothing, and a read that saw its value, which no other
 * operation wrote: these two are a proof, whatever else happened. Finds the first such read, if any.
 */
function deniedWrite<S, I, O>(
  model: Model<S, I, O>,
  all: readonly Operation<I, O>[],
): Core<I, O> | undefined {
  if (hasAppends(all)) return undefined;
  const writers = new Map<string, Operation<I, O>[]>();
  for (const o of all) {
    const value = model.written?.(o.input);
    if (value !== undefined) writers.set(value, [...(writers.get(value) ?? []), o]);
  }
  const isDenied = (o: Operation<I, O>) =>
    o.outcome === 'ok' && model.isRead?.(o.input, o.output) === true;
  const pairs = all.flatMap((read) => {
    const value = read.outcome === 'ok' ? model.seen?.(read.input, read.output) : undefined;
    const by = value === undefined ? [] : (writers.get(value) ?? []);
    const [write, ...others] = by;
    const isAlone = write !== undefined && others.length === 0;
    const isProof = isAlone && isDenied(write) && write.callAt < read.returnAt;
    return isProof ? [{ write, read }] : [];
  });
  const isNotInitial = ({ read }: { read: Operation<I, O> }) =>
    checkLinearizability(model, [read]).verdict === 'illegal';
  const first = pairs.sort((a, b) => a.read.returnAt - b.read.returnAt).find(isNotInitial);
  if (first === undefined) return undefined;
  const { write, read } = first;
  const relaxed = all.filter((o) => o !== write && o !== read);
  return { operations: [write, read], culprit: write, relaxed };
}

/** No operation wrote this value, and it is not the initial one. */
function neverWritten<S, I, O>(subject: Subject<S, I, O>): Told | undefined {
  const { model, core, all } = subject;
  const value = seenBy(subject, core.culprit);
  if (value === undefined || hasAppends(all) || writersOf(subject, value).length > 0) {
    return undefined;
  }
  const isLegalAlone = checkLinearizability(model, [core.culprit]).verdict === 'ok';
  const others = all.filter((o) => model.isRead?.(o.input, o.output) !== true);
  const loose = others.map((o) => {
    return { ...o, outcome: 'unknown' as const, callAt: -Infinity, returnAt: Infinity };
  });
  if (isLegalAlone || checkLinearizability(model, [...loose, core.culprit]).verdict !== 'illegal') {
    return undefined;
  }
  const sentence = `${name(subject, core.culprit)} saw a value that was never written.`;
  return { pattern: 'never-written', sentence };
}

/** The value was written only after it had been read. */
function fromTheFuture<S, I, O>(subject: Subject<S, I, O>): Told | undefined {
  const { core, at } = subject;
  const value = seenBy(subject, core.culprit);
  if (value === undefined) return undefined;
  const writers = writersOf(subject, value);
  if (writers.length === 0 || writers.some(({ callAt }) => callAt <= core.culprit.returnAt)) {
    return undefined;
  }
  const first = writers.reduce((a, b) => (a.callAt < b.callAt ? a : b));
  return {
    pattern: 'read-from-the-future',
    sentence: `${name(subject, core.culprit)} saw a value that ${first.client} only began to write at ${at(first.callAt)}.`,
  };
}

/** Newer values had been written and acknowledged before the read began. */
function staleRead<S, I, O>(subject: Subject<S, I, O>): Told | undefined {
  const { model, core, all, at } = subject;
  const { culprit } = core;
  const value = seenBy(subject, culprit);
  if (value === undefined || hasAppends(all)) return undefined;
  const writers = writersOf(subject, value).filter(({ callAt }) => callAt <= culprit.returnAt);
  // Never written: it is the initial value, older than all writes.
  const writtenBy = writers.reduce((latest, { returnAt }) => Math.max(latest, returnAt), -Infinity);
  const newer = all.filter((o) => {
    const isWrite = o.outcome === 'ok' && model.isRead?.(o.input, o.output) !== true;
    return isWrite && o.callAt > writtenBy && o.returnAt < culprit.callAt;
  });
  if (newer.length === 0) return undefined;
  const first = newer.reduce((a, b) => (a.returnAt < b.returnAt ? a : b));
  const overwritten = `${name(subject, first)} had been acknowledged before it began, at ${at(culprit.callAt)}`;
  const more = newer.length > 1 ? ` (${plural(newer.length, 'newer write')} in all)` : '';
  return {
    pattern: 'stale-read',
    sentence: `${name(subject, culprit)} is stale: ${overwritten}${more}.`,
  };
}

/** A value that was certainly gone, as another read shows, is back. */
function resurrection<S, I, O>(subject: Subject<S, I, O>): Told | undefined {
  const { core, all } = subject;
  const { culprit } = core;
  const value = seenBy(subject, culprit);
  if (value === undefined || hasAppends(all)) return undefined;
  const writtenBy = writersOf(subject, value).reduce(
    (latest, { returnAt }) => Math.max(latest, returnAt),
    Number.NEGATIVE_INFINITY,
  );
  const other = all.find((o) => {
    const seen = seenBy(subject, o);
    const isOther = seen !== undefined && seen !== value;
    return isOther && o.callAt > writtenBy && o.returnAt < culprit.callAt;
  });
  if (other === undefined || !Number.isFinite(writtenBy)) return undefined;
  return {
    pattern: 'resurrection',
    sentence: `${name(subject, culprit)} brings back a value that was gone: ${name(subject, other)} had seen another value after every write of ${value} was over.`,
  };
}

/** One acknowledged write and this answer contradict each other. */
function lostWrite<S, I, O>(subject: Subject<S, I, O>): Told | undefined {
  const { core } = subject;
  const [write, ...others] = core.operations.filter((o) => o !== core.culprit);
  if (write === undefined || others.length > 0 || write.returnAt >= core.culprit.callAt) {
    return undefined;
  }
  return {
    pattern: 'lost-write',
    sentence: `${name(subject, core.culprit)} does not show ${name(subject, write)}, which had been acknowledged before it began.`,
  };
}

/** Appends that are there too often, or missing. */
function appendsWrong<S, I, O>(subject: Subject<S, I, O>): Told | undefined {
  const { model, core, all } = subject;
  const { culprit } = core;
  const value = seenBy(subject, culprit);
  if (value === undefined || !hasAppends(all)) return undefined;
  const appends = all.flatMap((o) => {
    const { kind, value: piece } = o.input as { kind?: string; value?: string };
    return kind === 'append' && piece ? [{ o, piece }] : [];
  });
  for (const { piece } of appends) {
    const there = value.split(piece).length - 1;
    const asked = appends.filter((a) => a.piece === piece).length;
    if (there > asked) {
      const times = asked === 1 ? 'once' : `${asked} times`;
      return {
        pattern: 'duplicate-append',
        sentence: `${name(subject, culprit)} has ${JSON.stringify(piece)} ${there === 2 ? 'twice' : `${there} times`}, though it was appended ${times}: was a retry executed again?`,
      };
    }
  }
  const isWiped = (o: Operation<I, O>) =>
    all.some((p) => model.written?.(p.input) !== undefined && p.returnAt >= o.callAt);
  const lost = appends.filter(
    ({ o, piece }) =>
      o.outcome === 'ok' && o.returnAt < culprit.callAt && !value.includes(piece) && !isWiped(o),
  );
  const [first] = lost;
  if (first) {
    const more = lost.length > 1 ? ` (and ${plural(lost.length - 1, 'other append')})` : '';
    return {
      pattern: 'lost-append',
      sentence: `${name(subject, culprit)} lacks ${JSON.stringify(first.piece)}${more}: ${name(subject, first.o)} had been acknowledged before it began.`,
    };
  }
  const ahead = all.find((o) => {
    const seen = seenBy(subject, o);
    const isLonger = seen !== undefined && seen.length > value.length && seen.startsWith(value);
    return isLonger && o.returnAt < culprit.callAt && !isWiped(o);
  });
  if (ahead === undefined) return undefined;
  return {
    pattern: 'stale-read',
    sentence: `${name(subject, culprit)} is stale: ${name(subject, ahead)} had already seen more.`,
  };
}

const hasAppends = (all: readonly Operation[]) =>
  all.some(({ input }) => (input as { kind?: string } | null)?.kind === 'append');

/** Two reads, neither of which continues the other: two histories. */
function splitBrain<S, I, O>(subject: Subject<S, I, O>): Told | undefined {
  const { core, all } = subject;
  const value = seenBy(subject, core.culprit);
  if (value === undefined || !hasAppends(all)) return undefined;
  const other = core.operations.find((o) => {
    const seen = seenBy(subject, o);
    return seen !== undefined && !seen.startsWith(value) && !value.startsWith(seen);
  });
  if (other === undefined) return undefined;
  return {
    pattern: 'split-brain',
    sentence: `${name(subject, core.culprit)} and ${name(subject, other)} saw two histories, neither of which continues the other.`,
  };
}

function noOrder<S, I, O>(subject: Subject<S, I, O>): Told {
  const { core } = subject;
  const others = core.operations.filter((o) => o !== core.culprit);
  const hidden = others.length >= OPERATIONS_SHOWN ? ' (the last of them are drawn)' : '';
  const rest =
    others.length === 0
      ? ', whatever else happened'
      : ` together with ${plural(others.length, 'other operation')}${hidden}`;
  return {
    pattern: 'no-order',
    sentence: `${name(subject, core.culprit)} fits into no order${rest}.`,
  };
}

/** A change to the culprit's times that would allow an order. */
function whatWouldBeLegal<S, I, O>({ model, core, at }: Subject<S, I, O>): string | undefined {
  const { culprit } = core;
  const others = core.operations.filter((o) => o !== culprit);
  const loose = core.relaxed.map((o) => {
    return { ...o, outcome: 'unknown' as const, callAt: -Infinity, returnAt: Infinity };
  });
  const isLegal = (changed: Operation<I, O>) =>
    checkLinearizability(model, [...others, ...loose, changed]).verdict === 'ok';
  if (isLegal({ ...culprit, callAt: Number.NEGATIVE_INFINITY })) {
    const ends = others
      .map((o) => o.returnAt)
      .filter((t) => Number.isFinite(t) && t < culprit.callAt);
    const latest = ends.sort((a, b) => b - a).find((t) => isLegal({ ...culprit, callAt: t }));
    if (latest !== undefined) return `legal if it had begun by ${at(latest)}`;
  }
  if (isLegal({ ...culprit, returnAt: Number.POSITIVE_INFINITY })) {
    const starts = others.map((o) => o.callAt).filter((t) => t > culprit.returnAt);
    const first = starts.sort((a, b) => a - b).find((t) => isLegal({ ...culprit, returnAt: t }));
    if (first !== undefined) return `legal if it had ended at ${at(first)} or later`;
  }
  const timeless = { ...culprit, callAt: -Infinity, returnAt: Infinity };
  return isLegal(timeless) ? 'legal if real time did not matter' : undefined;
}

const PICTURE_WIDTH = 78;
const OPERATIONS_SHOWN = 9;

/** A lane for each client, time from left to right, and a list of what the numbers mean. */
function draw<S, I, O>(subject: Subject<S, I, O>): string[] {
  const { core, at, model } = subject;
  const shown = core.operations.slice(-OPERATIONS_SHOWN);
  const times = [...new Set(shown.flatMap((o) => [o.callAt, o.returnAt]))]
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const clients = [...new Set(shown.map((o) => o.client))];
  const margin = Math.max(...clients.map((c) => c.length)) + 2;
  // Drawn in order but not to scale: every instant gets the same room.
  const step = Math.max(3, Math.min(12, Math.floor((PICTURE_WIDTH - margin - 3) / times.length)));
  const column = (time: number) => margin + step * times.indexOf(time);
  const lanes = clients.map((client) => {
    const lane = client.padEnd(PICTURE_WIDTH + margin).split('');
    for (const [i, o] of shown.entries()) {
      if (o.client !== client) continue;
      const from = column(o.callAt);
      const isOpen = !Number.isFinite(o.returnAt);
      const to = isOpen
        ? Math.min(PICTURE_WIDTH - 2, column(times.at(-1) as number) + 2)
        : column(o.returnAt);
      for (let x = from; x <= to; x++) lane[x] = '─';
      lane[from] = '├';
      lane[to] = isOpen ? '…' : '┤';
      const middle = Math.floor((from + to) / 2);
      lane[middle === from ? from + 1 : middle] = String(i + 1);
    }
    return lane.join('').trimEnd().slice(0, PICTURE_WIDTH);
  });
  const list = shown.map((o, i) => {
    const words = model.describe(o.input, o.outcome === 'ok' ? o.output : undefined);
    const end = Number.isFinite(o.returnAt) ? at(o.returnAt) : 'never answered';
    const mark = o === core.culprit ? '  <' : '';
    return `${i + 1}  ${o.client.padEnd(margin - 2)}  ${short(words)}  ${at(o.callAt)} – ${end}${mark}`;
  });
  return [...lanes.slice(0, 12), '', ...list];
}
