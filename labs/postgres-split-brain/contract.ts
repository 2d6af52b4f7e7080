/** What your runbook and the grader agree on. Given: the grader uses its own copy. */

/** A row of the table `salvaged`, on the node that stays the primary. */
export interface Salvaged {
  /** The `id` of a row of `accounts`. */
  readonly id: number;
  /**
   * - `missing`: only the old primary has this row.
   * - `conflict`: both have it, and both changed it after they had parted.
   */
  readonly kind: 'missing' | 'conflict';
  /** The balance on the old primary. */
  readonly balance: number;
}
