/**
 * A submission that is loaded in this process, and the realms it runs in. Realms are made once per
 * node slot and kept for all seeds; they are thrown away when an endless loop had to be cut off.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Scenario, SimulatedLab } from './lab.ts';
import { isFleet, namesOf } from './names.ts';
import { framesOf, type Loaded, makeLocator, sourceLines } from './realm/load.ts';
import { Realm, RealmSource } from './realm/realm.ts';
import type { Finding, Step } from './report/report.ts';
import { type Change, RUN_TIMEOUT_MS, type Run, runScenario } from './run.ts';
import { combineHashes } from './sim/trace.ts';

export interface SessionOptions {
  readonly lab: SimulatedLab;
  readonly loaded: Loaded;
  readonly bootCode: string;
  /** The folder of the submission, when a debugger watches: its breakpoints are in these files. */
  readonly debugging?: string;
  /** Real time that one run may take. */
  readonly runTimeoutMs?: number;
}

interface RunChoice {
  /** Instead of the plan that the scenario draws. */
  readonly plan?: readonly Step[];
  readonly keepTrace?: boolean;
  readonly keepStacks?: boolean;
  /** What is to be otherwise. */
  readonly change?: Change;
}

export class Session {
  readonly lab: SimulatedLab;
  readonly #submission: Program;
  /** The submission in the system as it was shipped; see {@link SimulatedLab.shipped}. */
  readonly #shipped: Program | undefined;
  readonly #timeoutMs: number;
  #rejections: unknown[] = [];

  constructor(options: SessionOptions) {
    this.lab = options.lab;
    const { debugging, runTimeoutMs = RUN_TIMEOUT_MS } = options;
    this.#timeoutMs = debugging ? Number.POSITIVE_INFINITY : runTimeoutMs;
    const { loaded, bootCode } = options;
    this.#submission = programOf(loaded, bootCode, debugging);
    this.#shipped = loaded.shipped && programOf(loaded.shipped, bootCode, debugging);
    this.framesOf = framesOf(loaded);
    this.sourceLine = sourceLines(loaded);
    process.on('unhandledRejection', this.#onRejection);
  }

  close(): void {
    process.off('unhandledRejection', this.#onRejection);
    this.refresh();
  }

  /** Where in the submission a stack trace leads, innermost first: `raft.ts:41:7`. */
  readonly framesOf: (stack: string) => readonly string[];

  /** The text of the line at `raft.ts:41:7`; '' when there is none. */
  readonly sourceLine: (place: string) => string;

  /** Uses new realms from now on. */
  refresh(): void {
    this.#submission.realms = [];
    if (this.#shipped) this.#shipped.realms = [];
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
    const count = namesOf(crew).length;
    const shared = isFleet(crew);
    const source = scenario.shipped ? this.#shipped : this.#submission;
    if (source === undefined) throw new Error(`${scenario.id}: the lab has no shipped files`);
    const { realms } = source;
    while (realms.length < (shared ? 1 : count)) {
      realms.push(new Realm(source.code, `n${realms.length + 1}`));
    }
    this.#rejections = [];
    const run = runScenario({
      lab: this.lab,
      scenario,
      seed,
      realms: shared ? Array(count).fill(realms[0]) : realms,
      locate: source.locate,
      timeoutMs: this.#timeoutMs,
      ...options,
    });
    await new Promise((resolve) => setImmediate(resolve));
    const uncaught = this.#uncaught(source, shared);
    if (run.realmsSpoiled) source.realms = [];
    if (uncaught === undefined || run.result.verdict === 'failed') return run;
    const finding = { ...uncaught, atMs: run.result.virtualMs };
    return { ...run, result: { ...run.result, verdict: 'failed', finding } };
  }

  readonly #onRejection = (reason: unknown): void => {
    this.#rejections.push(reason);
  };

  /** A rejected promise that no code waits for: found only after the run. */
  #uncaught({ realms, locate }: Program, shared: boolean): Omit<Finding, 'atMs'> | undefined {
    const [reason] = this.#rejections;
    if (this.#rejections.length === 0) return undefined;
    for (const [i, realm] of realms.entries()) {
      const { text, stack, own } = JSON.parse(realm.api.describe(reason)) as {
        text: string;
        stack: string;
        own: boolean;
      };
      if (!own && i + 1 < realms.length) continue;
      const where = locate(stack);
      return {
        kind: 'crash',
        ruleId: 'unhandled-rejection',
        rule: 'A promise that is rejected must be caught: an uncaught rejection ends the process',
        evidence: `${own && !shared ? `n${i + 1}: ` : ''}${text}${where ? ` at ${where}` : ''}`,
        lookAt: 'which promise does nobody await, or await without a catch?',
      };
    }
    return undefined;
  }
}

/** One bundle, and the realms that were made from it. */
interface Program {
  readonly code: RealmSource;
  readonly locate: (stack: string) => string | undefined;
  realms: Realm[];
}

function programOf(loaded: Loaded, bootCode: string, debugging: string | undefined): Program {
  const map = debugging && mapWithin(debugging, loaded.map);
  const code = new RealmSource(bootCode, loaded.code, map);
  return { code, locate: makeLocator(loaded), realms: [] };
}

/** The source map as a URL, with the full paths that debuggers need. */
function mapWithin(folder: string, text: string): string {
  const map = JSON.parse(text) as { sources: string[] };
  map.sources = map.sources.map((name) => pathToFileURL(resolve(folder, name)).href);
  const data = Buffer.from(JSON.stringify(map)).toString('base64');
  return `data:application/json;base64,${data}`;
}
