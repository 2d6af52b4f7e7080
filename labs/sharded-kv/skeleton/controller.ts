/** The shard controller, yours to build: a replicated list of all configurations (part A). */
import { next } from './assignment.ts';
import {
  type Config,
  type ControlArgs,
  NO_CONFIG,
  type Refusal,
  type Replicated,
  type ShardContext,
  type ShardController,
} from './contract.ts';

export default class Controller implements ShardController {
  readonly #node: ShardContext;
  readonly #log: Replicated;
  // TODO(A): all configurations; and what each client was answered last.

  constructor(node: ShardContext, log: Replicated) {
    this.#node = node;
    this.#log = log;
    // A handler is called once for each request that arrives; what its promise resolves to is the reply.
    node.serve('control', (args) => this.#onControl(args));
  }

  async #onControl(
    args: ControlArgs,
  ): Promise<{ readonly ok: true; readonly config: Config } | Refusal> {
    // A worked example: a command goes into the log, and what `apply` returns for it comes back.
    const applied = await this.#log.submit(args);
    this.#node.log(`${args.operation.kind}: ${JSON.stringify(applied)}`); // shown by: lab replay
    // TODO(A): the answer to a change; and to a query, which needs no entry of its own.
    return { ok: false, error: 'not-leader' };
  }

  /** @see StateMachine.apply */
  apply(command: unknown): unknown {
    // TODO(A): the same on every controller; and a change that was made already is not made again.
    void [command, next];
    return null;
  }

  /** @see ShardController.latest */
  latest(): Config {
    return NO_CONFIG;
  }

  /** @see StateMachine.save */
  save(): string {
    // TODO(A): all that is needed to decide as the others do.
    return '';
  }

  /** @see StateMachine.restore */
  restore(state: string): void {
    void state;
  }
}
