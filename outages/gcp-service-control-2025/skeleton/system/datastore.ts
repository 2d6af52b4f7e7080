/** The datastore of the region: policies, row by row, and who may read them all. */
import { Admission } from '../admit.ts';
import type { Policy, Settings, StoreContext } from '../contract.ts';

/** Cost of a question that reads nothing. */
const ASK_MS = 2;
const WAITING_MAX = 2000;
const QUOTA = 100;

export class Datastore {
  readonly #node: StoreContext;
  readonly #admission = new Admission();
  #readMs = 0;
  readonly #quotas = new Map<number, number | undefined>();
  #waiting = 0;

  constructor(node: StoreContext) {
    this.#node = node;
    node.serve('read', ({ row }) => this.#read(row));
    node.serve('mayStart', async (_args, from) => {
      await node.work(ASK_MS);
      return this.#admission.mayStart(from);
    });
    node.serve('started', (_args, from) => {
      this.#admission.started(from);
      return null;
    });
  }

  /** Called by the grader: the run begins. */
  configure({ readMs }: Settings): void {
    this.#readMs = readMs;
  }

  /** Called by the grader: somebody writes a policy; without a quota its fields are blank. */
  write(row: number, quota?: number): void {
    this.#quotas.set(row, quota);
  }

  async #read(row: number): Promise<Policy> {
    // What does not fit is never answered.
    if (this.#waiting >= WAITING_MAX) await new Promise(() => {});
    this.#waiting++;
    await this.#node.work(this.#readMs);
    this.#waiting--;
    const name = `policy-${row}`;
    const perMinute = this.#quotas.has(row) ? this.#quotas.get(row) : QUOTA;
    return perMinute === undefined ? { name } : { name, quota: { perMinute } };
  }
}
