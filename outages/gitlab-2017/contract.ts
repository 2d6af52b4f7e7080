/** What your runbook and the grader agree on. Given: the grader uses its own copy. */

/** Part R: what happens on the day, one after the other. */
export type Trigger = readonly Event[];

export type Event =
  /** Spam, and a job that deletes a user with all that is theirs: this many megabytes are written. */
  | { readonly do: 'load'; readonly megabytes: number }
  /** The nightly backup runs: on an application server, or on the host of the primary. */
  | { readonly do: 'backup-on-app' | 'backup-on-db' }
  /** `rm -rf` of the data directory on that host. */
  | { readonly do: 'wipe-n1' | 'wipe-n2' }
  /** The standby is stopped, or the network between the two is cut. */
  | { readonly do: 'stop-n2' | 'cut-n2' };

/** What `backup` says. */
export type Backup =
  /**
   * A backup that can be restored, below `cluster.archiveDir`: a file with SQL, as `pg_dump` writes it
   * without `-F`, or a folder that a server starts from.
   */
  | { readonly path: string }
  /** There is none, and why. */
  | { readonly problem: string };

/** What `resync` says. */
export type Resync =
  /** The standby was rebuilt, and follows. */
  | { readonly done: true }
  /** Nothing has changed, and why. */
  | { readonly refused: string };

/** What `audit` says of one copy. */
export interface Copy {
  /** A file in `dumps`, or a folder in `snapshots`. */
  readonly path: string;
  /** Everything that was in the database when it was taken can be read after restoring it. */
  readonly isWhole: boolean;
  /** Of a whole copy: how many rows of `writes` that n1 has now would be gone. */
  readonly lost?: number;
}
