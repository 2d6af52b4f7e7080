/** The client: finds the group that owns a key, its leader, and asks until it is done. */
import { type NodeId, sleep } from 'faultlab/node';
import { attempt, type Leaders } from './caller.ts';
import {
  type Change,
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
  shardOf,
} from './contract.ts';

/** Between two rounds in which nobody led, or before asking again where a shard is. */
const PAUSE_MS = 50;

export default class Client implements Kv, Operator {
  readonly #node: ShardContext;
  readonly #controllers: readonly NodeId[];
  readonly #leaders: Leaders = new Map();
  #config = NO_CONFIG;
  #seq = 0;

  constructor(node: ShardContext, controllers: readonly NodeId[]) {
    this.#node = node;
    this.#controllers = controllers;
  }

  async get(key: string): Promise<string> {
    return (await this.#request({ kind: 'get', key })).value ?? '';
  }

  async put(key: string, value: string): Promise<void> {
    await this.#request({ kind: 'put', key, value });
  }

  async append(key: string, value: string): Promise<void> {
    await this.#request({ kind: 'append', key, value });
  }

  async cas(key: string, from: string, to: string): Promise<boolean> {
    return (await this.#request({ kind: 'cas', key, from, to })).done ?? false;
  }

  join(groups: Config['groups']): Promise<Config> {
    return this.#control({ kind: 'join', groups });
  }

  leave(groups: readonly GroupId[]): Promise<Config> {
    return this.#control({ kind: 'leave', groups });
  }

  move(shard: Shard, group: GroupId): Promise<Config> {
    return this.#control({ kind: 'move', shard, group });
  }

  query(num: number): Promise<Config> {
    return this.#control({ kind: 'query', num });
  }

  /** All attempts carry one number, by which controllers and shards know that they are one. */
  #numbered<Asked>(operation: Asked) {
    return { client: this.#node.id, seq: ++this.#seq, operation };
  }

  async #control(operation: Change | Query): Promise<Config> {
    const args = this.#numbered(operation);
    const controllers = this.#controllers;
    for (let count = 1; ; count++) {
      const reply = await attempt(this.#node, this.#leaders, controllers, 'control', args);
      if (reply?.ok) return reply.config;
      if (count % controllers.length === 0) await sleep(PAUSE_MS);
    }
  }

  async #request(operation: Operation): Promise<Result> {
    const args = this.#numbered(operation);
    for (let count = 1; ; count++) {
      const owner = this.#config.shards[shardOf(operation.key)];
      const nodes = (owner && this.#config.groups[owner]) || [];
      if (nodes.length > 0) {
        const reply = await attempt(this.#node, this.#leaders, nodes, 'request', args);
        if (reply?.ok) return reply.result;
        const isLost = reply === null || reply.error === 'not-leader';
        if (isLost && count % nodes.length !== 0) continue;
      }
      if (count > 1) await sleep(PAUSE_MS);
      await this.#refresh();
    }
  }

  /** If the controllers can be reached: if not, what is known is better than nothing. */
  async #refresh(): Promise<void> {
    for (let count = 1; count <= this.#controllers.length; count++) {
      const operation = { kind: 'query', num: -1 } as const;
      const args = { client: this.#node.id, seq: 0, operation };
      const reply = await attempt(this.#node, this.#leaders, this.#controllers, 'control', args);
      if (!reply?.ok) continue;
      if (reply.config.num >= this.#config.num) this.#config = reply.config;
      return;
    }
    await sleep(PAUSE_MS);
  }
}
