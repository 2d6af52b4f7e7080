/**
 * What a replica does while it is primary of one epoch: it sends its log to each follower, counts the
 * copies, and knows whether it still is primary. One object per epoch; once closed, it does nothing.
 */
import { type NodeId, sleep } from 'faultlab/node';
import type { AppendReply, LogIndex, Place, ReplicaContext, Snapshot, View } from './contract.ts';
import type { Log } from './log.ts';

const HEARTBEAT_MS = 50;
const TIMEOUT_MS = 150;
/** How many entries travel at once. */
const BATCH = 100;
/** A read gives up when it is not confirmed for so long. */
const CONFIRM_MS = 400;

export interface Duties {
  commit(index: LogIndex): void;
  applied(): LogIndex;
  deposed(epoch: number): void;
  snapshot(): Snapshot;
}

interface Follower {
  readonly id: NodeId;
  next: LogIndex;
  /** Its log is the same as ours up to here, durably. */
  match: LogIndex;
  /** Committed there, in mode `async`, but not in our log. */
  refuted: Place | undefined;
  /** The last round in which it took us for the primary. */
  round: number;
  wake: () => void;
}

export class Office {
  readonly #node: ReplicaContext;
  readonly #view: View;
  readonly #log: Log;
  readonly #duties: Duties;
  readonly #followers: readonly Follower[];
  /** The first entry of this epoch. */
  readonly #first: LogIndex;
  #written: LogIndex = 0;
  #round = 0;
  #isOpen = true;
  #waiting: { readonly until: () => boolean; readonly done: (isWell: boolean) => void }[] = [];

  constructor(node: ReplicaContext, view: View, log: Log, duties: Duties) {
    this.#node = node;
    this.#view = view;
    this.#log = log;
    this.#duties = duties;
    this.#first = log.last.index;
    this.#followers = view.replicas
      .filter((id) => id !== node.id)
      .map((id) => ({
        id,
        next: this.#first,
        match: 0,
        refuted: undefined,
        round: 0,
        wake: () => {},
      }));
    for (const follower of this.#followers) void this.#feed(follower);
  }

  /** Everything up to here is durable on our own disk. */
  wrote(index: LogIndex): void {
    this.#written = Math.max(this.#written, index);
    this.#count();
  }

  /** There is something to send. */
  send(): void {
    for (const { wake } of this.#followers) wake();
  }

  /** Resolves to false if the epoch ends first. */
  committed(index: LogIndex): Promise<boolean> {
    return this.#when(() => this.#duties.applied() >= index);
  }

  /** True if no other primary can have acknowledged anything before this call. */
  async confirmed(): Promise<boolean> {
    const round = ++this.#round;
    const isAsync = this.#view.mode === 'async';
    this.send();
    const majority = () =>
      1 + this.#followers.filter((follower) => follower.round >= round).length >
      this.#view.replicas.length / 2;
    const isKnown = () => this.#duties.applied() >= this.#first && (isAsync || majority());
    return Promise.race([this.#when(isKnown), sleep(CONFIRM_MS).then(() => false)]);
  }

  close(): void {
    this.#isOpen = false;
    for (const { done } of this.#waiting) done(false);
    this.send();
  }

  #when(until: () => boolean): Promise<boolean> {
    if (!this.#isOpen || until()) return Promise.resolve(this.#isOpen);
    return new Promise((done) => {
      this.#waiting.push({ until, done });
    });
  }

  #count(): void {
    if (!this.#isOpen) return;
    const { mode, replicas } = this.#view;
    const others = this.#followers.map(({ match }) => match).sort((a, b) => b - a);
    const needed = { async: 0, quorum: Math.floor(replicas.length / 2), sync: others.length }[mode];
    const copied = Math.min(this.#written, others[needed - 1] ?? this.#written);
    if (copied >= this.#first && copied > this.#duties.applied()) {
      this.#duties.commit(copied);
      this.send(); // the followers should know
    }
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ until }) => !until());
    for (const one of waiting) if (!this.#waiting.includes(one)) one.done(true);
  }

  async #feed(follower: Follower): Promise<void> {
    let [toldCommit, heardRound] = [-1, -1];
    while (this.#isOpen) {
      const commit = this.#duties.applied();
      const isBehind = follower.next <= this.#log.last.index || toldCommit < commit;
      if (!isBehind && heardRound >= this.#round) await this.#pause(follower);
      if (!this.#isOpen) return;
      const round = this.#round;
      const sentCommit = this.#duties.applied();
      try {
        const reply = await this.#sendTo(follower);
        if (reply.epoch > this.#view.epoch) return this.#duties.deposed(reply.epoch);
        [follower.round, heardRound] = [round, round];
        if (reply.ok) toldCommit = sentCommit;
        this.#count();
      } catch {
        await this.#pause(follower);
      }
    }
  }

  async #sendTo(follower: Follower): Promise<AppendReply> {
    const options = { timeoutMs: TIMEOUT_MS };
    const { epoch } = this.#view;
    if (follower.next <= this.#log.base.index) {
      const snapshot = this.#duties.snapshot();
      const args = { epoch, snapshot, refuted: follower.refuted };
      const reply = await this.#node.call(follower.id, 'install', args, options);
      if (reply.ok) this.#agree(follower, snapshot.index);
      return reply;
    }
    const prev = this.#log.place(follower.next - 1);
    const entries = this.#log.from(follower.next, BATCH);
    const commit = this.#duties.applied();
    const args = { epoch, prev, entries, commit };
    const reply = await this.#node.call(follower.id, 'append', args, options);
    if (reply.ok) this.#agree(follower, prev.index + entries.length);
    else if (this.#log.has(reply.agreed)) follower.next = reply.agreed.index + 1;
    else {
      follower.next = 0;
      follower.refuted = reply.agreed.index < this.#log.base.index ? undefined : reply.agreed;
    }
    return reply;
  }

  #agree(follower: Follower, index: LogIndex): void {
    follower.match = Math.max(follower.match, index);
    follower.next = index + 1;
  }

  /** Until the next heartbeat is due, or there is something to send. */
  #pause(follower: Follower): Promise<void> {
    return new Promise((resolve) => {
      follower.wake = resolve;
      setTimeout(resolve, HEARTBEAT_MS);
    });
  }
}
