/**
 * The programs of part E, which write and read by time: what they were told is kept, and judged. A
 * write that was answered has a time, so it is known what each read at a time must have seen.
 */
import type { Cluster, NodeId } from 'faultlab';
import { HISTORY_MS, type Snapshot, TICKS, type Timestamp } from './contract.ts';
import { s } from './view.ts';
import { ANSWER_WITHIN_MS } from './workload.ts';

interface Write {
  readonly client: NodeId;
  readonly key: string;
  readonly value: string;
  readonly callAt: number;
  /** Infinity, and no time, while it is open or when it was refused: it may have taken effect. */
  returnAt: number;
  at?: Timestamp;
}

interface Read {
  readonly client: NodeId;
  readonly keys: readonly string[];
  readonly callAt: number;
  /** `fresh`: the client had asked for everything so far; else for this time. */
  readonly fresh: boolean;
  returnAt: number;
  at: Timestamp;
  values: readonly string[];
}

/** `12345 ms + 3`: since the wall clocks of the simulation began. */
const EPOCH_MS = 1_704_067_200_000;
export const t = (at: Timestamp): string => {
  const ticks = at % TICKS;
  return `${((at - ticks) / TICKS - EPOCH_MS).toFixed(0)} ms${ticks === 0 ? '' : ` + ${ticks}`}`;
};

const nameOf = (value: string) => (value === '' ? 'nothing' : `"${value}"`);

/** Why nobody may be refused now, and what to ask if somebody is. */
const WHO_WRITES = {
  rule: 'While clocks are within MAX_OFFSET_MS of each other, no write is refused because of them (contract, TimedKv)',
  lookAt: 'which two clocks are compared here, and how late may the message be?',
};

const WHO_READS = {
  rule: 'While clocks are within MAX_OFFSET_MS of each other, no read at a time less than HISTORY_MS old is refused (contract, TimedKv)',
  lookAt:
    'is it refused because of a clock, or because of the age of the time that it asks for, and what is that compared with?',
};

export class TimedWorkload {
  readonly #cluster: Cluster;
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  readonly #open = new Set<NodeId>();
  #values = 0;
  /** How often a client was refused; only where clocks are out of bounds. */
  refused = 0;
  /** Whether a clock is out of bounds at this moment, or was. */
  mayRefuse = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  isBusy(client: NodeId): boolean {
    return this.#open.has(client);
  }

