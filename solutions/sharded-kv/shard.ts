/**
 * One shard: the versions of its keys, and what clients were answered about them. It moves as a whole,
 * so that its next owner decides as this one would have.
 *
 * **Its clock is part of its state.** Every write gets a time after all those at which this shard was
 * written or read. So what a read at a time has seen is all that there will ever be up to that time,
 * whoever leads and owns the shard later, and whatever their clocks say.
 */
import type { NodeId } from 'faultlab/node';
import {
  type Attempt,
  HISTORY_MS,
  type Operation,
  type Refusal,
  type RequestArgs,
  type Result,
  TICKS,
  type Timestamp,
} from './contract.ts';
import { keysOf, type Promised, type Record, Transactions } from './transactions.ts';

/** What a client was answered last. It has one request at a time, so it never needs an older answer. */
interface Session {
  readonly seq: number;
  readonly result: Result;
}

type Version = readonly [at: Timestamp, value: string];
type Of<Kind extends Operation['kind']> = Extract<Operation, { readonly kind: Kind }>;
type Single = Of<'get' | 'put' | 'append' | 'cas'>;

interface Saved {
  readonly clock: Timestamp;
  readonly keys: [string, Version[]][];
  readonly sessions: [NodeId, Session][];
  readonly records: Record[];
  readonly promised: Promised[];
}

const LOCKED: Refusal = { ok: false, error: 'locked' };

export class ShardState {
  /** No later write gets a time up to here. */
  #clock: Timestamp;
  /** By key, oldest version first. */
  readonly #keys: Map<string, Version[]>;
  readonly #sessions: Map<NodeId, Session>;
  readonly transactions: Transactions;

  /** Empty, or as `save` gave it. */
  constructor(state?: string) {
    const saved = state === undefined ? undefined : (JSON.parse(state) as Saved);
    this.#clock = saved?.clock ?? 0;
    this.#keys = new Map(saved?.keys);
    this.#sessions = new Map(saved?.sessions);
    this.transactions = new Transactions(saved?.records, saved?.promised);
  }

