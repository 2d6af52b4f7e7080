/** What your runbook and the grader agree on. Given: the grader uses its own copy. */

/** When less than this share of the disk is free, somebody has to be told. */
export const FREE_SHARE_MIN = 0.4;

/** What is filling a disk. */
export interface Alarm {
  /** The node whose disk it is. */
  readonly node: string;
  /** - `slot`: WAL is kept for a replication slot.
   *  - `archive`: WAL is kept because it cannot be archived.
   *  - `data`: neither; tables and other files have grown. */
  readonly cause: 'slot' | 'archive' | 'data';
  /** The slot's name, when the cause is a slot. */
  readonly slot?: string;
}
