/**
 * What watches a run: the lab's invariants, and its scenarios' listeners. They are called below code
 * of a submission, which could catch what they throw; so that is kept, and rethrown after the event.
 */

import type { NodeId } from '../node.ts';
import type { Finding } from '../report/report.ts';
import type { Invariant, Watch } from './interface.ts';

/** Ends a run: with a finding, or because of a fault of the grader itself. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(finding.rule);
    this.finding = finding;
  }
}

export class Watchers {
  readonly emits: ((node: NodeId, name: string, value: unknown) => void)[] = [];
  readonly boots: ((node: NodeId) => void)[] = [];
  /** Some invariant looks at messages. */
  readonly seeMessages: boolean;
  /** Some invariant looks at states: then `inspect` is part of the run. */
  readonly seeStates: boolean;
  readonly #invariants: readonly Invariant[];
  readonly #watch: Watch;
  /** What was thrown, until the event is over. */
  #ended: unknown;

  constructor(invariants: readonly Invariant[], watch: Watch) {
    this.#invariants = invariants;
    this.#watch = watch;
    this.seeMessages = invariants.some((i) => i.onSend || i.onDeliver);
    this.seeStates = invariants.some((i) => i.onState);
  }

  notify(tell: (invariant: Invariant, watch: Watch) => void): void {
    if (this.#ended !== undefined) return;
    try {
      for (const invariant of this.#invariants) tell(invariant, this.#watch);
    } catch (error) {
      this.#ended ??= error;
    }
  }

  /** Runs code of a lab below code of a submission: its exception must wait. */
  observe(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#ended ??= error;
    }
  }

  /** @throws {RunEnded} if something has been found meanwhile */
  check(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** What was found below code of a submission that has not returned. */
  get pending(): Finding | undefined {
    return this.#ended instanceof RunEnded ? this.#ended.finding : undefined;
  }
}