  save(): string {
    return JSON.stringify(this.#saved());
  }

  #saved(): Saved {
    return {
      clock: this.#clock,
      keys: [...this.#keys],
      sessions: [...this.#sessions],
      records: [...this.transactions.records.values()],
      promised: [...this.transactions.promised.values()],
    };
  }

  /**
   * Takes out, as a shard of its own, the keys from `at` on and what is promised about them. What is
   * about no single key, the time and the answers, both have from here on.
   */
  split(at: string): ShardState {
    const keys = [...this.#keys].filter(([key]) => key >= at);
    for (const [key] of keys) this.#keys.delete(key);
    const promised = this.transactions.split(at);
    return new ShardState(JSON.stringify({ ...this.#saved(), keys, records: [], promised }));
  }

  /** The latest value; not while a transaction may have replaced it already. */
  read(key: string): Result | Refusal {
    return this.transactions.willWrite(key) ? LOCKED : { value: this.get(key) };
  }

  get(key: string): string {
    return this.#keys.get(key)?.at(-1)?.[1] ?? '';
  }

  entries(): [string, string][] {
    return [...this.#keys.keys()]
      .map((key): [string, string] => [key, this.get(key)])
      .filter(([, value]) => value !== '');
  }

  /**
   * A request may come to be applied twice: in this log, or in those of two owners. `now` is what the
   * clock of the leader said when it proposed.
   */
  execute({ client, seq, operation }: RequestArgs, now: Timestamp): Result | Refusal {
    const { transactions } = this;
    switch (operation.kind) {
      case 'read':
        return this.#readAt(operation);
      case 'prepare':
        return this.#prepare(operation, now);
      case 'decide':
        return this.#decide(operation);
      case 'inquire':
        return transactions.outcome(operation.attempt);
    }
    const last = this.#sessions.get(client);
    if (last !== undefined && seq <= last.seq) return last.result;
    if (operation.kind === 'begin') {
      const { attempt, parts } = operation;
      const record = { attempt, parts, client, seq };
      if (!transactions.records.has(attempt.id)) transactions.records.set(attempt.id, record);
      return {};
    }
    const isRead = operation.kind === 'get';
    const isBusy = isRead ? 'willWrite' : 'isLocked';
    if (transactions[isBusy](operation.key)) return LOCKED;
    const result = this.#perform(operation, now);
    this.#sessions.set(client, { seq, result });
    return result;
  }

  /** The decision about a transaction that is anchored here, and what its client is answered for good. */
  conclude(attempt: Attempt, decision: Timestamp | null): void {
    const record = this.transactions.conclude(attempt, decision);
    if (record === undefined) return;
    const { client, seq } = record;
    this.#sessions.set(client, { seq, result: this.transactions.outcome(attempt) });
  }

  #perform(operation: Single, now: Timestamp): Result {
    const { key } = operation;
    switch (operation.kind) {
      case 'get':
        return { value: this.get(key) };
      case 'put':
        return this.#write(key, operation.value, now);
      case 'append':
        return this.#write(key, this.get(key) + operation.value, now);
      case 'cas':
        if (this.get(key) !== operation.from) return { done: false };
        return { ...this.#write(key, operation.to, now), done: true };
    }
  }

  #write(key: string, value: string, now: Timestamp): Result {
    const at = Math.max(now, this.#clock + 1);
    this.#add(key, value, at);
    return { at };
  }

  #add(key: string, value: string, at: Timestamp): void {
    this.#clock = Math.max(this.#clock, at);
    const versions = this.#keys.get(key) ?? [];
    versions.push([at, value]);
    // The last version from before the horizon is what was true at the horizon: that one stays.
    const kept = versions.findLastIndex(([before]) => before <= at - HISTORY_MS * TICKS);
    if (kept > 0) versions.splice(0, kept);
    this.#keys.set(key, versions);
  }

  /** A promise holds whatever happens: the keys are as they were read, and stay so until the decision. */
  #prepare({ attempt, part }: Of<'prepare'>, now: Timestamp): Result {
    const known = this.transactions.promised.get(attempt.id);
    if (known !== undefined) {
      // Of two leaders that ask, one may not know of a split: what more it asks for is not promised.
      const has = new Set(keysOf(known.part));
      return keysOf(part).every((key) => has.has(key)) ? { at: known.at } : { done: false };
    }
    const isAsRead = part.reads.every(([key, version]) => version === this.#versionOf(key));
    if (!isAsRead || !this.transactions.isFree(part)) return { done: false };
    this.#clock = Math.max(now, this.#clock + 1);
    this.transactions.promised.set(attempt.id, { attempt, part, at: this.#clock });
    return { at: this.#clock };
  }

  #decide({ attempt, at }: Of<'decide'>): Result {
    const promised = this.transactions.promised.get(attempt.id);
    this.transactions.promised.delete(attempt.id);
    if (promised !== undefined && at !== null)
      for (const [key, value] of promised.part.writes) this.#add(key, value, at);
    return {};
  }

  /** The time of the latest version; 0 before the first. */
  #versionOf(key: string): Timestamp {
    return this.#keys.get(key)?.at(-1)?.[0] ?? 0;
  }

  #readAt({ keys, at, until = at }: Of<'read'>): Result | Refusal {
    if (at < this.#clock - HISTORY_MS * TICKS) return { ok: false, error: 'too-old' };
    // An undecided transaction may yet write at this time, or before it.
    if (keys.some((key) => this.transactions.willWrite(key, until))) return LOCKED;
    // From here on nothing is written at this time any more.
    this.#clock = Math.max(this.#clock, at);
    const versions = keys.flatMap((key) => this.#keys.get(key) ?? []);
    const unsure = versions.map(([time]) => time).filter((time) => time > at && time <= until);
    if (unsure.length > 0) return { uncertain: Math.max(...unsure) };
    const found = keys.map(
      (key): Version => this.#keys.get(key)?.findLast(([time]) => time <= at) ?? [0, ''],
    );
    return { values: found.map(([, value]) => value), versions: found.map(([time]) => time) };
  }
}
