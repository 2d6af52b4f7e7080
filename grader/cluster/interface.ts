/**
 * What scenarios and invariants work with during a run: the nodes, their faults, and the claims.
 * Scenarios are synchronous: virtual time moves only inside `cluster.run…`, so a scenario reads from
 * top to bottom in the order in which things happen.
 */
import type { History } from '../checkers/history.ts';
import type { Model } from '../checkers/models.ts';
import type { NodeId } from '../node.ts';
import type { Finding, FindingKind, Step } from '../report/report.ts';
import type { DiskProfile } from '../sim/disk.ts';
import type { NetworkProfile, WireMessage } from '../sim/network.ts';
import type { Draw } from '../sim/prng.ts';

/** Given to `cluster.fail`, which ends the run with it; when, and the story, are added there. */
export type Failure = Omit<Finding, 'atMs' | 'story'>;

/** Watches one run. Each hook is called right at its event; call `watch.fail` to end the run. */
export interface Invariant {
  readonly name: string;
  /** A message leaves its sender. */
  onSend?(message: WireMessage, watch: Watch): void;
  /** A message is about to be delivered. */
  onDeliver?(message: WireMessage, watch: Watch): void;
  /** A node called `emit`. */
  onEmit?(node: NodeId, name: string, value: unknown, watch: Watch): void;
  /** `inspect()` of a node, after each event on it (a shallow copy; undefined if it has none). */
  onState?(node: NodeId, state: unknown, watch: Watch): void;
  onFsync?(node: NodeId, phase: 'begin' | 'done', watch: Watch): void;
  onCrash?(node: NodeId, watch: Watch): void;
  onBoot?(node: NodeId, watch: Watch): void;
}

/** What an invariant can ask and do. */
export interface Watch {
  /** Virtual time in milliseconds. */
  readonly nowMs: number;
  fail(failure: Failure): never;
  /** Puts a line into the trace, marked as the grader's. */
  note(text: string): void;
}

/**
 * What a scenario works with. All times are virtual; nothing happens between calls. The nodes boot
 * at time 0, but only when time first passes or a node is first touched: anything set before that –
 * filters, cuts, disks, clocks, subscriptions – is in force from the very start.
 */
export interface Cluster {
  readonly seed: number;
  /** All but the clients. */
  readonly nodes: readonly NodeId[];
  /** `c1` …, in labs whose clients are the student's. */
  readonly clients: readonly NodeId[];
  /** Virtual milliseconds since the start of the run. */
  readonly nowMs: number;
  /** Seeded choices for scripts. */
  readonly draw: Draw;
  /** Room for the lab's own bookkeeping during one run, by name; made on first use. */
  state<T>(name: string, make: () => T): T;

  /** Lets `ms` virtual milliseconds pass. */
  run(ms: number): void;
  /**
   * Runs until `condition` holds, checked after each event; false if `withinMs` passed first.
   */
  runUntil(condition: () => boolean, withinMs: number): boolean;
  /** Calls `action` once, `ms` from now, during some `run`. */
  after(ms: number, action: () => void): void;

  /**
   * Calls a method of the node object at once and returns a copy of what it returned. A promise
   * gives `undefined`; use {@link request} for methods that return one.
   * Also returns `undefined` when the node is down or paused.
   */
  invoke(node: NodeId, method: string, ...args: unknown[]): unknown;
  /** Calls an async method; `done` gets a copy of the value when (and if) it settles. */
  request(
    node: NodeId,
    method: string,
    args: readonly unknown[],
    done: (reply: RequestOutcome) => void,
  ): void;
  /** A copy of `inspect()`, or undefined when the node is down. */
  inspect(node: NodeId): unknown;
  isUp(node: NodeId): boolean;
  isPaused(node: NodeId): boolean;
  /**
   * For messages about what did not happen: `; n1,n3 silent since 20.974 s` for those of the nodes that
   * are running but have sent nothing for a second or longer; '' if there are none.
   */
  silence(...nodes: readonly NodeId[]): string;
  /** Sent so far, all kinds of messages or only requests of one method. */
  count(what: 'messages' | 'requests' | 'bytes', method?: string): number;
  /** Size in bytes of all files of a node. */
  diskBytes(node: NodeId): number;
  /**
   * How often a node has passed a boundary at which it could have crashed: `fsync` also counts
   * directories, `write` every other operation that changes the disk, `send` messages.
   */
  passed(node: NodeId, boundary: 'fsync' | 'write' | 'send'): number;
  /** How often a fault actually struck: messages dropped, cut, duplicated or late, crashes … */
  hits(fault: string): number;
  /**
   * Subscribes to what nodes emit. The listener runs in the middle of the node's code, so it must
   * not call the node: use `after(0, …)` for that.
   */
  onEmit(listener: (node: NodeId, name: string, value: unknown) => void): void;
  onBoot(listener: (node: NodeId) => void): void;

  /** Power off: memory is gone, unsynced writes may be. No effect on a node that is down. */
  crash(node: NodeId): void;
  /** Power on: a fresh instance on the same disk. No effect on a node that is up. */
  restart(node: NodeId): void;
  /**
   * Crashes the node right at the boundary, its `after`-th from now: `fsync` – the data is durable, but
   * the node is not told; `write` – written, not synced; `send` – the message has left.
   * For `send`, `method` counts only requests (`appendEntries`) or replies (`appendEntries.reply`).
   */
  crashAt(node: NodeId, boundary: 'fsync' | 'write' | 'send', after: number, method?: string): void;
  /** Cancels a crash point and a failing fsync that have not struck yet. */
  disarm(node: NodeId): void;
  /** Stops the node (a long GC pause); whatever arrives waits, and is delivered at once on resume. */
  pause(node: NodeId): void;
  resume(node: NodeId): void;

