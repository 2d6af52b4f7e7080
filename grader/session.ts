/**
 * A submission that is loaded in this process, and the realms it runs in. Realms are made once per
 * node slot and kept for all seeds; they are thrown away when an endless loop had to be cut off.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Scenario, SimulatedLab } from './lab.ts';
import { namesOf } from './names.ts';
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
  readonly #lab: SimulatedLab;
  readonly #source: RealmSource;
  readonly #locate: (stack: string) => string | undefined;
  readonly #timeoutMs: number;
  #realms: Realm[] = [];
  #rejections: unknown[] = [];

  constructor(options: SessionOptions) {
    this.#lab = options.lab;
    const { debugging, runTimeoutMs = RUN_TIMEOUT_MS } = options;
    this.#timeoutMs = debugging ? Number.POSITIVE_INFINITY : runTimeoutMs;
    const map = debugging && mapWithin(debugging, options.loaded.map);
    this.#source = new RealmSource(options.bootCode, options.loaded.code, map);
    this.framesOf = framesOf(options.loaded);
    this.sourceLine = sourceLines(options.loaded);
    this.#locate = makeLocator(options.loaded);
    process.on('unhandledRejection', this.#onRejection);
  }

  close(): void {
    process.off('unhandledRejection', this.#onRejection);
    this.#realms = [];
  }

  /** Where in the submission a stack trace leads, innermost first: `raft.ts:41:7`. */
  readonly framesOf: (stack: string) => readonly string[];

  /** The text of the line at `raft.ts:41:7`; '' when there is none. */
  readonly sourceLine: (place: string) => string;

  /** Uses new realms from now on. */
  refresh(): void {
    this.#realms = [];
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
    while (this.#realms.length < namesOf(crew).length) {
      this.#realms.push(new Realm(this.#source, `n${this.#realms.length + 1}`));
    }
    this.#rejections = [];
    const run = runScenario({
      lab: this.#lab,
      scenario,
      seed,
      realms: this.#realms,
      locate: this.#locate,
      timeoutMs: this.#timeoutMs,
      ...options,
    });
    await new Promise((resolve) => setImmediate(resolve));
    const uncaught = this.#uncaught();
    if (run.realmsSpoiled) this.#realms = [];
    if (uncaught === undefined || run.result.verdict === 'failed') return run;
    const finding = { ...uncaught, atMs: run.result.virtualMs };
    return { ...run, result: { ...run.result, verdict: 'failed', finding } };
  }

  readonly #onRejection = (reason: unknown): void => {
    this.#rejections.push(reason);
  };

  /** A rejected promise that no code waits for: found only after the run. */
  #uncaught(): Omit<Finding, 'atMs'> | undefined {
    const [reason] = this.#rejections;
    if (this.#rejections.length === 0) return undefined;
    for (const [i, realm] of this.#realms.entries()) {
      const { text, stack, own } = JSON.parse(realm.api.describe(reason)) as {
        text: string;
        stack: string;
        own: boolean;
      };
      if (!own && i + 1 < this.#realms.length) continue;
      const where = this.#locate(stack);
      return {
        kind: 'crash',
        ruleId: 'unhandled-rejection',
        rule: 'A promise that is rejected must be caught: an uncaught rejection ends the process',
        evidence: `${own ? `n${i + 1}: ` : ''}${text}${where ? ` at ${where}` : ''}`,
        lookAt: 'which promise does nobody await, or await without a catch?',
      };
    }
    return undefined;
  }
}

/** The source map as a URL, with the full paths that debuggers need. */
function mapWithin(folder: string, text: string): string {
  const map = JSON.parse(text) as { sources: string[] };
  map.sources = map.sources.map((name) => pathToFileURL(resolve(folder, name)).href);
  const data = Buffer.from(JSON.stringify(map)).toString('base64');
  return `data:application/json;base64,${data}`;
}
