/**
 * How a storage server gets its membership confirmed. Servers that were cut off together must not ask
 * together: a question that is not answered in time is asked again after random pauses that grow, until
 * the questions of all fit into what the metadata service can do.
 */
import { sleep } from 'faultlab/node';
import type { Reason, Server } from './contract.ts';

const WAIT_MS = 1000;
const PAUSE_MIN_MS = 1000;
const PAUSE_MAX_MS = 20_000;

export class Renewal {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  async confirm(_reason: Reason): Promise<void> {
    for (let limitMs = PAUSE_MIN_MS; ; limitMs = Math.min(2 * limitMs, PAUSE_MAX_MS)) {
      try {
        await this.#server.ask(WAIT_MS);
        return;
      } catch {
        this.#server.leave();
        await sleep(Math.random() * limitMs);
      }
    }
  }
}
