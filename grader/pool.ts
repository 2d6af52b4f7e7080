/**
 * A pool of worker processes. Each holds the whole submission; jobs are given to whichever is free.
 * A worker that dies or uses too much memory costs the seed it was busy with, nothing else.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Sheet } from './explain/sheet.ts';
import { hasOwnGroup, type Isolation, nodeOptions } from './isolation.ts';
import { WORKER_FILE } from './paths.ts';
import { type Finding, isCutOff, type SeedResult, type Shrunk } from './report/report.ts';
import type { Runner } from './runner.ts';
import type { Answer, ExplainJob, Job, OpenJob, RunJob, ShrinkJob } from './worker.ts';

/** A worker that uses more memory than this is ended. */
const RSS_BYTES_MAX = 700 * 1024 * 1024;
const HEAP_MB_MAX = 400;
/** Nearly all of what a run allocates dies with its event: a larger nursery saves a tenth of all time. */
const YOUNG_SPACE = '--max-semi-space-size=32';
/** A worker lives for seconds: learning about its code from the first call on saves it a tenth. */
const LEARN_AT_ONCE = '--no-lazy-feedback-allocation';
/**
 * A seed that has used this much CPU time hangs in a way that the limits inside the worker do not see;
 * so does one that is not back after this long in real time. A busy machine is no fault of the code.
 */
const SEED_CPU_MS = 60_000;
const SEED_TIMEOUT_MS = 600_000;
const WATCH_EVERY_MS = 100;

export type Outcome =
  | { readonly type: 'seeds'; readonly results: readonly SeedResult[] }
  | { readonly type: 'shrunk'; readonly shrunk: Shrunk | undefined }
  /** Undefined when the process died of it. */
  | { readonly type: 'sheet'; readonly sheet: Sheet | undefined };

interface Task {
  readonly job: RunJob | ShrinkJob | ExplainJob;
  readonly results: SeedResult[];
  readonly onSeed: (result: SeedResult) => void;
  readonly resolve: (outcome: Outcome) => void;
}

class Worker {
  readonly child: ChildProcess;
  task: Task | undefined;
  /** The seed under way. */
  seed = 0;
  seedSince = 0;
  /** CPU time of the process then or soon after, where it can be read: most seeds end sooner. */
  cpuBefore: number | undefined;
  ready = false;
  killedFor: Omit<Finding, 'atMs'> | undefined;

  constructor(child: ChildProcess) {
    this.child = child;
  }

  beginSeed(): void {
    this.seedSince = Date.now();
    this.cpuBefore = undefined;
  }

  hangs(isolation: Isolation): boolean {
    const realMs = Date.now() - this.seedSince;
    this.cpuBefore ??= cpuMs(this.child.pid);
    // The nodes of an official run are other processes, which watch over their own time.
    if (realMs > SEED_TIMEOUT_MS || isolation === 'official') return realMs > SEED_TIMEOUT_MS;
    if (realMs < SEED_CPU_MS) return false;
    const now = cpuMs(this.child.pid);
    if (now === undefined || this.cpuBefore === undefined) return true;
    return now - this.cpuBefore > SEED_CPU_MS;
  }
}

export class Pool implements Runner {
  readonly #open: OpenJob;
  readonly #size: number;
  readonly #isolation: Isolation;
  readonly #workers = new Set<Worker>();
  readonly #waiting: Task[] = [];
  readonly #timer: NodeJS.Timeout;
  #closed = false;
  #nextJob = 1;
  #failures = 0;

