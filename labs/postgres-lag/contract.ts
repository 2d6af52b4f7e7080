/** What your runbook and the grader agree on. Given: the grader uses its own copy. */

/**
 * Why a standby is behind.
 *
 * - `none`: it is not, or by less than 64 kB.
 * - `slow link`: the WAL does not get there as fast as it is written.
 * - `replay paused`: the WAL is there, but somebody has told the standby not to replay it.
 * - `apply delay`: the standby is configured to replay later.
 * - `query conflict`: replay waits for a transaction on the standby that still needs what it would
 *   remove.
 */
export type Cause = 'none' | 'slow link' | 'replay paused' | 'apply delay' | 'query conflict';

export interface Diagnosis {
  /** `n2`, `n3`. */
  readonly standby: string;
  /** WAL that the primary has written and this standby has not replayed, in bytes. */
  readonly bytesBehind: number;
  readonly cause: Cause;
}

/** What a read must be at least as new as: an LSN, as text. */
export type Token = string;
