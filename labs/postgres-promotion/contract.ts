/** What your runbook and the grader agree on. Given: the grader uses its own copy. */

/**
 * What is known about a write when its call returns.
 *
 * - `ok`: it is committed, with everything that the cluster promises. It will be there after a failover.
 * - `fail`: it has not happened, and will not.
 * - `unknown`: it may have happened, or not, or on one node only.
 */
export type Outcome = 'ok' | 'fail' | 'unknown';
