/** Runs scenarios on real servers, a few clusters at a time. */
import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Isolation } from '../isolation.ts';
import type { PostgresLab } from '../lab.ts';
import type { Loaded } from '../realm/load.ts';
import type { SeedResult } from '../report/report.ts';
import type { Runner } from '../runner.ts';
import { findBackend } from './backend.ts';
import { runOnServers, undecided } from './run.ts';

export interface ServersRunnerOptions {
  readonly lab: PostgresLab;
  readonly loaded: Loaded;
  /** Clusters at a time. @default what the lab says for each core, at most 4 */
  readonly jobs?: number | undefined;
  readonly isolation?: Isolation | undefined;
  /** Folder for the records of runs that did not pass. */
  readonly recordsIn?: string | undefined;
}

const CLUSTERS_MAX = 4;

export class ServersRunner implements Runner {
  readonly #options: ServersRunnerOptions;
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(options: ServersRunnerOptions) {
    this.#options = options;
    setMaxListeners(0, this.#closed.signal);
    const { jobs, lab } = options;
    const fitting = availableParallelism() * (lab.clustersPerCore ?? 1);
    this.#free = Math.max(1, jobs ?? Math.min(fitting, CLUSTERS_MAX));
  }

  runSeeds(
    scenario: string,
    seeds: readonly number[],
    { onSeed }: { onSeed: (result: SeedResult) => void },
  ): Promise<SeedResult[]> {
    return Promise.all(
      seeds.map(async (seed) => {
        const run = this.#inTurn(() => this.#run(scenario, seed));
        this.#running.add(run);
        const result = await run.finally(() => this.#running.delete(run));
        onSeed(result);
        return result;
      }),
    );
  }

  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free--;
    try {
      return await act();
    } finally {
      this.#free++;
      this.#waiting.shift()?.();
    }
  }

  async #run(id: string, seed: number): Promise<SeedResult> {
    const { lab, loaded, recordsIn, isolation } = this.#options;
    if (this.#closed.signal.aborted) return undecided(seed, 'the grading was ended');
    const scenario = lab.parts.flatMap((p) => p.scenarios).find((s) => s.id === id);
    if (scenario === undefined) throw new Error(`${lab.slug} has no scenario ${id}`);
    try {
      return await runOnServers({
        backend: await findBackend(),
        loaded,
        scenario,
        seed,
        signal: this.#closed.signal,
        ...(isolation ? { isolation } : {}),
        ...(recordsIn ? { keepIn: join(recordsIn, `${lab.slug}-${id}-${seed}`) } : {}),
      });
    } catch (error) {
      return undecided(seed, (error as Error).message);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled(this.#running);
  }
}
