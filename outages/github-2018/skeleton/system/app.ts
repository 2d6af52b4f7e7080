/** An application: writes to the primary, and asks the controller once a second who that is. */
import { RpcError } from 'faultlab/node';
import type { AppContext } from '../contract.ts';

const ASK_EVERY_MS = 1000;
const TIMEOUT = { timeoutMs: 1000 };

export class App {
  readonly #node: AppContext;
  readonly #controller: string;
  #primary = 'e1';
  #epoch = 1;
  #count = 0;

  constructor(node: AppContext) {
    this.#node = node;
    this.#controller = node.peers.find((peer) => peer.startsWith('k')) as string;
  }

  start(): void {
    setInterval(() => this.#ask(), ASK_EVERY_MS);
  }

  /** Called by the grader: how often it writes. */
  begin(everyMs: number): void {
    setInterval(() => this.#write(), everyMs);
  }

  async #write(): Promise<void> {
    const id = `${this.#node.id}-${++this.#count}`;
    const by = this.#primary;
    const startedMs = performance.now();
    try {
      const { ok, epoch } = await this.#node.call(by, 'write', { id }, TIMEOUT);
      const tookMs = Math.round(performance.now() - startedMs);
      if (ok) this.#node.emit('written', { write: id, by, epoch, tookMs });
      else this.#node.emit('failed', { write: id });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.#node.emit('failed', { write: id });
    }
  }

  async #ask(): Promise<void> {
    try {
      const { primary, epoch } = await this.#node.call(this.#controller, 'primary', {}, TIMEOUT);
      if (epoch <= this.#epoch) return;
      this.#primary = primary;
      this.#epoch = epoch;
    } catch (error) {
      // Without a controller it stays with the primary that it knows.
      if (!(error instanceof RpcError)) throw error;
    }
  }
}
