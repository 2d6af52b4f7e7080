/**
 * A history: what clients asked and what they were told. It is all that a consistency checker gets
 * to see, wherever it was recorded: in a simulation, on real servers, or in somebody else's tests.
 *
 * Time is any number that grows: virtual milliseconds, microseconds, or line numbers of a log. An
 * operation occupies the closed interval from its call to its return. If one operation returns at the
 * very time at which another is called, the two are concurrent: to take them as ordered could blame a
 * system for the granularity of a clock.
 */

/**
 * How an operation ended, as far as its client knows.
 * - `ok`: it happened, with this output.
 * - `fail`: it certainly did not happen.
 * - `unknown`: no answer. It may take effect at any time after its call, or never.
 */
export type Outcome = 'ok' | 'fail' | 'unknown';

export interface Operation<Input = unknown, Output = unknown> {
  /** Who asked. One client has at most one operation open at a time. */
  readonly client: string;
  readonly input: Input;
  /** Meaningful for `ok` only. */
  readonly output?: Output;
  readonly outcome: Outcome;
  readonly callAt: number;
  /** Infinity while `outcome` is `unknown`. */
  readonly returnAt: number;
  /** Its place in its source, for messages: a line number, say. */
  readonly line?: number;
}

export type History<Input = unknown, Output = unknown> = readonly Operation<Input, Output>[];
