/**
 * Which tasks the datastore lets start: a few at a time, so that each is served quickly. A place that was
 * not given back is free again once its task must have been killed.
 */
const PLACES = 8;
const PLACE_MS = 30_000;

export class Admission {
  readonly #sinceMs = new Map<string, number>();

  mayStart(task: string): boolean {
    const nowMs = Date.now();
    for (const [holder, sinceMs] of this.#sinceMs) {
      if (nowMs - sinceMs > PLACE_MS) this.#sinceMs.delete(holder);
    }
    if (this.#sinceMs.size >= PLACES && !this.#sinceMs.has(task)) return false;
    this.#sinceMs.set(task, nowMs);
    return true;
  }

  started(task: string): void {
    this.#sinceMs.delete(task);
  }
}
