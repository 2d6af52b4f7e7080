/**
 * `lab test --watch`: on each save, the scenario that failed. Moves on to nothing else unless a key
 * asks for it. Leaves the terminal as it was, however it ends.
 */
import { emitKeypressEvents } from 'node:readline';
import { watch as watchFiles } from 'chokidar';
import type { GradeOptions } from '../grader/grade.ts';
import type { Lab } from '../grader/lab.ts';
import { replay } from '../grader/replay.ts';
import type { Report } from '../grader/report/report.ts';
import { SubmissionProblems } from '../grader/submission/load.ts';
import { hint } from './commands/hint.ts';
import { FAILURES_SHOWN, showTypeErrors } from './commands/test.ts';
import { UsageError } from './errors.ts';
import { gradeAloud, showOutcome } from './grading.ts';
import { keepSchedules, keptSchedule } from './schedules.ts';
import { countsAsScore } from './select.ts';
import { changeState, readState, recordReport } from './state.ts';
import { settled, typecheck } from './typecheck.ts';
import type { Ui } from './ui.ts';
import { shown } from './workspace.ts';

type Request = Pick<GradeOptions, 'submission' | 'uses' | 'seeds' | 'only' | 'jobs'>;

/** Editors write a file in several steps. */
const SAVE_SETTLES_MS = 40;

export async function watch(ui: Ui, root: string, lab: Lab, request: Request): Promise<number> {
  const session = new Watch(ui, root, lab, request);
  try {
    return await session.run();
  } finally {
    await session.close();
  }
}

class Watch {
  readonly #ui: Ui;
  readonly #root: string;
  readonly #lab: Lab;
  readonly #request: Request;
  readonly #files;
  #focus: string | undefined;
  #running: AbortController | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #quit: (code: number) => void = () => {};
  readonly #fail = (error: unknown): void => this.#reject(error);
  #reject: (error: unknown) => void = () => {};

