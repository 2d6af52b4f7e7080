/** Deadlines. Nothing in `systems/` waits without one, and each says what it waited for. */
import { ServerError, sleep } from './postgres.ts';

/** The machine, not the submission, is at fault: exit code 3, never a fail. */
export class InfrastructureError extends Error {
  override readonly name = 'InfrastructureError';
}

/** A deadline passed. The message names the wait, its length and what was seen last. */
export class Overdue extends ServerError {
  readonly waitedMs: number;

  constructor(what: string, waitedMs: number, seen?: string) {
    const last = seen === undefined ? '' : `; last seen: ${seen}`;
    super(`waited ${(waitedMs / 1000).toFixed(0)} s for ${what}${last}`);
    this.waitedMs = waitedMs;
  }
}

export interface WaitOptions {
  readonly withinMs: number;
  /** @default 10 */
  readonly everyMs?: number;
  /** What to report as seen last, when time runs out. */
  readonly seen?: () => string | Promise<string>;
}

/** Polls until `ask` gives something other than false or undefined. @throws {Overdue} */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | false | undefined> | T | false | undefined,
  { withinMs, everyMs = 10, seen }: WaitOptions,
): Promise<T> {
  const startMs = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() - startMs > withinMs) throw new Overdue(what, withinMs, await seen?.());
    await sleep(everyMs);
  }
}

/** The promise, or {@link Overdue} when it takes longer. */
export async function within<T>(what: string, ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Overdue(what, ms)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