  write(client: NodeId, key: string, then?: () => void): Write {
    const value = `${++this.#values}.`;
    const callAt = this.#cluster.nowMs;
    const write: Write = { client, key, value, callAt, returnAt: Number.POSITIVE_INFINITY };
    this.writes.push(write);
    this.#ask(client, 'putAt', [key, value], then, (at) => {
      this.#expectTime(client, `putAt ${key}`, at);
      write.at = at as Timestamp;
      write.returnAt = this.#cluster.nowMs;
    });
    return write;
  }

  snapshot(client: NodeId, keys: readonly string[], then?: () => void): void {
    const callAt = this.#cluster.nowMs;
    this.#ask(client, 'snapshot', [keys], then, (value) => {
      const { at, values } = (value ?? {}) as Partial<Snapshot>;
      this.#expectTime(client, 'snapshot', at);
      this.#expectValues(client, keys, values);
      const returnAt = this.#cluster.nowMs;
      this.reads.push({ client, keys, callAt, fresh: true, returnAt, at, values });
    });
  }

  snapshotAt(client: NodeId, at: Timestamp, keys: readonly string[], then?: () => void): void {
    const callAt = this.#cluster.nowMs;
    this.#ask(client, 'snapshotAt', [at, keys], then, (values) => {
      this.#expectValues(client, keys, values);
      const returnAt = this.#cluster.nowMs;
      this.reads.push({ client, keys, callAt, fresh: false, returnAt, at, values });
    });
  }

  #ask(
    client: NodeId,
    method: string,
    args: readonly unknown[],
    then: (() => void) | undefined,
    done: (value: unknown) => void,
  ): void {
    this.#open.add(client);
    this.#cluster.request(client, method, args, (outcome) => {
      this.#open.delete(client);
      if (outcome.ok) done(outcome.value);
      else this.#refuse(client, method, args, `${outcome.error}${outcome.where}`);
      if (then) this.#cluster.after(0, then);
    });
  }

  #refuse(client: NodeId, method: string, args: readonly unknown[], error: string): void {
    this.refused++;
    const [asked] = args;
    const what = method === 'snapshotAt' ? `${method} ${t(asked as Timestamp)}` : method;
    this.#cluster.expect(this.mayRefuse, {
      kind: 'contract',
      ruleId: 'refused',
      evidence: `${client}: ${what} was rejected at ${s(this.#cluster.nowMs)} with ${error}`,
      ...(method === 'putAt' ? WHO_WRITES : WHO_READS),
    });
  }

  #expectTime(client: NodeId, what: string, at: unknown): asserts at is Timestamp {
    this.#cluster.expect(Number.isSafeInteger(at), {
      kind: 'contract',
      ruleId: 'no-time',
      rule: 'A write and a snapshot give their time (contract, TimedKv)',
      evidence: `${client}: ${what} gave ${JSON.stringify(at)}, which is not a time`,
      lookAt: 'who decides the time of a write, and how does the client learn it?',
    });
  }

  #expectValues(
    client: NodeId,
    keys: readonly string[],
    values: unknown,
  ): asserts values is readonly string[] {
    const isRight = Array.isArray(values) && values.length === keys.length;
    this.#cluster.expect(isRight && values.every((value) => typeof value === 'string'), {
      kind: 'contract',
      ruleId: 'no-values',
      rule: 'A snapshot gives a string for each key (contract, Snapshot)',
      evidence: `${client}: for ${keys.join(', ')} it gave ${JSON.stringify(values)}`,
    });
  }

  /** One after the other: lets a call end before anything else happens. */
  wait(client: NodeId, withinMs = ANSWER_WITHIN_MS): void {
    const isDone = this.#cluster.runUntil(() => !this.isBusy(client), withinMs);
    this.#cluster.expect(isDone, {
      kind: 'liveness',
      ruleId: 'no-answer',
      rule: 'Every operation ends while majorities of the controllers and of the groups that it needs can be reached (contract, Kv)',
      evidence: `${client} has had no answer for ${withinMs} ms`,
      lookAt: 'why does the client ask again and again, and what brings that to an end?',
    });
    this.#cluster.run(1);
  }

  settle(): void {
    for (const client of [...this.#open]) this.wait(client);
  }

  write1(client: NodeId, key: string): Timestamp {
    const write = this.write(client, key);
    this.wait(client);
    return write.at ?? 0;
  }

  /** Clients write and read keys at random; some of the reads are at a time that somebody was told. */
  mingle(ms: number, keys: readonly string[], clients = this.#cluster.clients): void {
    this.begin(ms, keys, clients);
    this.#cluster.run(ms);
  }

  /** The same, but lets no time pass. */
  begin(ms: number, keys: readonly string[], clients: readonly NodeId[]): void {
    const { draw } = this.#cluster;
    const endMs = this.#cluster.nowMs + ms;
    for (const client of clients) {
      const next = () => {
        if (this.#cluster.nowMs >= endMs || this.isBusy(client)) return;
        const again = () => this.#cluster.after(draw.int(1, 40), next);
        const some = draw.shuffle(keys).slice(0, draw.int(2, keys.length));
        const known = this.writes.filter(({ at }) => at !== undefined).at(-draw.int(1, 12));
        if (draw.chance(0.5)) this.write(client, draw.pick(keys), again);
        else if (draw.chance(0.6) || known?.at === undefined) this.snapshot(client, some, again);
        else this.snapshotAt(client, known.at, some, again);
      };
      this.#cluster.after(draw.int(0, 20), next);
    }
  }

  /** Repeats the last reads, at the times that they were told: the answers must be the same. */
  readAgain(client: NodeId, count = 8): void {
    for (const { at, keys } of this.reads.slice(-count)) {
      if (at < this.#newest() - (HISTORY_MS / 2) * TICKS) continue;
      this.snapshotAt(client, at, keys);
      this.wait(client);
    }
  }

  #newest(): Timestamp {
    return Math.max(0, ...this.writes.map(({ at }) => at ?? 0));
  }

  /** All claims about times. */
  expectConsistent(): void {
    for (const read of this.reads) for (const key of read.keys) this.#expectRight(read, key);
    this.#expectSameAgain();
    this.#expectSessions();
    this.#expectVersions();
  }

  /** A read at a time shows the last version of each key up to it. */
  #expectRight(read: Read, key: string): void {
    const value = read.values[read.keys.indexOf(key)] as string;
    const ofKey = this.writes.filter((write) => write.key === key);
    const shown = ofKey.find((write) => write.value === value);
    const where = `${read.client} read ${read.keys.join(', ')} at ${t(read.at)} (asked ${s(read.callAt)}, told ${s(read.returnAt)}), ${key} was ${nameOf(value)}`;
    const fail = (ruleId: string, rule: string, evidence: string, lookAt: string) =>
      this.#cluster.fail({
        kind: 'safety',
        ruleId,
        rule,
        evidence: `${where}; ${evidence}`,
        lookAt,
      });
    if (value !== '' && shown === undefined)
      fail(
        'unknown-value',
        'A read shows what somebody has written (contract, TimedKv)',
        'nobody has written that',
        'where does this value come from?',
      );
    const shownAt = shown === undefined ? 0 : shown.at;
    if (shownAt !== undefined && shownAt > read.at)
      fail(
        'from-the-future',
        'A snapshot at a time shows nothing that came later (handout, Part E)',
        `but that was written at ${t(shownAt)}`,
        'which version does a read at a time take, and can one still be added before it?',
      );
    const missed = ofKey.find(
      ({ at }) => at !== undefined && shownAt !== undefined && at > shownAt && at <= read.at,
    );
    if (missed?.at !== undefined)
      fail(
        'snapshot-inconsistent',
        'A snapshot at a time shows everything up to then, in all shards (handout, Part E)',
        `but ${missed.client} had written "${missed.value}" at ${t(missed.at)} (asked ${s(missed.callAt)}, told ${s(missed.returnAt)})`,
        'after a read at a time, may a write still get a time before it: from another leader, or another owner?',
      );
    if (!read.fresh) return;
    const unseen = ofKey.find(
      ({ at, returnAt }) => at !== undefined && returnAt < read.callAt && at > read.at,
    );
    if (unseen?.at !== undefined)
      fail(
        'snapshot-stale',
        'A snapshot shows every write that was acknowledged before it was asked for (contract, TimedKv)',
        `"${unseen.value}" had been acknowledged to ${unseen.client} at ${s(unseen.returnAt)}, with the time ${t(unseen.at)}`,
        'how far may the clock of the writer be ahead of that of the reader?',
      );
  }

  #expectSameAgain(): void {
    const seen = new Map<string, Read>();
    for (const read of this.reads)
      for (const [i, key] of read.keys.entries()) {
        const name = `${key} ${read.at}`;
        const before = seen.get(name);
        if (before === undefined) seen.set(name, read);
        const value = before?.values[before.keys.indexOf(key)];
        if (before === undefined || value === read.values[i]) continue;
        this.#cluster.fail({
          kind: 'safety',
          ruleId: 'not-repeatable',
          rule: 'What was read at a time stays as it was: nothing is added to a time that somebody has read (handout, Part E)',
          evidence: `${key} at ${t(read.at)} was ${nameOf(value as string)} when ${before.client} was told at ${s(before.returnAt)}, and ${nameOf(read.values[i] as string)} when ${read.client} was told at ${s(read.returnAt)}`,
          lookAt:
            'who knows that somebody has read at this time, once another node leads or another group owns the shard?',
        });
      }
  }

  /** What a client writes comes after all that it has seen. */
  #expectSessions(): void {
    const events = [...this.writes, ...this.reads].sort((a, b) => a.callAt - b.callAt);
    const last = new Map<NodeId, { at: Timestamp; returnAt: number }>();
    for (const event of events) {
      const { client, at, returnAt, callAt } = event;
      if (at === undefined) continue;
      const before = last.get(client);
      if ('value' in event && before !== undefined && at <= before.at) {
        this.#cluster.fail({
          kind: 'safety',
          ruleId: 'time-backwards',
          rule: 'What a client writes has a time after all that it has seen (contract, TimedKv)',
          evidence: `${client} wrote ${event.key} "${event.value}" at ${t(at)} (asked ${s(callAt)}); it had been told of ${t(before.at)} at ${s(before.returnAt)}`,
          lookAt: 'how does a server learn which times its client has seen?',
        });
      }
      if (before === undefined || at > before.at) last.set(client, { at, returnAt });
    }
  }

  /** Versions of a key are in the order in which they were written. */
  #expectVersions(): void {
    for (const earlier of this.writes)
      for (const later of this.writes) {
        if (earlier === later || earlier.key !== later.key) continue;
        if (earlier.at === undefined || later.at === undefined) continue;
        if (earlier.at !== later.at && !(earlier.returnAt < later.callAt && earlier.at > later.at))
          continue;
        this.#cluster.fail({
          kind: 'safety',
          ruleId: 'versions-backwards',
          rule: 'The versions of a key have increasing times (handout, Part E)',
          evidence: `${earlier.key}: "${earlier.value}" was acknowledged at ${s(earlier.returnAt)} with the time ${t(earlier.at)}; "${later.value}", asked at ${s(later.callAt)}, got ${t(later.at)}`,
          lookAt: 'what must be known about a shard to give the next version a time?',
        });
      }
  }
}

/** The timed programs of a run; made on first use. */
export function timed(cluster: Cluster): TimedWorkload {
  return cluster.state('timed', () => new TimedWorkload(cluster));
}
