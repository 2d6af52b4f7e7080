/**
 * The view service, given: it decides who is primary. It is one node that never crashes, which is
 * cheating, but makes the rest of the lab possible: to replace it with something that may crash is
 * the next lab.
 *
 * A view ends when its primary has been silent for a while. The service then takes a new epoch, has
 * more than half of the replicas promise to take nothing from an earlier one, and promotes one of
 * those: your `choose` decides which.
 */
import choose from './choose.ts';
import type { Epoch, Mode, ReplicaContext, Report, View } from './contract.ts';

/** A primary that has not been heard from for this long is replaced. */
const SILENT_MS = 400;
const LOOK_EVERY_MS = 50;
const FENCE_TIMEOUT_MS = 200;

export default class ViewService {
  readonly #node: ReplicaContext;
  #view: View;
  /** The highest epoch ever tried. */
  #highest: Epoch = 1;
  #heardMs = 0;
  #isChanging = false;

  constructor(node: ReplicaContext) {
    this.#node = node;
    const replicas = node.peers.filter((peer) => peer.startsWith('n'));
    this.#view = { epoch: 1, primary: replicas[0] ?? '', replicas, mode: 'quorum' };
    node.serve('view', ({ epoch }, from) => {
      if (from === this.#view.primary && epoch === this.#view.epoch) this.#heardMs = now();
      return this.#view;
    });
    setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  /** Called by the grader before anything else happens. */
  configure(mode: Mode): void {
    this.#view = { ...this.#view, mode };
    this.#node.emit('view', this.#view);
  }

  async #look(): Promise<void> {
    const isWell = now() - this.#heardMs < SILENT_MS && this.#highest === this.#view.epoch;
    if (isWell || this.#isChanging) return;
    this.#isChanging = true;
    const epoch = ++this.#highest;
    const { replicas } = this.#view;
    const answers = await Promise.all(replicas.map((replica) => this.#fence(replica, epoch)));
    const reports = answers.filter((answer) => answer !== undefined);
    if (reports.length > replicas.length / 2) {
      this.#view = { ...this.#view, epoch, primary: choose(reports) };
      this.#node.emit('view', this.#view);
      this.#heardMs = now();
    }
    this.#isChanging = false;
  }

  async #fence(replica: string, epoch: Epoch): Promise<Report | undefined> {
    try {
      const timeoutMs = FENCE_TIMEOUT_MS;
      const { ok, last } = await this.#node.call(replica, 'fence', { epoch }, { timeoutMs });
      return ok ? { replica, last } : undefined;
    } catch {
      return undefined;
    }
  }
}

const now = () => performance.now();
