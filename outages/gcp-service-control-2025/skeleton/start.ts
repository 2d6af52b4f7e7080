/**
 * When a task begins to start: as it was on 12 June 2025. Yours to repair in part F; part R always runs
 * on this version.
 */
import { sleep } from 'faultlab/node';
import type { Attempt, Region } from './contract.ts';

const PAUSE_MS = 1000;

export class Start {
  readonly region: Region;

  constructor(region: Region) {
    this.region = region;
  }

  /** Called after a crash, or a start that was too slow. The task begins to read when this resolves. */
  async before(_attempt: Attempt): Promise<void> {
    await sleep(PAUSE_MS);
  }
}
