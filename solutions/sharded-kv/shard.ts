/**
 * One shard: the versions of its keys, and what clients were answered about them. It moves as a whole,
 * so that its next owner decides as this one would have.
 *
 * **Its clock is part of its state.** No write gets a time that is not after every time at which this
 * shard was written or read. So what a read at a time has seen is all that there ever will be of that
 * time, whoever leads and owns the shard later, and whatever their clocks say.
 */
import type { NodeId } from 'faultlab/node';
import {
  HISTORY_MS,
  type Operation,
  type Refusal,
  type RequestArgs,
  type Result,
  TICKS,
  type Timestamp,
} from './contract.ts';

/** What a client was answered last. It has one request at a time, so older ones never come back. */
interface Session {
  readonly seq: number;
  readonly result: Result;
}

type Version = readonly [at: Timestamp, value: string];
type Read = Extract<Operation, { readonly kind: 'read' }>;
type Write = Exclude<Operation, Read>;

interface Saved {
  readonly clock: Timestamp;
  readonly keys: [string, Version[]][];
  readonly sessions: [NodeId, Session][];
}

export class ShardState {
  /** No later write gets a time up to here. */
  #clock: Timestamp;
  /** By key, oldest version first. */
  readonly #keys: Map<string, Version[]>;
  readonly #sessions: Map<NodeId, Session>;

  /** Empty, or as `save` gave it. */
  constructor(state?: string) {
    const saved = state === undefined ? undefined : (JSON.parse(state) as Saved);
    this.#clock = saved?.clock ?? 0;
    this.#keys = new Map(saved?.keys);
    this.#sessions = new Map(saved?.sessions);
  }

  save(): string {
    const saved: Saved = {
      clock: this.#clock,
      keys: [...this.#keys],
      sessions: [...this.#sessions],
    };
    return JSON.stringify(saved);
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
   * A request may come to be applied twice: in this log, or in that of two owners. `now` is what the
   * clock of the leader said when it proposed.
   */
  execute({ client, seq, operation }: RequestArgs, now: Timestamp): Result | Refusal {
    if (operation.kind === 'read') return this.#readAt(operation);
    const last = this.#sessions.get(client);
    if (last !== undefined && seq <= last.seq) return last.result;
    const result = this.#perform(operation, now);
    this.#sessions.set(client, { seq, result });
    return result;
  }

  #perform(operation: Write, now: Timestamp): Result {
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
    this.#clock = at;
    const versions = this.#keys.get(key) ?? [];
    versions.push([at, value]);
    // The last one from before the horizon is what was true at it: that one stays.
    const kept = versions.findLastIndex(([before]) => before <= at - HISTORY_MS * TICKS);
    if (kept > 0) versions.splice(0, kept);
    this.#keys.set(key, versions);
    return { at };
  }

  #readAt({ keys, at, until = at }: Read): Result | Refusal {
    if (at < this.#clock - HISTORY_MS * TICKS) return { ok: false, error: 'too-old' };
    // From here on nothing is written at this time any more.
    this.#clock = Math.max(this.#clock, at);
    const versions = keys.flatMap((key) => this.#keys.get(key) ?? []);
    const unsure = versions.map(([time]) => time).filter((time) => time > at && time <= until);
    if (unsure.length > 0) return { uncertain: Math.max(...unsure) };
    const valueAt = (key: string) => this.#keys.get(key)?.findLast(([time]) => time <= at)?.[1];
    return { values: keys.map((key) => valueAt(key) ?? '') };
  }
}
