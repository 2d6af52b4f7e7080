/**
 * The contract of the outage: databases in two regions, what the failover sees and can do, and what a
 * trigger may say. Given; the grader uses its own copy.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

export type Region = 'east' | 'west';

/** Under which primary something was written: each promotion begins a higher epoch. */
export type Epoch = number;

/** A write as it lies in the log of a database. */
export interface Entry {
  readonly id: string;
  readonly epoch: Epoch;
}

/** From which position on the entries of a log are of which epoch, and where it ends. */
export interface EpochHistory {
  readonly epochs: readonly { readonly epoch: Epoch; readonly from: number }[];
  readonly end: number;
}

export interface Status {
  readonly isPrimary: boolean;
  readonly epoch: Epoch;
  /** How many writes it has. */
  readonly position: number;
  /** Of a replica: since the database that it follows has answered. */
  readonly sourceSilentMs: number;
  /** It has writes that the database it follows has not, and so cannot follow it. */
  readonly isDiverged: boolean;
}

export interface DatabaseRpcs {
  /** An application's. Refused unless the database is the primary, and may still believe it. */
  write(args: { readonly id: string }): { readonly ok: boolean; readonly epoch: Epoch };
  /** What comes after a position, as long as the entry before it is the same here. */
  entries(args: {
    readonly after: number;
    readonly last: Entry | null;
  }): { readonly entries: readonly Entry[] } | { readonly diverged: true };
  history(args: Record<string, never>): EpochHistory;
  /** The controller's, as all below. The primary refuses writes when not asked for `leaseMs`. */
  status(args: { readonly leaseMs: number | null }): Status;
  promote(args: { readonly epoch: Epoch }): boolean;
  follow(args: { readonly source: NodeId; readonly epoch: Epoch }): boolean;
  setAside(args: Record<string, never>): number;
  rejoin(args: Record<string, never>): number;
  /** An application's question to the controller: whom to write to? */
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

/** A database as the controller has seen it last. */
export interface Seen extends Status {
  readonly name: NodeId;
  readonly region: Region;
  /** Since it answered last; everything else is as it said then. Asked once a second. */
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
   * Makes a database the primary. When the old one answers it stops first, and the new one is given up to
   * 5 s to get what it has; otherwise the new one takes writes at once, with what it has. All databases
   * that can be reached follow it, now or later, and applications are told. False when it did not answer.
   */
  promote(name: NodeId): Promise<boolean>;
  /**
   * Hands the writes of a diverged database that the primary has not to people, who will bring them back
   * in. Resolves to their number; undefined when somebody did not answer.
   */
  setAside(name: NodeId): Promise<number | undefined>;
  /**
   * Takes the writes that the primary has not away from a diverged database, so that it can follow. They
   * are gone, but for those that were set aside. Resolves to their number.
   */
  rejoin(name: NodeId): Promise<number | undefined>;
}

/** One thing that happens, from `atMs` until `forMs` later. Virtual time. */
export type Disturbance =
  /** The data centre in the East cannot be reached from outside; within it all is well. */
  | { readonly do: 'cut-east'; readonly atMs: number; readonly forMs: number }
  /** Everything in the East hangs, and goes on later where it was. */
  | { readonly do: 'hang-east'; readonly atMs: number; readonly forMs: number }
  /** The primary hangs. */
  | { readonly do: 'hang-primary'; readonly atMs: number; readonly forMs: number }
  /** The controller cannot be reached. */
  | { readonly do: 'cut-controller'; readonly atMs: number; readonly forMs: number };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
