/** What your code and the grader agree on. Given: the grader uses its own copy. */

/**
 * One operation on the table `lists (key int PRIMARY KEY, items int[])`: append a value to the list of a
 * key (there may be none yet), or read the list of a key, which is `[]` when there is none.
 */
export type ListOperation =
  | readonly ['append', key: number, value: number]
  | readonly ['r', key: number, items: readonly number[] | null];

/**
 * What has become of a transaction.
 *
 * - a list of operations: it has committed, and these are the same operations, in the same order, with what
 *   the reads saw;
 * - `aborted`: it has not happened, and will not;
 * - `unknown`: it may have happened, once.
 */
export type Ended = readonly ListOperation[] | 'aborted' | 'unknown';
