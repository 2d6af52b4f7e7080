/**
 * The contract of the replicated store lab: what your classes offer and what passes over the
 * network. Given; the grader uses its own copy.
 */

/** Why a store did not do what it was asked. */
export type StoreError =
  /** The disk refused. The put may be found later, or not: nobody is told that it is safe. */
  | 'disk'
  /** What is on the disk is not what was written there. The store serves nothing any more. */
  | 'corrupt';

export type StorePut = { readonly ok: true } | { readonly ok: false; readonly error: StoreError };

export type StoreGet =
  /** `null`: the key was never put. */
  | { readonly ok: true; readonly value: string | null }
  | { readonly ok: false; readonly error: 'corrupt' };

/** Part A: a store on one disk. Runs on `s1`; the grader calls it directly, without a network. */
export interface StoreLike {
  /**
   * Called once per boot, after the constructor. Calls of `put` and `get` may come before its
   * promise resolves; they wait.
   */
  start(): Promise<void>;

  /**
   * Resolves to `{ ok: true }` when no crash can lose the value any more: not earlier. Puts may
   * overlap, also on one key. Never rejects.
   */
  put(key: string, value: string): Promise<StorePut>;

  /**
   * The last value that was put. What was read once is not lost by a crash either: a value must not
   * be shown before it is safe. Never rejects.
   */
  get(key: string): Promise<StoreGet>;
}
