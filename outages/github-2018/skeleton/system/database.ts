/**
 * A database. The primary takes writes and answers at once; replicas fetch its log ten times a second, so
 * they lag behind by a moment and the time on the way. A database with writes that its source lacks can no
 * longer follow it: it would have to forget them.
 */
import { RpcError } from 'faultlab/node';
import type { DatabaseContext, Entry, EpochHistory, Status } from '../contract.ts';

const FETCH_EVERY_MS = 100;
const FETCH_TIMEOUT = { timeoutMs: 500 };
const ENTRIES_MAX = 500;

export class Database {
  readonly #node: DatabaseContext;
  readonly #log: Entry[] = [];
  #source: string;
  #epoch = 1;
  #isDiverged = false;
  #isFetching = false;
  #heardAtMs = 0;
  #mayWriteUntilMs = Number.POSITIVE_INFINITY;

  constructor(node: DatabaseContext) {
    this.#node = node;
    this.#source = 'e1';
    node.serve('write', ({ id }) => this.#write(id));
    node.serve('entries', ({ after, last }) => this.#entries(after, last));
    node.serve('history', () => this.#history());
    node.serve('status', ({ leaseMs }) => this.#status(leaseMs));
    node.serve('promote', ({ epoch }) => this.#promote(epoch));
    node.serve('follow', ({ source, epoch }) => this.#follow(source, epoch));
    node.serve('setAside', async () => {
      const writes = (await this.#extra()).map(({ id }) => id);
      if (writes.length > 0) node.emit('set-aside', { writes });
      return writes.length;
    });
    node.serve('rejoin', async () => {
      const extra = await this.#extra();
      this.#log.length -= extra.length;
      this.#isDiverged = false;
      if (extra.length > 0) node.emit('discarded', { writes: extra.map(({ id }) => id) });
      return extra.length;
    });
  }

  start(): void {
    setInterval(() => this.#fetch(), FETCH_EVERY_MS);
  }

  /** Called by the grader: everything that it has. */
  writes(): readonly string[] {
    return this.#log.map(({ id }) => id);
  }

  get #isPrimary(): boolean {
    return this.#source === this.#node.id;
  }

  #write(id: string) {
    const ok = this.#isPrimary && performance.now() < this.#mayWriteUntilMs;
    if (ok) this.#log.push({ id, epoch: this.#epoch });
    return { ok, epoch: this.#epoch };
  }

  #status(leaseMs: number | null): Status {
    this.#mayWriteUntilMs = performance.now() + (leaseMs ?? Number.POSITIVE_INFINITY);
    return {
      isPrimary: this.#isPrimary,
      epoch: this.#epoch,
      position: this.#log.length,
      sourceSilentMs: this.#isPrimary ? 0 : performance.now() - this.#heardAtMs,
      isDiverged: this.#isDiverged,
    };
  }

  #promote(epoch: number): boolean {
    if (epoch <= this.#epoch) return false;
    this.#epoch = epoch;
    this.#source = this.#node.id;
    this.#isDiverged = false;
    this.#node.emit('promoted', { epoch });
    return true;
  }

  #follow(source: string, epoch: number): boolean {
    if (epoch < this.#epoch) return false;
    this.#epoch = epoch;
    this.#source = source;
    this.#isDiverged = false;
    this.#heardAtMs = performance.now();
    return true;
  }

  async #fetch(): Promise<void> {
    if (this.#isPrimary || this.#isDiverged || this.#isFetching) return;
    this.#isFetching = true;
    const source = this.#source;
    const args = { after: this.#log.length, last: this.#log.at(-1) ?? null };
    try {
      const answer = await this.#node.call(source, 'entries', args, FETCH_TIMEOUT);
      if (source === this.#source && args.after === this.#log.length) this.#take(answer);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
    this.#isFetching = false;
  }

  #take(answer: { entries: readonly Entry[] } | { diverged: true }): void {
    this.#heardAtMs = performance.now();
    if ('entries' in answer) this.#log.push(...answer.entries);
    else {
      this.#isDiverged = true;
      this.#node.emit('diverged', { from: this.#source });
    }
  }

  #entries(after: number, last: Entry | null) {
    const before = this.#log[after - 1];
    const isSame = last === null || (before?.id === last.id && before.epoch === last.epoch);
    if (!isSame) return { diverged: true as const };
    return { entries: this.#log.slice(after, after + ENTRIES_MAX) };
  }

  #history(): EpochHistory {
    const epochs = this.#log
      .map(({ epoch }, from) => ({ epoch, from }))
      .filter(({ epoch, from }) => from === 0 || this.#log[from - 1]?.epoch !== epoch);
    return { epochs, end: this.#log.length };
  }

  /** The writes after the position at which the two logs part. */
  async #extra(): Promise<readonly Entry[]> {
    const theirs = await this.#node.call(this.#source, 'history', {}, FETCH_TIMEOUT);
    // The first epoch that is theirs and not ours began where they had nothing more of ours.
    const ours = new Set(this.#history().epochs.map(({ epoch }) => epoch));
    const forks = theirs.epochs.filter(({ epoch }) => !ours.has(epoch)).map(({ from }) => from);
    return this.#log.slice(Math.min(...forks, theirs.end));
  }
}
