/**
 * When a task begins to start: when the datastore says so. A task that is refused asks again after a
 * random pause, and asking is cheap.
 */
import { RpcError, sleep } from 'faultlab/node';
import type { Attempt, Region } from './contract.ts';

const ASK_EVERY_MS = 4000;

export class Start {
  readonly #region: Region;

  constructor(region: Region) {
    this.#region = region;
  }

  async before(_attempt: Attempt): Promise<void> {
    for (;;) {
      await sleep(Math.random() * ASK_EVERY_MS);
      try {
        if (await this.#region.mayStart()) return;
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
      }
    }
  }
}
