/** The shard controller: a replicated list of all configurations, to which changes add. */
import { next } from './assignment.ts';
import {
  type Change,
  type Config,
  type ControlArgs,
  NO_CONFIG,
  type Query,
  type Refusal,
  type Replicated,
  type ShardContext,
  type ShardController,
} from './contract.ts';

interface ChangeArgs extends ControlArgs {
  readonly operation: Change;
}

/** Which configuration a client was given last. */
interface Session {
  readonly seq: number;
  readonly num: number;
}

type Reply = { readonly ok: true; readonly config: Config } | Refusal;

const NOT_LEADER: Refusal = { ok: false, error: 'not-leader' };

export default class Controller implements ShardController {
  readonly #log: Replicated;
  #configs: Config[] = [NO_CONFIG];
  #sessions = new Map<string, Session>();

  constructor(node: ShardContext, log: Replicated) {
    this.#log = log;
    node.serve('control', (args) => this.#onControl(args));
  }

  latest(): Config {
    return this.#configs.at(-1) as Config;
  }

  async #onControl({ operation, ...numbered }: ControlArgs): Promise<Reply> {
    if (operation.kind === 'query') return this.#query(operation);
    const config = (await this.#log.submit({ operation, ...numbered })) as Config | null;
    return config === null ? NOT_LEADER : { ok: true, config };
  }

  /** One that exists never changes, so any controller may give it. Which is the latest, it must ask. */
  async #query({ num }: Query): Promise<Reply> {
    const known = this.#configs[num];
    if (known !== undefined) return { ok: true, config: known };
    if (!(await this.#log.sync())) return NOT_LEADER;
    return { ok: true, config: this.#configs[num] ?? this.latest() };
  }

  apply(command: unknown): Config {
    const { client, seq, operation } = command as ChangeArgs;
    const last = this.#sessions.get(client);
    if (last !== undefined && seq <= last.seq) return this.#configs[last.num] as Config;
    const config = next(this.latest(), operation);
    if (config !== undefined) this.#configs.push(config);
    this.#sessions.set(client, { seq, num: this.latest().num });
    return this.latest();
  }

  save(): string {
    return JSON.stringify({ configs: this.#configs, sessions: [...this.#sessions] });
  }

  restore(state: string): void {
    const { configs, sessions } = JSON.parse(state) as {
      configs: Config[];
      sessions: [string, Session][];
    };
    this.#configs = configs;
    this.#sessions = new Map(sessions);
  }
}