  /** Only nodes of the same group hear each other; nodes in no group hear nobody. */
  partition(...groups: readonly (readonly NodeId[])[]): void;
  /** Cuts one node off. */
  isolate(node: NodeId): void;
  /** Cuts one direction of one link, or of all links between two groups. */
  cut(from: NodeId | readonly NodeId[], to: NodeId | readonly NodeId[]): void;
  /** Undoes {@link cut}. */
  mend(from: NodeId | readonly NodeId[], to: NodeId | readonly NodeId[]): void;
  /** Mends all links; latency and loss stay as they are. */
  heal(): void;
  /** Changes how all messages, or those of one link, travel from now on. */
  network(profile: Partial<NetworkProfile>, link?: { from: NodeId; to: NodeId }): void;
  /**
   * Decides the fate of individual messages instead of chance: 'drop', a fixed delay in ms,
   * 'duplicate', or undefined to leave it to chance. Replaces an earlier filter; undefined removes it.
   */
  filter(
    fate: ((message: WireMessage) => 'drop' | 'duplicate' | number | undefined) | undefined,
  ): void;

  disk(node: NodeId, profile: Partial<DiskProfile>): void;
  /** The next fsync fails with EIO, and the data that it should have made durable is lost in a crash. */
  failNextFsync(node: NodeId): void;
  /** From now on at most this many bytes fit (ENOSPC beyond); Infinity to lift. */
  limitDisk(node: NodeId, sizeBytes: number): void;
  /**
   * Bit rot: flips one bit (0 … 7) of a node's durable data; `atByte` counts through its files in name
   * order. No effect beyond the end.
   */
  flipBit(node: NodeId, atByte: number, bit: number): void;
  /**
   * How the next crashes of this node treat unsynced writes: 'seeded' (the default: the seed decides),
   * 'lose' all of them, 'keep' all of them, 'torn': keep the first half of the first one.
   */
  onCrash(node: NodeId, unsynced: 'seeded' | 'lose' | 'keep' | 'torn'): void;
  /**
   * What `context.work` has done so far on the CPUs of a node; `capacity` first changes their number.
   * @default one CPU
   */
  cpu(node: NodeId, capacity?: { workers: number }): Readonly<CpuUse>;
  /** Moves the wall clock of a node; timers do not see it. */
  jumpClock(node: NodeId, ms: number): void;
  /** Makes the clocks of a node, timers too, run faster (> 1) or slower (< 1). */
  clockRate(node: NodeId, rate: number): void;

  /**
   * Performs a built-in step: crash, restart, crashAt, onCrash, pause, resume, partition, isolate,
   * cut, mend, heal, network, disk, failNextFsync, limitDisk, jumpClock, clockRate, with arguments named
   * as above (`node`, `groups`, `from`, `to`, `profile`, `ms`, `rate`, …). Two more, at time 0, make runs
   * smaller: `off` (`node` is never switched on), and `calm`, which takes one source of chance out of the
   * network (`what`: drop, duplicate, late, jitter) except for the messages in `except`.
   */
  perform(step: Step): void;

  /** A claim of the scenario; ends the run as failed when it does not hold. */
  expect(holds: boolean, failure: Omit<Failure, 'kind'> & { readonly kind?: FindingKind }): void;
  /**
   * The claim that a history is linearizable, decided exactly. A failure is reported with the
   * operations that matter; a search that has to give up leaves the run undecided.
   */
  expectLinearizable<State, Input, Output>(
    model: Model<State, Input, Output>,
    history: History<Input, Output>,
  ): void;
  fail(failure: Failure): never;
  /** Puts a line into the trace and the story. */
  note(text: string): void;
  /** A line to show below the result of the scenario, even when it passed: a measurement. */
  tell(line: string): void;
  /**
   * Takes measurements from now on, to be drawn with the result. Once per run.
   */
  chart(everyMs: number, measures: readonly Measure[]): void;
  /** Puts a line into the trace and the story, and a mark into the chart. */
  mark(text: string): void;
  /** A run in which this was not reached is no evidence: it ends as undecided unless it failed. */
  sometimes(name: string, reached: boolean): void;
}

/** Work on the CPUs of a node: a live view. */
export interface CpuUse {
  readonly workers: number;
  /** Pieces of work under way, and those waiting for a CPU. */
  readonly busy: number;
  readonly waiting: number;
  /** Pieces that are done, and the CPU milliseconds that they took. */
  readonly served: number;
  readonly workedMs: number;
}

/** Something to be drawn over time. */
export interface Measure {
  readonly name: string;
  /** `%`, `/s` or another short unit; '' for numbers of things. */
  readonly unit: string;
  /** A `level` is drawn as it is read; a `count`, which only grows, as its increase per second. */
  readonly of: 'level' | 'count';
  /** The measure whose scale this one is drawn on, for comparison. @default its own */
  readonly scaledAs?: string;
  readonly read: () => number;
}

/** `where` in the submission the error was made, to stand behind it: ` at client.ts:41:7`, or ''. */
export type RequestOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string; readonly where: string };
