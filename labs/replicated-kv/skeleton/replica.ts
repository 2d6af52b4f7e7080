/** A replica of the store, yours to build: parts B, C and D. */
import type {
  AppendArgs,
  AppendReply,
  FenceArgs,
  FenceReply,
  GetArgs,
  GetReply,
  InstallArgs,
  PutArgs,
  PutReply,
  ReadArgs,
  ReadReply,
  ReplicaContext,
  ReplicaLike,
  ReplicaState,
} from './contract.ts';
import { VIEW_SERVICE } from './contract.ts';

/** How often the view service is asked; it counts on at least two questions in 400 ms. */
const ASK_EVERY_MS = 50;

export default class Replica implements ReplicaLike {
  readonly #node: ReplicaContext;

  constructor(node: ReplicaContext) {
    this.#node = node;
    node.serve('append', (args) => this.#onAppend(args));
    node.serve('install', (args) => this.#onInstall(args));
    node.serve('fence', (args) => this.#onFence(args));
    node.serve('put', (args) => this.#onPut(args));
    node.serve('get', (args) => this.#onGet(args));
    node.serve('read', (args) => this.#onRead(args));
  }

  /** @see ReplicaLike.start */
  async start(): Promise<void> {
    // TODO(B): what an earlier life has left (wal.ts), before anything is answered.
    setInterval(() => void this.#askForView(), ASK_EVERY_MS);
  }

  /** @see ReplicaLike.contents */
  async contents(): Promise<Readonly<Record<string, string>>> {
    // TODO(B): the values after the whole log.
    return {};
  }

  /** @see ReplicaLike.inspect */
  inspect(): ReplicaState {
    return { role: 'follower', epoch: 0, lastIndex: 0, commit: 0 };
  }

  /** A worked example of a call: the view service hears that this replica is alive. */
  async #askForView(): Promise<void> {
    try {
      const view = await this.#node.call(VIEW_SERVICE, 'view', { epoch: 0 }, { timeoutMs: 100 });
      // TODO(B): the primary begins to send its log; the others wait for it.
      // TODO(C): a primary that has restarted is no longer primary.
      void view;
    } catch {
      this.#node.log('the view service does not answer'); // shown by: lab replay
    }
  }

  /** @see PutReply */
  async #onPut(args: PutArgs): Promise<PutReply> {
    // TODO(B): acknowledged when enough copies are durable. The mode of the view says what is enough.
    void args;
    return { ok: false, error: 'not-primary' };
  }

  /** @see GetReply */
  async #onGet(args: GetArgs): Promise<GetReply> {
    // TODO(B): nothing that could still be lost.
    // TODO(C): is this replica primary at this moment? How does it know?
    void args;
    return { ok: false, error: 'not-primary' };
  }

  /** @see AppendReply */
  async #onAppend({ epoch }: AppendArgs): Promise<AppendReply> {
    // TODO(B): in order, without a gap; and durable before the reply.
    // TODO(C): not from a primary of the past.
    return { ok: false, epoch, agreed: { index: 0, epoch: 0 } };
  }

  /** @see AppendReply */
  async #onInstall({ epoch }: InstallArgs): Promise<AppendReply> {
    // TODO(B): for a follower that needs entries that the primary no longer has.
    return { ok: false, epoch, agreed: { index: 0, epoch: 0 } };
  }

  /** @see FenceReply */
  async #onFence(args: FenceArgs): Promise<FenceReply> {
    // TODO(C): a promise that survives a crash.
    void args;
    return { ok: false, last: { index: 0, epoch: 0 } };
  }

  /** @see ReadReply */
  async #onRead(args: ReadArgs): Promise<ReadReply> {
    // TODO(D): committed values only, and not older than the version asked for.
    void args;
    return { ok: false, error: 'behind' };
  }
}
