/**
 * The contract of the outage: databases in two regions, what the failover sees and can do, and what a
 * trigger may say. Given; the grader uses its own copy.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

export type Region = 'east' | 'west';

/** Under which primary something was written: each promotion begins a higher epoch. */
export type Epoch = number;

/** A write as it stands in the log of a database. */
export interface Entry {
  readonly id: string;
  readonly epoch: Epoch;
}

/** The position at which each epoch of a log begins, and where the log ends. */
export interface EpochHistory {
  readonly epochs: readonly { readonly epoch: Epoch; readonly from: number }[];
  readonly end: number;
}

export interface Status {
  readonly isPrimary: boolean;
  readonly epoch: Epoch;
  /** How many writes it has. */
  readonly position: number;
  /** Of a replica: time since the database that it follows last answered. */
  readonly sourceSilentMs: number;
  /** It has writes that the database it follows lacks, and so cannot follow it. */
  readonly isDiverged: boolean;
}

export interface DatabaseRpcs {
  /** Called by an application. Refused unless the database is the primary, and may still believe so. */
  write(args: { readonly id: string }): { readonly ok: boolean; readonly epoch: Epoch };
  /** What comes after a position, as long as the entry before it is the same here. */
  entries(args: {
    readonly after: number;
    readonly last: Entry | null;
  }): { readonly entries: readonly Entry[] } | { readonly diverged: true };
  history(args: Record<string, never>): EpochHistory;
  /** Called by the controller, as is all below. A primary not asked for `leaseMs` refuses writes. */
  status(args: { readonly leaseMs: number | null }): Status;
  promote(args: { readonly epoch: Epoch }): boolean;
  follow(args: { readonly source: NodeId; readonly epoch: Epoch }): boolean;
  setAside(args: Record<string, never>): number;
  rejoin(args: Record<string, never>): number;
  /** Asked by an application of the controller: which database to write to? */
  primary(args: Record<string, never>): { readonly primary: NodeId; readonly epoch: Epoch };
}

/** What nodes report to the grader. */
export interface DatabaseOutputs {
  promoted: { readonly epoch: Epoch };
  diverged: { readonly from: NodeId };
  'set-aside': { readonly writes: readonly string[] };
  discarded: { readonly writes: readonly string[] };
}
export interface AppOutputs {
  written: {
    readonly write: string;
    readonly by: NodeId;
    readonly epoch: Epoch;
    readonly tookMs: number;
  };
  failed: { readonly write: string };
}

export type DatabaseContext = NodeContext<DatabaseRpcs, DatabaseOutputs>;
export type AppContext = NodeContext<DatabaseRpcs, AppOutputs>;
export type ControllerContext = NodeContext<DatabaseRpcs, Record<string, never>>;

/** A database as the controller last saw it. */
export interface Seen extends Status {
  readonly name: NodeId;
  readonly region: Region;
  /** Time since it last answered; everything else is as of then. Asked once a second. */
  readonly silentMs: number;
}

export interface View {
  /** The one that was promoted last, whether it can be reached or not. */
  readonly primary: Seen;
  readonly replicas: readonly Seen[];
}

/** What `Failover` in `failover.ts` can do. */
export interface Fleet {
  /**
   * Makes a database the primary. If the old one answers, it stops first, and the new one gets up to 5 s
   * to fetch what it lacks; otherwise the new one takes writes at once, with what it has. All databases
   * that can be reached follow it, now or later, and applications are told. False when it did not answer.
   */
  promote(name: NodeId): Promise<boolean>;
  /**
   * Hands over to people the writes of a diverged database that the primary lacks; they will bring them
   * back in. Resolves to the number of writes; undefined when somebody did not answer.
   */
  setAside(name: NodeId): Promise<number | undefined>;
  /**
   * Takes the writes that the primary lacks away from a diverged database, so that it can follow. They
   * are gone, except for those that were set aside. Resolves to their number.
   */
  rejoin(name: NodeId): Promise<number | undefined>;
}

/** One thing that happens, from `atMs` until `forMs` later. Virtual time. */
export type Disturbance =
  /** The data centre in the East cannot be reached from outside; within it all is well. */
  | { readonly do: 'cut-east'; readonly atMs: number; readonly forMs: number }
  /** Everything in the East hangs, and later goes on where it was. */
  | { readonly do: 'hang-east'; readonly atMs: number; readonly forMs: number }
  /** The primary hangs. */
  | { readonly do: 'hang-primary'; readonly atMs: number; readonly forMs: number }
  /** The controller cannot be reached. */
  | { readonly do: 'cut-controller'; readonly atMs: number; readonly forMs: number };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
