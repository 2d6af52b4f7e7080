/**
 * What was found wrong, one entry for each kind of anomaly. A broken system shows the same anomaly
 * thousands of times; one of them is told, the rest counted.
 */
import type { AnomalyName } from './levels.ts';

/** Says "T2" for a transaction; each story numbers its own. */
export type Name = (transaction: number) => string;

export interface Finding {
  readonly name: AnomalyName;
  /** Indices into the history. For a cycle: in its order, each before the next, the last before the first. */
  readonly transactions: readonly number[];
  /** One sentence for each step of the argument. */
  readonly argument: (name: Name) => readonly string[];
}

export interface Anomaly extends Finding {
  /** How many were found; for cycles, one for each group of entangled transactions. */
  readonly times: number;
}

export class Findings {
  readonly #byName = new Map<AnomalyName, Anomaly>();

  /** The shortest is kept; of equals, the first. */
  add(finding: Finding): void {
    const known = this.#byName.get(finding.name);
    const times = (known?.times ?? 0) + 1;
    const better = known === undefined || finding.transactions.length < known.transactions.length;
    this.#byName.set(finding.name, { ...(better ? finding : known), times });
  }

  has(name: AnomalyName): boolean {
    return this.#byName.has(name);
  }

  all(): readonly Anomaly[] {
    return [...this.#byName.values()];
  }
}

/** What a kind of history (lists, registers) says about the order of its transactions. */
export interface Dependencies {
  /** transaction → 1 when it took effect: acknowledged, or unknown but seen */
  readonly counts: Uint8Array;
  /** Why `from` is before `to`, by one edge of `kind` (WW, WR or RW). */
  explain(from: number, to: number, kind: number, name: Name): string;
  /**
   * Adds what is wrong with one transaction or a pair and also shows as a cycle, namely lost updates
   * and fractured reads. Called only for transactions on cycles.
   */
  inspect(transaction: number, findings: Findings): void;
}
