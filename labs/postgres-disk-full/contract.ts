/** What your runbook and the grader agree on. Given: the grader uses its own copy. */

/** Less than so much of the disk free, and somebody has to be told. */
export const FREE_SHARE_MIN = 0.4;

/** What fills a disk. */
export interface Alarm {
  /** The node whose disk it is. */
  readonly node: string;
  /** - `slot`: WAL is kept for a replication slot.
   *  - `archive`: WAL is kept because it cannot be archived.
   *  - `data`: neither; tables and other files have grown. */
  readonly cause: 'slot' | 'archive' | 'data';
  /** Of the slot. */
  readonly slot?: string;
}
