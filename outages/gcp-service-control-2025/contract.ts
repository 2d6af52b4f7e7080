/**
 * The contract of the outage: policies, how a task starts, and what a trigger may say. Given; the grader
 * uses its own copy.
 */
import type { NodeContext } from 'faultlab/node';

/** A quota policy. Whoever wrote it should have filled in everything. */
export interface Policy {
  readonly name: string;
  /** Requests a minute that a customer may make; absent when somebody left it blank. */
  readonly quota?: { readonly perMinute: number };
}

/** A customer's request, and how many came before it in this minute. */
export interface Request {
  readonly policy: string;
  readonly usedThisMinute: number;
}

/** The RPCs of the datastore of the region. */
export interface StoreRpcs {
  /** One of the rows that a task needs before it can serve. Costs the datastore CPU time. */
  read(args: { readonly row: number }): Policy;
  /** May this task begin to read? Cheap. See `Admission`. */
  mayStart(args: Record<string, never>): boolean;
  /** It has read everything, or has given up. */
  started(args: Record<string, never>): null;
}

/** What a task reports to the grader. */
export interface TaskOutputs {
  /** It begins to read. */
  starting: Record<string, never>;
  up: { readonly afterMs: number };
  down: { readonly reason: 'crashed' | 'too-slow' };
  /** Row by row, whether its policy lets a request through: one far within every quota, and one beyond. */
  judged: { readonly within: readonly boolean[]; readonly beyond: readonly boolean[] };
}

export type StoreContext = NodeContext<StoreRpcs, Record<string, never>>;
export type TaskContext = NodeContext<StoreRpcs, TaskOutputs>;

/** How a run is set up; the grader chooses. */
export interface Settings {
  /** Rows that a task reads before it serves, one after another. */
  readonly rows: number;
  /** CPU time of the datastore for one row. */
  readonly readMs: number;
  /** A task that does not serve by then is killed, and begins again. */
  readonly startWithinMs: number;
}

/** What is known when a task is about to start. */
export interface Attempt {
  /** How many times in a row it had already crashed or been too slow; 0 after the first failure. */
  readonly failures: number;
}

/** What `Start` in `start.ts` can ask for. */
export interface Region {
  /** Asks `Admission` of the datastore. @throws {RpcError} no answer within 5 s */
  mayStart(): Promise<boolean>;
}

/** One thing that happens to the region. Virtual time. */
export type Disturbance =
  /** A policy with blank fields is in the datastore, until somebody takes it out. */
  | { readonly do: 'blank-policy'; readonly atMs: number; readonly forMs: number }
  /** This share of the tasks is restarted at once, 0 … 1. */
  | { readonly do: 'restart-tasks'; readonly share: number; readonly atMs: number }
  /** The datastore answers nothing. */
  | { readonly do: 'stop-datastore'; readonly atMs: number; readonly forMs: number };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
