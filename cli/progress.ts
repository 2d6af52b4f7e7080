/**
 * How far a grading has got: one line that is redrawn on a terminal, a line now and then in a pipe or
 * a log. Always on stderr, so that results can be piped.
 */
import type { Progress } from '../grader/grade.ts';

const BAR_CELLS = 24;
const DRAW_EVERY_MS = 60;
/** In a log: a line at most this often. A run that ends sooner writes none. */
const LOG_EVERY_MS = 10_000;

export interface ProgressTarget {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class ProgressLine {
  readonly #target: ProgressTarget;
  readonly #nowMs: () => number;
  #done = 0;
  #total = 0;
  #doing = '';
  #lastMs: number;
  #isDrawn = false;

  constructor(target: ProgressTarget = process.stderr, nowMs = () => performance.now()) {
    this.#target = target;
    this.#nowMs = nowMs;
    this.#lastMs = target.isTTY ? Number.NEGATIVE_INFINITY : nowMs();
  }

  update(event: Progress): void {
    if (event.type === 'planned') this.#total = event.seeds;
    else if (event.type === 'seeds') {
      this.#done = event.done;
      this.#total = event.total;
    } else if (event.type === 'shrinking') {
      this.#doing = `shrinking the failure of ${event.scenario}`;
    } else this.#doing = '';
    this.#show(event.type === 'planned' || event.type === 'shrinking');
  }

  /** Removes the line, so that something else can be printed. It comes back with the next update. */
  clear(): void {
    if (this.#isDrawn) this.#target.write('\r\u001b[2K');
    this.#isDrawn = false;
    if (this.#target.isTTY) this.#lastMs = Number.NEGATIVE_INFINITY;
  }

  #show(atOnce: boolean): void {
    const nowMs = this.#nowMs();
    const { isTTY } = this.#target;
    // A terminal without a size reports 0.
    const columns = this.#target.columns || 80;
    if (
      isTTY ? !atOnce && nowMs - this.#lastMs < DRAW_EVERY_MS : nowMs - this.#lastMs < LOG_EVERY_MS
    )
      return;
    this.#lastMs = nowMs;
    const counts = `${this.#done}/${this.#total} runs`;
    if (!isTTY) {
      this.#target.write(`lab: ${counts}${this.#doing ? `, ${this.#doing}` : ''}\n`);
      return;
    }
    const share = this.#total === 0 ? 0 : this.#done / this.#total;
    const filled = Math.round(share * BAR_CELLS);
    const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_CELLS - filled)}]`;
    const line = `${bar} ${counts}  ${this.#doing}`.trimEnd();
    this.#target.write(`\r\u001b[2K${line.slice(0, Math.min(columns, 80) - 1)}`);
    this.#isDrawn = true;
  }
}
