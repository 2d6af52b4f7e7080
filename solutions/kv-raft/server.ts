/**
 * A key-value server on a replicated log. Requests become entries; an entry is executed when Raft
 * applies it, on every server, and answered where somebody waits for it.
 */
import {
  type Entry,
  type KvContext,
  type LogIndex,
  type Operation,
  type Raft,
  type Reply,
  type RequestArgs,
  type Result,
  SNAPSHOT_EVERY,
  type StateMachine,
} from './contract.ts';

/** What a client was answered last. It has one request at a time, so it never needs an older answer. */
interface Session {
  readonly seq: number;
  readonly result: Result;
}

interface Waiting {
  readonly term: number;
  readonly answer: (reply: Reply) => void;
}

const NOT_LEADER: Reply = { ok: false, error: 'not-leader' };

export default class Server implements StateMachine {
  readonly #raft: Raft;
  #data = new Map<string, string>();
  #sessions = new Map<string, Session>();
  #applied: LogIndex = 0;
  #snapshotAt: LogIndex = 0;
  readonly #waiting = new Map<LogIndex, Waiting>();
  #readers: { readonly index: LogIndex; readonly read: () => void }[] = [];

  constructor(node: KvContext, raft: Raft) {
    this.#raft = raft;
    node.serve('request', (args) => this.#onRequest(args));
  }

  #onRequest(args: RequestArgs): Promise<Reply> {
    if (args.operation.kind === 'get') return this.#read(args.operation.key);
    const { isLeader, term, index } = this.#raft.propose(JSON.stringify(args));
    if (!isLeader) return Promise.resolve(NOT_LEADER);
    return new Promise((answer) => {
      // An entry of an earlier term at this place is gone: Raft has put this one there.
      this.#waiting.get(index)?.answer(NOT_LEADER);
      this.#waiting.set(index, { term, answer });
    });
  }

  /** What was committed before the question must be applied before the answer (thesis §6.4). */
  async #read(key: string): Promise<Reply> {
    const index = await this.#raft.readIndex();
    if (index === null) return NOT_LEADER;
    if (this.#applied < index) {
      await new Promise<void>((read) => {
        this.#readers.push({ index, read });
      });
    }
    return { ok: true, result: { value: this.#data.get(key) ?? '' } };
  }

  apply({ index, term, command }: Entry): void {
    const result = command === null ? {} : this.#executeOnce(JSON.parse(command) as RequestArgs);
    this.#reach(index);
    const waiting = this.#waiting.get(index);
    this.#waiting.delete(index);
    // Another term: somebody else's entry has taken the place of the one that is waited for.
    waiting?.answer(waiting.term === term ? { ok: true, result } : NOT_LEADER);
    if (index - this.#snapshotAt >= SNAPSHOT_EVERY) {
      const data = JSON.stringify({ data: [...this.#data], sessions: [...this.#sessions] });
      this.#snapshotAt = index;
      this.#raft.snapshot(index, data);
    }
  }

  /** A request may stand in the log twice: what counts is decided here, the same on all servers. */
  #executeOnce({ client, seq, operation }: RequestArgs): Result {
    const last = this.#sessions.get(client);
    // A smaller number is a late copy of a request that was answered long ago: nobody waits for it.
    if (last !== undefined && seq <= last.seq) return last.result;
    const result = this.#execute(operation);
    this.#sessions.set(client, { seq, result });
    return result;
  }

  #execute(operation: Operation): Result {
    const { key } = operation;
    const value = this.#data.get(key) ?? '';
    switch (operation.kind) {
      case 'get':
        return { value };
      case 'put':
        this.#data.set(key, operation.value);
        return {};
      case 'append':
        this.#data.set(key, value + operation.value);
        return {};
      case 'cas':
        if (value !== operation.from) return { done: false };
        this.#data.set(key, operation.to);
        return { done: true };
    }
  }

  restore({ index, data }: { readonly index: LogIndex; readonly data: string }): void {
    const snapshot = JSON.parse(data) as {
      data: [string, string][];
      sessions: [string, Session][];
    };
    this.#data = new Map(snapshot.data);
    this.#sessions = new Map(snapshot.sessions);
    this.#snapshotAt = index;
    this.#reach(index);
    // The snapshot does not tell what became of these entries: the clients ask again.
    for (const [at, { answer }] of this.#waiting) {
      if (at > index) continue;
      this.#waiting.delete(at);
      answer(NOT_LEADER);
    }
  }

  #reach(index: LogIndex): void {
    this.#applied = index;
    const ready = this.#readers.filter((reader) => reader.index <= index);
    if (ready.length === 0) return;
    this.#readers = this.#readers.filter((reader) => reader.index > index);
    for (const { read } of ready) read();
  }

  dump(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#data].filter(([, value]) => value !== ''));
  }
}
