/** One scenario with one seed on real servers → a verdict. A submission never makes it reject. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '../cluster/interface.ts';
import type { Isolation } from '../isolation.ts';
import type { ServerScenario } from '../lab.ts';
import type { Loaded } from '../realm/load.ts';
import type { SeedResult, StoryEvent } from '../report/report.ts';
import { PgServers } from './cluster.ts';
import { Drill, type DrillOptions, Failed, type RecordLine } from './drill.ts';
import { type Backend, inWords } from './machine.ts';
import { ServerError, SqlError } from './postgres.ts';
import { Program } from './program.ts';
import { InfrastructureError } from './wait.ts';

export interface Conduct {
  readonly backend: Backend;
  readonly scenario: ServerScenario;
  readonly seed: number;
  /** Where the record of a run that did not pass is kept: every step, and the servers' logs. */
  readonly keepIn?: string | undefined;
  /** Ends the run at once; its result is then worth nothing. */
  readonly signal?: AbortSignal | undefined;
  /** Provides the submission, or a person in its place. */
  readonly equip: (
    cluster: PgServers,
    heard: (text: string) => void,
  ) => Pick<DrillOptions, 'open' | 'byHand' | 'store' | 'isolation'> & { close?(): Promise<void> };
  /** Called with the verdict while the servers are still up. */
  readonly onJudged?: (result: SeedResult) => Promise<void>;
}

const STORY_EVENTS_MAX = 6;
/** A stall of this process that lasts longer makes every deadline worthless. */
const STALL_MS = 4000;
/** Under a higher load every bound in real time is worthless, too. */
const LOAD_PER_CORE_MAX = 8;
const LOG_LINES_KEPT = 400;
const TEXT_MAX = 140;

/** A run of a submission. */
export function runOnServers(
  run: Omit<Conduct, 'equip'> & { readonly loaded: Loaded; readonly isolation?: Isolation },
) {
  const { loaded, isolation } = run;
  return conduct({
    ...run,
    equip(cluster, onLog) {
      const programs: Program[] = [];
      return {
        store: loaded.store,
        isolation,
        async open(onRequest, place) {
          const tell = place ? (text: string) => onLog(`${place.node}: ${text}`) : onLog;
          const options = { loaded, isolation, cluster, onRequest, onLog: tell, place };
          const program = await Program.open(options);
          programs.push(program);
          return program;
        },
        async close() {
          await Promise.all(programs.map((program) => program.close()));
        },
      };
    },
  });
}

export async function conduct(run: Conduct): Promise<SeedResult> {
  const { backend, scenario, seed, keepIn } = run;
  const missing = (scenario.requires ?? []).filter((name) => !backend.can.has(name));
  if (missing.length > 0) return undecided(seed, `${backend.words}: no ${inWords(missing)}`);
  const stalls = watchStalls();
  let cluster: PgServers | undefined;
  let drill: Drill | undefined;
  let close: (() => Promise<void>) | undefined;
  try {
    let error: unknown;
    try {
      cluster = await PgServers.create(backend, clusterOf(scenario, seed));
      const equipped = run.equip(cluster, (text) => drill?.heard(text));
      close = equipped.close;
      drill = new Drill({ seed, cluster, ...equipped });
      await Promise.race([scenario.run(drill), ended(run.signal)]);
    } catch (thrown) {
      error = thrown;
    }
    const judged = resultOf(seed, error, drill, stalls());
    const isKept = judged.verdict !== 'passed' && keepIn !== undefined;
    const result = isKept ? { ...judged, onServers: { record: keepIn } } : judged;
    await close?.();
    await drill?.end();
    if (isKept) await keep(keepIn, cluster, drill?.record ?? [], result);
    if (!run.signal?.aborted) await run.onJudged?.(result);
    return result;
  } finally {
    await cluster?.destroy();
  }
}

/** A scenario's cluster may depend on the seed. */
function clusterOf({ nodes, cluster }: ServerScenario, seed: number) {
  return { ...(typeof cluster === 'function' ? cluster(seed) : cluster), nodes };
}

function ended(signal: AbortSignal | undefined): Promise<never> {
  return new Promise<never>((_, reject) => {
    const end = () => reject(new InfrastructureError('the run was ended'));
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
  });
}

