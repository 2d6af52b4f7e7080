/**
 * A worker process: loads one submission and runs the seeds it is given, one message per seed. It
 * holds no state that matters: when it dies, the pool blames the seed under way and starts another.
 */
import { makeSheet, type Sheet } from './explain/sheet.ts';
import { runTwice } from './explore/repeat.ts';
import { shrink } from './explore/shrink.ts';
import { simulated } from './lab.ts';
import { loadLab } from './paths.ts';
import type { Loaded } from './realm/load.ts';
import type { Realms } from './realm/realms.ts';
import { isCutOff, type SeedResult, type Shrunk } from './report/report.ts';
import { Session } from './session.ts';

export interface OpenJob {
  readonly type: 'open';
  readonly lab: string;
  readonly loaded: Loaded;
  readonly bootCode: string;
  readonly runTimeoutMs?: number;
  /** Each node in a process of its own. */
  readonly remote?: boolean;
}

export interface RunJob {
  readonly type: 'run';
  readonly job: number;
  readonly scenario: string;
  readonly seeds: readonly number[];
  /** Run the first of them again in new realms, and compare. */
  readonly checkTwice: boolean;
}

export interface ShrinkJob {
  readonly type: 'shrink';
  readonly job: number;
  readonly scenario: string;
  readonly seed: number;
  /** In simulated events. */
  readonly budget?: number;
}

/** The questions of the lab about this submission. */
export interface ExplainJob {
  readonly type: 'explain';
  readonly job: number;
  /** The text of the student's account, to be checked. */
  readonly writeUp?: string;
}

export type Job = OpenJob | RunJob | ShrinkJob | ExplainJob;

export type Answer =
  | { readonly type: 'ready' }
  | { readonly type: 'begin'; readonly job: number; readonly seed: number }
  | { readonly type: 'seed'; readonly job: number; readonly result: SeedResult }
  | { readonly type: 'done'; readonly job: number }
  | { readonly type: 'shrunk'; readonly job: number; readonly shrunk: Shrunk | undefined }
  | { readonly type: 'sheet'; readonly job: number; readonly sheet: Sheet };

/** CPU time of one call into a node, which takes microseconds: only what never returns gets here. */
const CALL_MS = 3000;

async function remoteHouse({ bootCode, runTimeoutMs = CALL_MS }: OpenJob) {
  const { RemoteRealms } = await import('./realm/remote-realms.ts');
  return (code: string): Realms => new RemoteRealms({ bootCode, code }, runTimeoutMs);
}

async function serve(): Promise<void> {
  let session: Session | undefined;
  let lab: import('./lab.ts').SimulatedLab | undefined;
  let scenarios = new Map<string, import('./lab.ts').Scenario>();
  const answer = (message: Answer) => process.send?.(message);

  async function perform(job: Job): Promise<void> {
    if (job.type === 'open') {
      lab = simulated(await loadLab(job.lab));
      scenarios = new Map(lab.parts.flatMap((p) => p.scenarios).map((s) => [s.id, s]));
      const { loaded, bootCode, runTimeoutMs } = job;
      const house = job.remote ? await remoteHouse(job) : undefined;
      session = new Session({
        ...{ lab, loaded, bootCode },
        ...(runTimeoutMs ? { runTimeoutMs } : {}),
        ...(house ? { house } : {}),
      });
      answer({ type: 'ready' });
      return;
    }
    if (job.type === 'explain') {
      if (session === undefined || lab === undefined) throw new Error('no lab is open');
      answer({ type: 'begin', job: job.job, seed: 0 });
      answer({ type: 'sheet', job: job.job, sheet: await makeSheet(session, lab, job.writeUp) });
      return;
    }
    const scenario = scenarios.get(job.scenario);
    if (session === undefined || scenario === undefined) throw new Error(`no ${job.scenario}`);
    if (job.type === 'shrink') {
      answer({ type: 'begin', job: job.job, seed: job.seed });
      const shrunk = await shrink(session, scenario, job.seed, job.budget);
      answer({ type: 'shrunk', job: job.job, shrunk });
      return;
    }
    for (const seed of job.seeds) {
      answer({ type: 'begin', job: job.job, seed });
      const isChecked = job.checkTwice && seed === job.seeds[0];
      const result = isChecked
        ? await runTwice(session, scenario, seed)
        : (await session.run(scenario, seed)).result;
      answer({ type: 'seed', job: job.job, result });
      if (isCutOff(result)) break;
    }
    answer({ type: 'done', job: job.job });
  }

  let last = Promise.resolve();
  process.on('message', (job: Job) => {
    last = last
      .then(() => perform(job))
      .catch((error: Error) => {
        process.stderr.write(`${error.stack}\n`);
        process.exit(70);
      });
  });
  process.on('disconnect', () => process.exit(0));
  process.on('exit', () => session?.close());
}

await serve();
