/**
 * A state machine on Raft: puts commands into the log, executes what is committed, takes snapshots,
 * and tells the result to whoever waits for it. Given: it is what the lab on KV and Raft was about.
 */
import { type Replicated, SNAPSHOT_EVERY, type StateMachine } from './contract.ts';

export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly command: string | null;
}

/** Of the Raft lab. */
interface Raft {
  propose(command: string): {
    readonly isLeader: boolean;
    readonly term: number;
    readonly index: number;
  };
  snapshot(index: number, data: string): void;
  readIndex(): Promise<number | null>;
  inspect(): { readonly role: string };
}

interface Waiting {
  readonly term: number;
  readonly done: (result: unknown) => void;
}

export class Replica implements Replicated {
  readonly #raft: Raft;
  readonly #machine: () => StateMachine;
  #applied = 0;
  #snapshotAt = 0;
  readonly #waiting = new Map<number, Waiting>();
  #readers: { readonly index: number; readonly done: () => void }[] = [];

  constructor(raft: Raft, machine: () => StateMachine) {
    this.#raft = raft;
    this.#machine = machine;
  }

  get applied(): number {
    return this.#applied;
  }

  get isLeader(): boolean {
    return this.#raft.inspect().role === 'leader';
  }

  submit(command: unknown): Promise<unknown> {
    const { isLeader, term, index } = this.#raft.propose(JSON.stringify(command));
    if (!isLeader) return Promise.resolve(null);
    return new Promise((done) => {
      // An entry of an earlier term at this place is gone: Raft has put this one there.
      this.#waiting.get(index)?.done(null);
      this.#waiting.set(index, { term, done });
    });
  }

  async sync(): Promise<boolean> {
    const index = await this.#raft.readIndex();
    if (index === null) return false;
    if (this.#applied < index) {
      await new Promise<void>((done) => {
        this.#readers.push({ index, done });
      });
    }
    return true;
  }

  apply({ index, term, command }: Entry): void {
    const result = command === null ? null : this.#machine().apply(JSON.parse(command));
    this.#reach(index);
    const waiting = this.#waiting.get(index);
    this.#waiting.delete(index);
    // Another term: somebody else's entry has taken the place of the one that is waited for.
    waiting?.done(waiting.term === term ? result : null);
    if (index - this.#snapshotAt < SNAPSHOT_EVERY) return;
    this.#snapshotAt = index;
    this.#raft.snapshot(index, this.#machine().save());
  }

  restore({ index, data }: { readonly index: number; readonly data: string }): void {
    this.#machine().restore(data);
    this.#snapshotAt = index;
    this.#reach(index);
    for (const [at, { done }] of this.#waiting) {
      if (at > index) continue;
      this.#waiting.delete(at);
      done(null); // The snapshot does not tell what became of it.
    }
  }

  #reach(index: number): void {
    this.#applied = index;
    const ready = this.#readers.filter((reader) => reader.index <= index);
    if (ready.length === 0) return;
    this.#readers = this.#readers.filter((reader) => reader.index > index);
    for (const { done } of ready) done();
  }
}