function resultOf(
  seed: number,
  error: unknown,
  drill: Drill | undefined,
  stalledMs: number,
): SeedResult {
  const notes = drill && drill.notes.length > 0 ? { notes: drill.notes } : {};
  if (error === undefined) return { ...blank(seed), verdict: 'passed', ...notes };
  if (stalledMs > STALL_MS) {
    const words = `this machine stalled for ${(stalledMs / 1000).toFixed(1)} s; try again`;
    return undecided(seed, words);
  }
  if (error instanceof Failed) {
    const busy = error.failure.kind === 'liveness' ? tooBusy() : undefined;
    if (busy) return undecided(seed, `${error.failure.evidence}; but ${busy}`);
    return failed(seed, error.failure, drill);
  }
  const message = error instanceof Error ? error.message : String(error);
  const isTrouble = error instanceof ServerError || error instanceof SqlError;
  if (isTrouble && drill?.hasActed) {
    // Until the submission acted, the servers did what the script wanted.
    const failure: Failure = {
      kind: 'contract',
      ruleId: 'servers-answer',
      rule: 'After a repair the servers run and answer (handout, The contract)',
      evidence: message,
      lookAt: 'which of the servers does not answer any more, and what does its log say?',
    };
    return failed(seed, failure, drill);
  }
  const isOurs = error instanceof InfrastructureError || isTrouble;
  return undecided(seed, isOurs ? message : `the lab itself failed: ${(error as Error).stack}`);
}

const blank = (seed: number) => ({ seed, traceHash: '', virtualMs: 0, events: 0, onServers: {} });

export function undecided(seed: number, why: string): SeedResult {
  return { ...blank(seed), verdict: 'undecided', undecided: why };
}

function failed(seed: number, failure: Failure, drill: Drill | undefined): SeedResult {
  const finding = { ...failure, atMs: drill?.nowMs ?? 0, story: storyOf(drill?.record ?? []) };
  const notes = drill && drill.notes.length > 0 ? { notes: drill.notes } : {};
  return { ...blank(seed), verdict: 'failed', finding, ...notes };
}

/** What the script did, and the last things that the submission changed. */
function storyOf(record: readonly RecordLine[]): StoryEvent[] {
  // Of statements that differ only in their values the last one stands for all.
  const gist = (text: string) => text.split('  [')[0];
  const told = record
    .filter(({ isTold }) => isTold)
    .filter((line, i, all) => !all.slice(i + 1).some(({ text }) => gist(text) === gist(line.text)));
  const events = told.length <= STORY_EVENTS_MAX ? told : [...told.slice(0, 2), ...told.slice(-4)];
  return events.map(({ atMs, text }) => ({
    atMs,
    text: text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text,
  }));
}

/** Why taking too long here says nothing about the submission; undefined when it does. */
function tooBusy(): string | undefined {
  const [load = 0] = loadavg();
  const cores = availableParallelism();
  if (load / cores <= LOAD_PER_CORE_MAX) return undefined;
  return `this machine is too busy to tell who is slow: ${load.toFixed(0)} processes want its ${cores} cores`;
}

/** The longest stall of this process since the call, in milliseconds. */
function watchStalls(): () => number {
  let longestMs = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  }, 100);
  timer.unref();
  return () => {
    clearInterval(timer);
    return longestMs;
  };
}

/** Writes the record of a run, and what the servers logged, for a student to read. */
async function keep(
  folder: string,
  cluster: PgServers | undefined,
  record: readonly RecordLine[],
  { finding, undecided: why }: SeedResult,
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const lines = record.map(({ atMs, text }) => `${(atMs / 1000).toFixed(3).padStart(8)}  ${text}`);
  const end = finding ? `${finding.rule}\n${finding.evidence}` : (why ?? '');
  writeFileSync(join(folder, 'record.txt'), `${lines.join('\n')}\n\n${end}\n`);
  for (const node of cluster?.nodes ?? []) {
    writeFileSync(join(folder, `${node.name}.log`), `${await node.logTail(LOG_LINES_KEPT)}\n`);
  }
}
