/** What your runbook and the grader agree on. Given: the grader uses its own copy. */

/** Part R: what has happened to the database, one after the other. */
export type Trigger = readonly Event[];

export type Event =
  /** This many million transactions that write: the counter of transactions moves on. */
  | { readonly do: 'writes'; readonly millions: number }
  /** Somebody follows bad advice, and turns autovacuum off. */
  | { readonly do: 'autovacuum-off' }
  /** A consumer of changes is set up (a logical slot), and forgotten. */
  | { readonly do: 'forgotten-slot' }
  /** The server is restarted. */
  | { readonly do: 'restart' };

/** What keeps old transactions from being frozen. */
export type Holder =
  /** A replication slot, by its name. */
  | { readonly kind: 'slot'; readonly name: string }
  /** A session that keeps vacuum from a table. */
  | { readonly kind: 'session'; readonly pid: number };

/** What `alarms` says once half of all transactions are used up: 2^30 of the 2^31 that can be told apart. */
export interface Alarm {
  /** What holds freezing back; nothing when vacuum alone will do. */
  readonly holders: readonly Holder[];
}
