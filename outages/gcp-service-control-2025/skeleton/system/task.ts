/**
 * A task of Service Control: reads all policies when it starts, then judges requests by them, and reads
 * again what changes. Whatever crashes it, or makes it too slow, makes it start all over.
 */
import { RpcError, sleep } from 'faultlab/node';
import { Check } from '../check.ts';
import type { Policy, Region, Settings, TaskContext } from '../contract.ts';
import { Start } from '../start.ts';

const READ = { timeoutMs: 120_000 };
const ASK = { timeoutMs: 5000 };
/** A task that has served for this long has not failed lately. */
const HEALTHY_MS = 60_000;
const JUDGE_EVERY_MS = 5000;

export class Task implements Region {
  readonly #node: TaskContext;
  readonly #store: string;
  readonly #start: Start = new Start(this);
  #settings: Settings = { rows: 0, readMs: 0, startWithinMs: 0 };
  /** Counts lives: what belongs to an earlier one is of no use. */
  #life = 0;
  #failures = 0;
  #check: Check | undefined;

  constructor(node: TaskContext) {
    this.#node = node;
    this.#store = node.peers[0] as string;
  }

  /** Called by the grader: the run begins, with all tasks up. */
  begin(settings: Settings, policies: readonly Policy[]): void {
    this.#settings = settings;
    void this.#serve(++this.#life, new Check(policies));
  }

  /** Called by the grader: this row was changed; changes are everywhere within seconds. */
  async policyChanged(row: number): Promise<void> {
    const life = this.#life;
    try {
      const policy = await this.#node.call(this.#store, 'read', { row }, READ);
      if (life === this.#life) this.#check?.update(policy);
    } catch (error) {
      if (!(error instanceof RpcError)) this.#fail(life, 'crashed');
    }
  }

  /** Called by the grader: the process is killed. */
  kill(): void {
    this.#fail(this.#life, 'crashed');
  }

  mayStart(): Promise<boolean> {
    return this.#node.call(this.#store, 'mayStart', {}, ASK);
  }

  #fail(life: number, reason: 'crashed' | 'too-slow'): void {
    if (life !== this.#life) return;
    this.#check = undefined;
    this.#node.emit('down', { reason });
    this.#boot(++this.#life, this.#failures++);
  }

  async #boot(life: number, failures: number): Promise<void> {
    await this.#start.before({ failures });
    if (life !== this.#life) return;
    this.#node.emit('starting', {});
    const { rows, startWithinMs } = this.#settings;
    const beganAtMs = performance.now();
    let isUp = false;
    setTimeout(() => {
      if (!isUp) this.#fail(life, 'too-slow');
    }, startWithinMs);
    const policies: Policy[] = [];
    try {
      for (let row = 0; row < rows && life === this.#life; row++) {
        policies.push(await this.#node.call(this.#store, 'read', { row }, READ));
      }
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return;
    }
    // A task that was killed says nothing any more.
    if (life !== this.#life) return;
    this.#node.call(this.#store, 'started', {}, ASK).catch(() => {});
    isUp = true;
    this.#node.emit('up', { afterMs: Math.round(performance.now() - beganAtMs) });
    try {
      void this.#serve(life, new Check(policies));
    } catch {
      this.#fail(life, 'crashed');
    }
  }

  async #serve(life: number, check: Check): Promise<void> {
    const upAtMs = performance.now();
    this.#check = check;
    await sleep(JUDGE_EVERY_MS * Math.random());
    while (life === this.#life) {
      if (performance.now() - upAtMs > HEALTHY_MS) this.#failures = 0;
      try {
        this.#judge(check);
      } catch {
        this.#fail(life, 'crashed');
        return;
      }
      await sleep(JUDGE_EVERY_MS);
    }
  }

  /** Two requests under each policy: one far within every quota, and one beyond most. */
  #judge(check: Check): void {
    const rows = Array.from({ length: this.#settings.rows }, (_, row) => `policy-${row}`);
    this.#node.emit('judged', {
      within: rows.map((policy) => check.allows({ policy, usedThisMinute: 10 })),
      beyond: rows.map((policy) => check.allows({ policy, usedThisMinute: 1000 })),
    });
  }
}