  constructor(ui: Ui, root: string, lab: Lab, request: Request) {
    this.#ui = ui;
    this.#root = root;
    this.#lab = lab;
    this.#request = request;
    const last = readState(root).labs[lab.slug]?.lastFailure?.scenario;
    const isWanted = last !== undefined && (request.only?.includes(last) ?? true);
    this.#focus = isWanted ? last : undefined;
    this.#files = watchFiles(request.submission, {
      ignoreInitial: true,
      ignored: (path) => path.includes('node_modules'),
    });
  }

  run(): Promise<number> {
    const ended = new Promise<number>((resolve, reject) => {
      this.#quit = resolve;
      this.#reject = reject;
    });
    this.#files.on('all', (event, path) => {
      if (!path.endsWith('.ts') || event === 'addDir' || event === 'unlinkDir') return;
      clearTimeout(this.#saveTimer);
      this.#saveTimer = setTimeout(() => this.#test(this.#focus), SAVE_SETTLES_MS);
    });
    this.#files.on('error', this.#fail);
    process.once('SIGINT', this.#onSignal);
    process.once('SIGTERM', this.#onSignal);
    if (this.#ui.interactive) {
      emitKeypressEvents(process.stdin);
      process.stdin.setRawMode(true);
      process.stdin.on('keypress', this.#onKey);
      process.stdin.resume();
    }
    this.#test(undefined);
    return ended;
  }

  async close(): Promise<void> {
    clearTimeout(this.#saveTimer);
    this.#running?.abort();
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    if (this.#ui.interactive) {
      process.stdin.off('keypress', this.#onKey);
      process.stdin.setRawMode(false);
      process.stdin.pause();
    }
    await this.#files.close();
  }

  readonly #onSignal = (): void => this.#quit(0);

  readonly #onKey = (_: string | undefined, key: { name?: string; ctrl?: boolean }): void => {
    if ((key.ctrl && key.name === 'c') || key.name === 'q') this.#quit(0);
    else if (key.name === 'a') this.#test(undefined);
    else if (key.name === 'return' || key.name === 'enter') this.#test(this.#focus);
    else if (key.name === 'h') this.#hint();
  };

  /** Tests one scenario, or all; a run still under way is out of date and is aborted. */
  #test(scenario: string | undefined): void {
    this.#running?.abort();
    const controller = new AbortController();
    this.#running = controller;
    this.#grade(scenario, controller.signal).catch((error) => {
      if (!controller.signal.aborted) this.#fail(error);
    });
  }

  async #grade(scenario: string | undefined, signal: AbortSignal): Promise<void> {
    const ui = this.#ui;
    const time = new Date().toTimeString().slice(0, 8);
    ui.out('', ui.style.colours.dim(`${time}  ${this.#lab.slug} ${scenario ?? 'all scenarios'}`));
    const types = typecheck(this.#request.submission, signal, this.#lab.given);
    await this.#runKept(scenario ?? this.#focus);
    if (signal.aborted) return;
    const only = scenario === undefined ? {} : { only: [scenario] };
    const first = scenario === undefined && this.#focus ? { first: [this.#focus] } : {};
    const options = { ...this.#request, ...only, ...first, signal };
    const report = await gradeAloud(ui, this.#lab, options);
    const errors = await settled(types, 500);
    if (signal.aborted) return;
    this.#running = undefined;
    const counts = countsAsScore(this.#lab, this.#request.seeds);
    changeState(this.#root, (state) => recordReport(state, report, counts));
    keepSchedules(this.#root, report);
    showTypeErrors(ui, report, errors ?? [], shown(this.#request.submission));
    if (report.problems.length > 0 || report.verdict !== 'passed' || scenario === undefined) {
      showOutcome(ui, report, FAILURES_SHOWN);
    }
    this.#moveFocus(report, scenario);
    this.#footer(scenario !== undefined && report.verdict === 'passed');
  }

  /** The shrunk run of the last failure: a verdict long before all seeds have run. */
  async #runKept(scenario: string | undefined): Promise<void> {
    const kept = scenario && keptSchedule(this.#root, this.#lab.slug, scenario);
    if (!kept) return;
    const { submission, uses } = this.#request;
    const { seed, plan } = kept;
    const options = { lab: this.#lab.slug, submission, scenario, seed, plan };
    const { result } = await replay({ ...options, ...(uses ? { uses } : {}) }).catch((error) => {
      // Grading will say why it does not build.
      if (error instanceof SubmissionProblems) return { result: undefined };
      throw error;
    });
    if (result === undefined) return;
    const isSame = result.finding?.ruleId === kept.ruleId;
    const outcome =
      result.verdict === 'passed'
        ? 'passes now'
        : isSame
          ? 'breaks the same rule'
          : `now: ${result.finding?.rule ?? result.undecided}`;
    this.#ui.out(`the shrunk run of ${scenario}, seed ${seed}: ${outcome}`);
  }

  /** A scenario that passes stays in focus until the student asks for all. */
  #moveFocus(report: Report, scenario: string | undefined): void {
    if (scenario !== undefined || report.problems.length > 0) return;
    const bad = report.parts.flatMap((p) => p.scenarios).find((s) => s.verdict !== 'passed');
    this.#focus = bad?.id;
  }

  #footer(passesNow: boolean): void {
    const ui = this.#ui;
    const what = this.#focus ?? 'all';
    if (passesNow)
      ui.out('', ui.style.colours.green(`${what} passes now. Press a to test all scenarios.`));
    const keys = [
      `enter ${what} again`,
      this.#focus ? 'a all' : '',
      this.#focus ? 'h hint' : '',
      'q quit',
    ];
    const line = ui.interactive ? keys.filter(Boolean).join(' · ') : 'Ctrl-C quits';
    ui.out('', `watching ${shown(this.#request.submission)}   ${line}`);
  }

  #hint(): void {
    if (this.#focus === undefined || this.#running) return;
    hint(this.#ui, this.#lab.slug, this.#focus)
      .catch((error) => {
        if (!(error instanceof UsageError)) throw error;
        this.#ui.out(error.message);
      })
      .then(() => this.#footer(false))
      .catch(this.#fail);
  }
}
