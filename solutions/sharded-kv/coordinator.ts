/**
 * What the leader of a group does about transactions. All of it follows from the records and promises
 * in its shards, so that whoever leads, and owns the shard, sees through what another has begun;
 * every step may be done twice.
 */
import type Client from './client.ts';
import { type Attempt, type Shard, TICKS, type Timestamp } from './contract.ts';
import type { Jobs } from './jobs.ts';
import type { ShardState } from './shard.ts';
import type { Promised, Record } from './transactions.ts';

/** When a promise is this old, its leader asks what has become of the transaction. */
const PATIENCE_MS = 500;

export type TransactionCommand =
  /** A transaction that is anchored here is committed at this time; null: aborted. */
  | { readonly kind: 'conclude'; readonly attempt: Attempt; readonly at: Timestamp | null }
  /** All its parts know. */
  | { readonly kind: 'end'; readonly attempt: Attempt };

type Shards = ReadonlyMap<Shard, ShardState>;

export class Coordinator {
  readonly #jobs: Jobs;
  /** How a replica asks the owners of other shards, and of its own. */
  readonly #client: Client;
  /** Into the log of the group. */
  readonly #submit: (command: TransactionCommand) => Promise<unknown>;

  constructor(
    jobs: Jobs,
    client: Client,
    submit: (command: TransactionCommand) => Promise<unknown>,
  ) {
    this.#jobs = jobs;
    this.#client = client;
    this.#submit = submit;
  }

  /** Begins all that there is to do for these shards and is not under way. */
  tick(shards: Shards): void {
    for (const { transactions } of shards.values()) {
      for (const record of transactions.records.values())
        if (record.decision === undefined) this.see(shards, record.attempt);
        else this.#jobs.begin(`tell ${record.attempt.id}`, () => this.#tell(record));
      for (const promised of transactions.promised.values())
        if (Date.now() * TICKS - promised.at > PATIENCE_MS * TICKS)
          this.#jobs.begin(`inquire ${promised.attempt.id}`, () => this.#inquire(promised));
    }
  }

  /** Resolves when an attempt that is anchored in one of these shards is decided, or is not to be found there. */
  see(shards: Shards, attempt: Attempt): Promise<void> {
    const record = shards.get(attempt.anchor)?.transactions.records.get(attempt.id);
    return this.#jobs.begin(`decide ${attempt.id}`, () => this.#seeThrough(record));
  }

  /** All parts promise, or none is held to it. */
  async #seeThrough(record: Record | undefined): Promise<void> {
    if (record === undefined || record.decision !== undefined) return;
    const { attempt, parts } = record;
    const asked = parts.map((part) => this.#client.prepare(attempt, part));
    const times = (await Promise.all(asked)).flat();
    const isPromised = times.every((at) => at !== undefined);
    const at = isPromised ? Math.max(...(times as Timestamp[])) : null;
    await this.#submit({ kind: 'conclude', attempt, at });
  }

  /** The record goes when all parts know: from then on nobody has to ask. */
  async #tell({ attempt, parts, decision }: Record): Promise<void> {
    if (decision === undefined) return;
    await Promise.all(parts.map((part) => this.#client.decide(attempt, part, decision)));
    await this.#submit({ kind: 'end', attempt });
  }

  /** An old promise: its anchor knows what has become of it, or will. */
  async #inquire({ attempt, part }: Promised): Promise<void> {
    const { done, at = 0 } = await this.#client.inquire(attempt);
    if (done !== undefined) await this.#client.decide(attempt, part, done ? at : null);
  }
}