  constructor(
    open: OpenJob,
    {
      jobs = availableParallelism(),
      isolation = 'home',
    }: { jobs?: number; isolation?: Isolation } = {},
  ) {
    this.#open = open;
    this.#isolation = isolation;
    this.#size = Math.max(1, jobs);
    this.#timer = setInterval(() => this.#watch(), WATCH_EVERY_MS);
    process.on('exit', this.#killAll);
  }

  runSeeds(
    scenario: string,
    seeds: readonly number[],
    options: { checkTwice: boolean; onSeed: (result: SeedResult) => void },
  ): Promise<readonly SeedResult[]> {
    const { checkTwice, onSeed } = options;
    const job: RunJob = { type: 'run', job: this.#nextJob++, scenario, seeds, checkTwice };
    return this.#enqueue(job, onSeed).then((o) => (o.type === 'seeds' ? o.results : []));
  }

  shrink(scenario: string, seed: number, budget?: number): Promise<Shrunk | undefined> {
    const job: ShrinkJob = {
      type: 'shrink',
      job: this.#nextJob++,
      scenario,
      seed,
      ...(budget === undefined ? {} : { budget }),
    };
    return this.#enqueue(job, () => {}).then((o) => (o.type === 'shrunk' ? o.shrunk : undefined));
  }

  /** The questions of the lab; undefined when they could not be made. */
  explain(writeUp?: string): Promise<Sheet | undefined> {
    const job: ExplainJob = {
      type: 'explain',
      job: this.#nextJob++,
      ...(writeUp === undefined ? {} : { writeUp }),
    };
    return this.#enqueue(job, () => {}).then((o) => (o.type === 'sheet' ? o.sheet : undefined));
  }

  /** Ends all workers at once. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    process.off('exit', this.#killAll);
    this.#killAll();
    this.#workers.clear();
  }

  /** Needed also when Ctrl-C ends the grader: it does not reach other process groups. */
  readonly #killAll = (): void => {
    for (const { child } of this.#workers) this.#kill(child);
  };

  #kill(child: ChildProcess): void {
    if (child.pid !== undefined && hasOwnGroup(this.#isolation)) {
      try {
        process.kill(-child.pid, 'SIGKILL');
        return;
      } catch {
        // It has not become the leader of its group yet, or is gone.
      }
    }
    child.kill('SIGKILL');
  }

  #enqueue(job: Task['job'], onSeed: Task['onSeed']): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ job, results: [], onSeed, resolve });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    if (this.#closed) return;
    for (const worker of this.#workers) {
      if (worker.ready && worker.task === undefined) this.#give(worker);
    }
    const starting = [...this.#workers].filter((w) => !w.ready).length;
    let wanted = Math.min(this.#waiting.length - starting, this.#size - this.#workers.size);
    while (wanted-- > 0) this.#start();
  }

  #give(worker: Worker): void {
    const task = this.#waiting.shift();
    if (task === undefined) return;
    worker.task = task;
    worker.beginSeed();
    worker.child.send(task.job satisfies Job);
  }

  #start(): void {
    const child = fork(WORKER_FILE, [], {
      execArgv: [
        `--max-old-space-size=${HEAP_MB_MAX}`,
        YOUNG_SPACE,
        LEARN_AT_ONCE,
        '--no-warnings',
        ...nodeOptions(this.#isolation),
      ],
      detached: hasOwnGroup(this.#isolation),
      env: { TZ: 'UTC', LC_ALL: 'C', PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'ignore', process.env.DEBUG ? 'inherit' : 'ignore', 'ipc'],
      serialization: 'json',
    });
    const worker = new Worker(child);
    this.#workers.add(worker);
    child.on('message', (answer: Answer) => this.#onAnswer(worker, answer));
    child.on('exit', (code, signal) => this.#onExit(worker, code, signal));
    child.on('error', () => this.#onExit(worker, null, null));
    const remote = this.#isolation === 'official';
    child.send({ ...this.#open, ...(remote ? { remote } : {}) } satisfies Job);
  }

  #onAnswer(worker: Worker, answer: Answer): void {
    const { task } = worker;
    if (answer.type === 'ready') worker.ready = true;
    else if (task === undefined || answer.job !== task.job.job) return;
    else if (answer.type === 'begin') {
      worker.seed = answer.seed;
      worker.beginSeed();
    } else if (answer.type === 'seed') {
      task.results.push(answer.result);
      task.onSeed(answer.result);
    } else {
      worker.task = undefined;
      if (answer.type === 'shrunk' || answer.type === 'sheet') task.resolve(answer);
      else task.resolve({ type: 'seeds', results: task.results });
    }
    this.#dispatch();
  }

  /** The worker is gone: the seed it was busy with is to blame, the rest goes on elsewhere. */
  #onExit(worker: Worker, code: number | null, signal: NodeJS.Signals | null): void {
    if (!this.#workers.delete(worker) || this.#closed) return;
    const { task } = worker;
    if (task === undefined) {
      if (!worker.ready && ++this.#failures > 3) {
        for (const waiting of this.#waiting.splice(0)) this.#giveUp(waiting, code, signal);
      }
    } else if (task.job.type === 'shrink') task.resolve({ type: 'shrunk', shrunk: undefined });
    else if (task.job.type === 'explain') task.resolve({ type: 'sheet', sheet: undefined });
    else {
      const result = this.#blame(worker, code, signal);
      task.results.push(result);
      task.onSeed(result);
      const { seeds } = task.job;
      const rest = seeds.slice(seeds.indexOf(worker.seed) + 1);
      if (rest.length === 0 || isCutOff(result))
        task.resolve({ type: 'seeds', results: task.results });
      else this.#waiting.unshift({ ...task, job: { ...task.job, seeds: rest } });
    }
    this.#dispatch();
  }

  #blame(worker: Worker, code: number | null, signal: NodeJS.Signals | null): SeedResult {
    const base = { seed: worker.seed, traceHash: '', virtualMs: 0, events: 0 };
    const ranOutOfHeap = signal === 'SIGABRT' || code === 134;
    const finding = worker.killedFor ?? (ranOutOfHeap ? OUT_OF_MEMORY : undefined);
    if (finding) return { ...base, verdict: 'failed', finding: { ...finding, atMs: 0 } };
    const how = signal ?? `code ${code}`;
    return { ...base, verdict: 'undecided', undecided: `a worker process ended with ${how}` };
  }

  #giveUp(task: Task, code: number | null, signal: NodeJS.Signals | null): void {
    if (task.job.type === 'explain') {
      task.resolve({ type: 'sheet', sheet: undefined });
      return;
    }
    const undecided = `no worker process could be started (${signal ?? `code ${code}`}); try: lab doctor`;
    const seed = task.job.type === 'run' ? (task.job.seeds[0] ?? 0) : task.job.seed;
    const result: SeedResult = {
      seed,
      verdict: 'undecided',
      undecided,
      traceHash: '',
      virtualMs: 0,
      events: 0,
    };
    task.onSeed(result);
    task.resolve({ type: 'seeds', results: [result] });
  }

  #watch(): void {
    for (const worker of this.#workers) {
      if (worker.task === undefined || worker.killedFor !== undefined) continue;
      if (residentBytes(worker.child.pid) > RSS_BYTES_MAX) worker.killedFor = OUT_OF_MEMORY;
      else if (worker.task.job.type !== 'shrink' && worker.hangs(this.#isolation)) {
        worker.killedFor = HANGS;
      }
      if (worker.killedFor) this.#kill(worker.child);
    }
  }
}

const OUT_OF_MEMORY: Omit<Finding, 'atMs'> = {
  kind: 'runaway',
  ruleId: 'out-of-memory',
  rule: 'The nodes of a run must fit into memory',
  evidence: `the run needed more than ${RSS_BYTES_MAX / 1024 / 1024} MB and was ended`,
  lookAt: 'what grows with every event, and is never cut?',
};

const HANGS: Omit<Finding, 'atMs'> = {
  kind: 'runaway',
  ruleId: 'endless-loop',
  rule: 'Code must return: a loop, or a chain of promises, never ended',
  evidence: 'a run was not over after minutes and was ended',
  lookAt: 'which loop waits for something that only another event could bring?',
};

/** CPU time that a process has used, on Linux, in its 10 ms ticks; undefined where it cannot be read. */
function cpuMs(pid: number | undefined): number | undefined {
  try {
    // The name of the program is in brackets, and may contain any character.
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?!.*\) )/s);
    const [user, system] = rest.split(' ').slice(11, 13);
    return (Number(user) + Number(system)) * 10;
  } catch {
    return undefined;
  }
}

/** Resident memory of a process, on Linux; 0 where it cannot be read (the heap limit still holds). */
function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
  } catch {
    return 0;
  }
}
