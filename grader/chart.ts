/**
 * Measurements over the virtual time of a run: how a scenario shows goodput, a queue, retries. They
 * are taken by the simulation itself at fixed intervals, so they are the same in every run of a seed,
 * and they are not events of the system: a run that is measured keeps its trace hash.
 */
import type { Measure } from './cluster/interface.ts';
import type { Chart } from './report/report.ts';
import type { Simulation } from './sim/simulation.ts';

/** Four digits say all that a picture can show. */
const rounded = (value: number) => Number(value.toPrecision(4));

export class ChartRecorder {
  readonly #simulation: Simulation;
  readonly #everyMs: number;
  readonly #measures: readonly Measure[];
  readonly #values: number[][];
  readonly #marks: { atMs: number; text: string }[] = [];
  /** What the counters last said. */
  readonly #counted: number[];

  constructor(simulation: Simulation, everyMs: number, measures: readonly Measure[]) {
    this.#simulation = simulation;
    this.#everyMs = everyMs;
    this.#measures = measures;
    this.#values = measures.map(() => []);
    this.#counted = measures.map(() => 0);
    this.#tick();
  }

  mark(text: string): void {
    this.#marks.push({ atMs: this.#simulation.nowMs, text });
  }

  get chart(): Chart {
    return {
      everyMs: this.#everyMs,
      rows: this.#measures.map(({ name, unit, scaledAs }, i) => {
        const values = this.#values[i] as number[];
        return { name, unit, values, ...(scaledAs ? { scaledAs } : {}) };
      }),
      marks: this.#marks,
    };
  }

  #tick(): void {
    this.#simulation.schedule(this.#everyMs * 1000, () => {
      this.#measures.forEach((measure, i) => {
        this.#values[i]?.push(rounded(this.#read(measure, i)));
      });
      this.#tick();
    });
  }

  #read(measure: Measure, i: number): number {
    const value = measure.read();
    if (measure.of === 'level') return value;
    const increase = value - (this.#counted[i] as number);
    this.#counted[i] = value;
    return increase / (this.#everyMs / 1000);
  }
}
