/**
 * The database: what was last published, by key. A query costs CPU time, and waits in a line when there
 * are many; what does not fit into the line is never answered.
 */
import type { Settings, StoreContext, Value } from '../contract.ts';

const LINE_MAX = 200;

export class Database {
  readonly #node: StoreContext;
  readonly #values = new Map<string, Value>();
  #queryMs = 0;
  #waiting = 0;

  constructor(node: StoreContext) {
    this.#node = node;
    node.serve('query', ({ key }) => this.#query(key));
  }

  /** Called by the grader: the run begins. */
  configure({ queryMs }: Settings): void {
    this.#queryMs = queryMs;
  }

  /** Called by the grader: somebody has changed a value. */
  publish(key: string, value: Value): void {
    this.#values.set(key, value);
  }

  async #query(key: string): Promise<Value> {
    if (this.#waiting >= LINE_MAX) await new Promise(() => {});
    this.#waiting++;
    await this.#node.work(this.#queryMs);
    this.#waiting--;
    return this.#values.get(key) ?? { version: 0, limit: 0 };
  }
}
