/** What a leader has begun to do, by name, so that nothing is begun again while it is under way. */
export class Jobs {
  readonly #busy = new Map<string, Promise<void>>();

  /** Resolves when that job has ended, whoever began it. */
  begin(name: string, job: () => Promise<void>): Promise<void> {
    const busy = this.#busy.get(name);
    if (busy !== undefined) return busy;
    const promise = job().finally(() => this.#busy.delete(name));
    this.#busy.set(name, promise);
    return promise;
  }
}
