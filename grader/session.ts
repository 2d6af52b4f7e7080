/**
 * A submission that is loaded in this process, with the realms that it runs in.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Scenario, SimulatedLab } from './lab.ts';
import { namesOf, sharesRealm } from './names.ts';
import { framesOf, type Loaded, makeLocator, sourceLines } from './realm/load.ts';
import { LocalRealms, type Realms, type Uncaught } from './realm/realms.ts';
import type { Finding, Step } from './report/report.ts';
import { type Change, RUN_TIMEOUT_MS, type Run, type RunOptions, runScenario } from './run.ts';
import { combineHashes } from './sim/trace.ts';

export interface SessionOptions {
  readonly lab: SimulatedLab;
  readonly loaded: Loaded;
  readonly bootCode: string;
  /** The folder of the submission, when a debugger watches: its breakpoints are in these files. */
  readonly debugging?: string;
  /** Real time that one run may take. */
  readonly runTimeoutMs?: number;
  /** Where the nodes of a bundle live; they watch over their own time. @default in this process */
  readonly house?: (code: string) => Realms;
}

interface RunChoice {
  /** Instead of the plan that the scenario draws. */
  readonly plan?: readonly Step[];
  readonly keepTrace?: boolean;
  readonly keepStacks?: boolean;
  /** What is to be different. */
  readonly change?: Change;
}

/** The share of its time in which a run is tried first: enough for all but what never comes back. */
const FIRST_TRY = 0.2;
/** When the machine was too busy for a run, it gets this many times as long. */
const PATIENCE = 4;

export class Session {
  readonly lab: SimulatedLab;
  readonly #submission: Program;
  /** The submission in the system as it was shipped; see {@link SimulatedLab.shipped}. */
  readonly #shipped: Program | undefined;
  readonly #timeoutMs: number;

  constructor(options: SessionOptions) {
    this.lab = options.lab;
    const { debugging } = options;
    // A lab of many events takes its time, above all on a busy machine.
    const usualMs = options.lab.eventsMax === undefined ? RUN_TIMEOUT_MS : 4 * RUN_TIMEOUT_MS;
    const { runTimeoutMs = usualMs } = options;
    const { loaded, house } = options;
    this.#timeoutMs = debugging || house ? Number.POSITIVE_INFINITY : runTimeoutMs;
    this.#submission = programOf(loaded, options);
    this.#shipped = loaded.shipped && programOf(loaded.shipped, options);
    this.framesOf = framesOf(loaded);
    this.sourceLine = sourceLines(loaded);
  }

  close(): void {
    this.#submission.realms.close();
    this.#shipped?.realms.close();
  }

  /** Where in the submission a stack trace leads, innermost first: `raft.ts:41:7`. */
  readonly framesOf: (stack: string) => readonly string[];

  /** The text of the line at `raft.ts:41:7`; '' when there is none. */
  readonly sourceLine: (place: string) => string;

  /** Uses new realms from now on. */
  refresh(): void {
    this.#submission.realms.refresh();
    this.#shipped?.realms.refresh();
  }

  /**
   * Runs one seed. When the scenario sweeps crash points, these runs follow, and the first that
   * does not pass is the outcome; its plan holds the crash.
   */
  async run(scenario: Scenario, seed: number, options: RunChoice = {}): Promise<Run> {
    const base = await this.#once(scenario, seed, options);
    if (options.plan !== undefined || base.result.verdict !== 'passed') return base;
    const hashes = [base.result.traceHash];
    let { events, virtualMs } = base.result;
    for (const crash of base.crashPoints) {
      const plan = [...base.plan, crash];
      const run = await this.#once(scenario, seed, { ...options, plan });
      if (run.result.verdict !== 'passed') return run;
      events += run.result.events;
      virtualMs += run.result.virtualMs;
      hashes.push(run.result.traceHash);
    }
    if (hashes.length === 1) return base;
    const traceHash = hashes.reduce(combineHashes);
    const notes = [...(base.result.notes ?? []), `${hashes.length - 1} crash points swept`];
    return { ...base, result: { ...base.result, events, virtualMs, traceHash, notes } };
  }

  /** Asynchronous only to learn about rejections that nobody caught. */
  async #once(scenario: Scenario, seed: number, options: RunChoice): Promise<Run> {
    const crew = options.change?.nodes ?? scenario.nodes;
    const program = scenario.shipped ? this.#shipped : this.#submission;
    if (program === undefined) throw new Error(`${scenario.id}: the lab has no shipped files`);
    const { realms, locate } = program;
    const attempt = (limit: Pick<RunOptions, 'timeoutMs' | 'patience' | 'onlyStuck'>) => {
      const run = runScenario({
        lab: this.lab,
        scenario,
        seed,
        realms: realms.take(namesOf(crew).length, sharesRealm(crew)),
        locate,
        ...limit,
        ...options,
      });
      if (run.realmsSpoiled) realms.refresh();
      return run;
    };
    const timeoutMs = this.#timeoutMs;
    let run = attempt({ timeoutMs: timeoutMs * FIRST_TRY, onlyStuck: true });
    if (run.isStarved) run = attempt({ timeoutMs });
    if (run.isStarved) run = attempt({ timeoutMs, patience: PATIENCE });
    const uncaught = await realms.uncaught();
    if (uncaught === undefined || run.result.verdict === 'failed') return run;
    const node = uncaught.slot === undefined ? undefined : namesOf(crew)[uncaught.slot];
    const finding = { ...rejection(uncaught, node, locate), atMs: run.result.virtualMs };
    return { ...run, result: { ...run.result, verdict: 'failed', finding } };
  }
}

/** A rejected promise that no code waits for: found only after the run. */
function rejection(
  { text, stack }: Uncaught,
  node: string | undefined,
  locate: Program['locate'],
): Omit<Finding, 'atMs'> {
  const where = locate(stack);
  return {
    kind: 'crash',
    ruleId: 'unhandled-rejection',
    rule: 'A promise that is rejected must be caught: an uncaught rejection ends the process',
    evidence: `${node === undefined ? '' : `${node}: `}${text}${where ? ` at ${where}` : ''}`,
    lookAt: 'which promise does nobody await, or await without a catch?',
  };
}

/** One bundle, and the realms that are made from it. */
interface Program {
  readonly realms: Realms;
  readonly locate: (stack: string) => string | undefined;
}

function programOf(loaded: Loaded, { bootCode, debugging, house }: SessionOptions): Program {
  const map = debugging && mapWithin(debugging, loaded.map);
  const realms = house?.(loaded.code) ?? new LocalRealms(bootCode, loaded.code, map);
  return { realms, locate: makeLocator(loaded) };
}

/** The source map as a URL, with the full paths that debuggers need. */
function mapWithin(folder: string, text: string): string {
  const map = JSON.parse(text) as { sources: string[] };
  map.sources = map.sources.map((name) => pathToFileURL(resolve(folder, name)).href);
  const data = Buffer.from(JSON.stringify(map)).toString('base64');
  return `data:application/json;base64,${data}`;
}
