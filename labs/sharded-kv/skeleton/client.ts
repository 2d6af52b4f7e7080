/**
 * The client, yours to build: what programs and operators use instead of RPCs. It finds out who owns
 * a key and who leads there, and asks until it is answered.
 */
import type { NodeId } from 'faultlab/node';
import {
  type Change,
  type Committed,
  type Config,
  type GroupId,
  type Kv,
  NO_CONFIG,
  type Operation,
  type Operator,
  type Query,
  type Result,
  type Shard,
  type ShardContext,
  type Snapshot,
  type Step,
  type TimedKv,
  type Timestamp,
  type TransactionalKv,
} from './contract.ts';

export default class Client implements Kv, Operator, TimedKv, TransactionalKv {
  readonly #node: ShardContext;
  readonly #controllers: readonly NodeId[];

  constructor(node: ShardContext, controllers: readonly NodeId[]) {
    this.#node = node;
    this.#controllers = controllers;
  }

  /** @see Kv.get */
  async get(key: string): Promise<string> {
    return (await this.#request({ kind: 'get', key })).value ?? '';
  }

  /** @see Kv.put */
  async put(key: string, value: string): Promise<void> {
    await this.#request({ kind: 'put', key, value });
  }

  /** @see Kv.append */
  async append(key: string, value: string): Promise<void> {
    await this.#request({ kind: 'append', key, value });
  }

  /** @see Kv.cas */
  async cas(key: string, from: string, to: string): Promise<boolean> {
    return (await this.#request({ kind: 'cas', key, from, to })).done ?? false;
  }

  /** @see TimedKv.putAt */
  async putAt(key: string, value: string): Promise<Timestamp> {
    // TODO(E): the time that the write got; and what is this client to tell the server about time?
    void [key, value];
    return 0;
  }

  /** @see TimedKv.snapshot */
  async snapshot(keys: readonly string[]): Promise<Snapshot> {
    // TODO(E): which time? And what if a shard has a version that could have come before?
    return { at: 0, values: keys.map(() => '') };
  }

  /** @see TimedKv.snapshotAt */
  async snapshotAt(at: Timestamp, keys: readonly string[]): Promise<readonly string[]> {
    // TODO(E): every shard, at this very time.
    void at;
    return keys.map(() => '');
  }

  /** @see TransactionalKv.transact */
  async transact(steps: readonly Step[]): Promise<Committed> {
    // TODO(F): read, work out what to write, and let the shards agree on it.
    return { at: 0, values: steps.map(() => null) };
  }

  /** @see Operator.join */
  join(groups: Config['groups']): Promise<Config> {
    return this.#control({ kind: 'join', groups });
  }

  /** @see Operator.leave */
  leave(groups: readonly GroupId[]): Promise<Config> {
    return this.#control({ kind: 'leave', groups });
  }

  /** @see Operator.move */
  move(shard: Shard, group: GroupId): Promise<Config> {
    return this.#control({ kind: 'move', shard, group });
  }

  /** @see Operator.split */
  split(shard: Shard, at: string): Promise<Config> {
    return this.#control({ kind: 'split', shard, at });
  }

  /** @see Operator.query */
  query(num: number): Promise<Config> {
    return this.#control({ kind: 'query', num });
  }

  async #control(operation: Change | Query): Promise<Config> {
    // A worked example of one attempt. A timeout says nothing: the change may have been made.
    const [controller = ''] = this.#controllers;
    const args = { client: this.#node.id, seq: 1, operation };
    try {
      const reply = await this.#node.call(controller, 'control', args, { timeoutMs: 300 });
      if (reply.ok) return reply.config;
    } catch {
      this.#node.log(`no reply from ${controller}`); // shown by: lab replay
    }
    // TODO(A): who leads? Keep asking, without a flood, until there is an answer; and let it be known
    // that this is the same change again.
    return NO_CONFIG;
  }

  async #request(operation: Operation): Promise<Result> {
    // TODO(B): which group owns `shardOf(operation.key)`, and who leads it?
    // TODO(G): half of the keys of an operation on many may be in another shard by now.
    void operation;
    return {};
  }
}
