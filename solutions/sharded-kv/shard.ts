/**
 * One shard: its keys, and what clients were answered about them. It moves as a whole, so that its
 * next owner decides as this one would have.
 */
import type { NodeId } from 'faultlab/node';
import type { Operation, RequestArgs, Result } from './contract.ts';

/** What a client was answered last. It has one request at a time, so older ones never come back. */
interface Session {
  readonly seq: number;
  readonly result: Result;
}

export class ShardState {
  readonly #data: Map<string, string>;
  readonly #sessions: Map<NodeId, Session>;

  /** Empty, or as `save` gave it. */
  constructor(state = '[[],[]]') {
    const [data, sessions] = JSON.parse(state) as [[string, string][], [NodeId, Session][]];
    this.#data = new Map(data);
    this.#sessions = new Map(sessions);
  }

  save(): string {
    return JSON.stringify([[...this.#data], [...this.#sessions]]);
  }

  get(key: string): string {
    return this.#data.get(key) ?? '';
  }

  entries(): [string, string][] {
    return [...this.#data].filter(([, value]) => value !== '');
  }

  /** A request may come to be applied twice: in this log, or in that of two owners. */
  execute({ client, seq, operation }: RequestArgs): Result {
    const last = this.#sessions.get(client);
    if (last !== undefined && seq <= last.seq) return last.result;
    const result = this.#perform(operation);
    this.#sessions.set(client, { seq, result });
    return result;
  }

  #perform(operation: Operation): Result {
    const { key } = operation;
    switch (operation.kind) {
      case 'get':
        return { value: this.get(key) };
      case 'put':
        this.#data.set(key, operation.value);
        return {};
      case 'append':
        this.#data.set(key, this.get(key) + operation.value);
        return {};
      case 'cas':
        if (this.get(key) !== operation.from) return { done: false };
        this.#data.set(key, operation.to);
        return { done: true };
    }
  }
}
