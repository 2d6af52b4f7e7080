/**
 * How a storage server gets its membership confirmed: as it was on 20 September 2015. Yours to repair
 * in part F; part R always runs on this version.
 */
import { sleep } from 'faultlab/node';
import type { Reason, Server } from './contract.ts';

const WAIT_MS = 1000;
const PAUSE_MS = 100;

export class Renewal {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Called once a period, and when the network is back. Until the promise resolves, no other
   * confirmation of this server begins.
   */
  async confirm(_reason: Reason): Promise<void> {
    for (;;) {
      try {
        await this.#server.ask(WAIT_MS);
        return;
      } catch {
        // Without a confirmed membership a server must not serve: its partitions may have moved.
        this.#server.leave();
        await sleep(PAUSE_MS);
      }
    }
  }
}
