/**
 * Consistency models below those of `transactions/levels.ts`, by what a read must not miss. All of
 * them require one order of the transactions (the arbitration) in which a read returns the newest of
 * what is visible to it; they differ in what must be visible, and in what the order must keep.
 *
 * Sources: Terry et al. 1994 (session guarantees); Viotti and Vukolić 2016 (their formal statement);
 * Biswas and Enea 2019 (read committed, read atomic and causal as axioms on one commit order);
 * Møldrup and Pavlogiannis 2025 (AWDIT: that these are decided by inferred edges and a cycle search).
 */

/** What must be visible to a read of a key. */
export type Visible =
  /** what its session wrote before */
  | 'own writes'
  /** what its session had read before */
  | 'earlier reads'
  /** what was written by a transaction from which its own transaction has already read */
  | 'read in order'
  /** what was written by a transaction from which its own transaction reads anything at all */
  | 'read together'
  /** what had been written before in the session of a transaction that its own one reads from */
  | 'prefix'
  /** what had been read before in the session of a transaction that its own one reads from */
  | 'sources'
  /** all that is before it by sessions and reads, however many steps away */
  | 'causal past';

export interface WeakRow {
  /** How much of each session's own order the arbitration keeps. */
  readonly keepsSessions: 'all' | 'writes' | 'no';
  /** The order puts what a session read before what it wrote later. */
  readonly writesFollowReads?: boolean;
  readonly visible: readonly Visible[];
  /** What a session can rely on, for messages. */
  readonly promise: string;
}

export const WEAK_MODELS = {
  'read-your-writes': {
    keepsSessions: 'no',
    visible: ['own writes'],
    promise: 'a session sees its own writes',
  },
  'monotonic-reads': {
    keepsSessions: 'no',
    visible: ['earlier reads'],
    promise: 'a session never sees less than it has seen before',
  },
  'monotonic-writes': {
    keepsSessions: 'writes',
    visible: ['prefix'],
    promise: 'the writes of a session take effect in order',
  },
  'writes-follow-reads': {
    keepsSessions: 'no',
    writesFollowReads: true,
    visible: ['sources'],
    promise: 'whoever sees a write also sees what its writer had read',
  },
  'monotonic-read-committed': {
    keepsSessions: 'all',
    visible: ['read in order'],
    promise: 'a transaction reads only committed data, and never goes backwards',
  },
  'session-read-atomic': {
    keepsSessions: 'all',
    visible: ['own writes', 'read together'],
    promise: 'a transaction sees all of another, or nothing of it',
  },
  causal: {
    keepsSessions: 'all',
    visible: ['causal past'],
    promise: 'whoever sees a write also sees everything that could have caused it',
  },
} as const satisfies Record<string, WeakRow>;

export type WeakModel = keyof typeof WEAK_MODELS;
