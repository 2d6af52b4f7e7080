/**
 * A replica of a group that owns some of the shards, yours to build. Its log decides what is in its
 * shards, and from which entry on they are its own.
 */
import type {
  Refusal,
  Replicated,
  RequestArgs,
  Result,
  ShardContext,
  ShardServer,
  Surroundings,
} from './contract.ts';

/** How often a leader looks for something to do. */
const TICK_MS = 50;

export default class Server implements ShardServer {
  readonly #node: ShardContext;
  readonly #log: Replicated;
  readonly #surroundings: Surroundings;
  // TODO(B): the configuration, and the shards: their keys, and what clients were answered.
  // TODO(C): what has to leave, and what has to come. All of this is changed by `apply` only.

  constructor(node: ShardContext, log: Replicated, surroundings: Surroundings) {
    this.#node = node;
    this.#log = log;
    this.#surroundings = surroundings;
    node.serve('request', (args) => this.#onRequest(args));
    // TODO(C): serve fetchShard.
    // TODO(D): serve deleteShard.
    setInterval(() => this.#tick(), TICK_MS);
  }

  async #onRequest(
    args: RequestArgs,
  ): Promise<{ readonly ok: true; readonly result: Result } | Refusal> {
    // TODO(B): only the owner answers, and the log says who that is.
    // TODO(E): is the client's clock near enough to this one? What time does a write get?
    void args;
    return { ok: false, error: 'wrong-group' };
  }

  /** What the leader of a group has to do on its own. */
  #tick(): void {
    if (!this.#log.isLeader) return;
    const { group, controllers } = this.#surroundings;
    this.#node.log(`leads ${group}; the controllers are ${controllers.join(', ')}`);
    // TODO(B): is there a next configuration? All replicas must come to it at the same entry.
    // TODO(C): is there a shard to fetch? TODO(D): one that its old owner should delete?
    // TODO(F): is there a transaction whose record says that it is not over?
    // TODO(G): nothing; a split is done where the configuration comes into force. With what in each half?
  }

  /** @see StateMachine.apply */
  apply(command: unknown): unknown {
    // TODO(B): what kinds of commands are there? No clocks, no chance, no calls in here.
    void command;
    return null;
  }

  /** @see StateMachine.save */
  save(): string {
    // TODO(B): all of the state.
    return '';
  }

  /** @see StateMachine.restore */
  restore(state: string): void {
    void state;
  }

  /** @see ShardServer.status */
  status(): ReturnType<ShardServer['status']> {
    return { num: 0, serving: [] };
  }

  /** @see ShardServer.dump */
  dump(): Readonly<Record<string, string>> {
    return {};
  }
}
