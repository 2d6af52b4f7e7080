/** What runs the seeds of a lab: simulations in worker processes (pool.ts), or real servers. */
import type { Sheet } from './explain/sheet.ts';
import type { SeedResult, Shrunk } from './report/report.ts';

export interface Runner {
  runSeeds(
    scenario: string,
    seeds: readonly number[],
    options: { checkTwice: boolean; onSeed: (result: SeedResult) => void },
  ): Promise<readonly SeedResult[]>;
  /** Shrinks a failing run; absent where a run cannot be had twice. */
  shrink?(scenario: string, seed: number, budget?: number): Promise<Shrunk | undefined>;
  /** Questions about runs of the submission, and its write-up checked; undefined when none could be made. */
  explain?(writeUp?: string): Promise<Sheet | undefined>;
  /** Ends everything at once, even what is under way. */
  close(): void | Promise<void>;
}
