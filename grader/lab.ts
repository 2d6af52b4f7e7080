/**
 * What a lab is, to its author. A lab is data and a few pure functions; the grader owns all control
 * flow. A lab is simulated, or it runs on real servers. In a simulated one `run` functions are
 * synchronous: virtual time moves only inside `cluster.run…`, so a scenario reads from top to bottom
 * in the order in which things happen.
 */
import type { History } from './checkers/history.ts';
import type { Model } from './checkers/models.ts';
import type { Explain } from './explain/question.ts';
import type { Crew } from './names.ts';
import type { NodeId } from './node.ts';
import type { FindingKind, Step, ToldOperation } from './report/report.ts';
import type { DiskProfile } from './sim/disk.ts';
import type { NetworkProfile, WireMessage } from './sim/network.ts';
import type { Draw } from './sim/prng.ts';
import type { ClusterSpec } from './systems/cluster.ts';
import type { Drill } from './systems/drill.ts';
import type { Capability } from './systems/machine.ts';

export type { DiskProfile, Draw, NetworkProfile, WireMessage };

/** What every lab has; it is a {@link SimulatedLab} or a {@link PostgresLab}. */
export interface Lab {
  /** What the nodes are: absent in a simulation. */
  readonly on?: 'postgres' | undefined;
  /** The folder name, and the name on the command line. */
  readonly slug: string;
  readonly title: string;
  /** One sentence for the syllabus. */
  readonly summary: string;
  /** The file that a student opens first; a folder that holds it is a submission of this lab. */
  readonly entry: string;
  /** Files that the grader always replaces by its own copy, such as `contract.ts`. */
  readonly given: readonly string[];
  /**
   * Labs whose submission this one is built on: its files import `../raft/raft.ts`, say. By default
   * that is the folder beside the submission, as in `work/`.
   */
  readonly uses?: readonly string[];
  readonly parts: readonly Part[];
  /** Rough hours a student needs, for the syllabus. */
  readonly hours: string;
}

/** A lab whose nodes live in the simulation. */
export interface SimulatedLab extends Lab {
  readonly on?: undefined;
  readonly parts: readonly Part<Scenario>[];
  /**
   * The file whose default export is the node class; or, with several kinds of nodes, an object of
   * them: `export default { n: Server, c: Client }`. @default entry
   */
  readonly program?: string;
  /**
   * Methods that every node must have, checked when it boots; by kind, when there are several:
   * `{ n: ['start'], c: ['get', 'put'] }`.
   */
  readonly methods: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /**
   * How outputs are told in traces and stories, by name: `{ enters: () => 'enters' }` for "n1 enters".
   * A submission may emit anything, so expect any value. By default, the name and the value as JSON.
   */
  readonly outputWords?: Readonly<Record<string, (value: unknown) => string>>;
  /**
   * Files that a student may change, but that scenarios marked `shipped` take from the skeleton: so
   * that a failure can be shown on the system as it was, whatever has been repaired since.
   */
  readonly shipped?: readonly string[];
  /**
   * Whom nodes of a kind know as `peers`, by kinds: `{ s: ['m'] }`. @default everybody but clients
   */
  readonly peers?: Readonly<Record<string, readonly string[]>>;
  /** Events that one run may take before it counts as a storm. @default 200,000 */
  readonly eventsMax?: number;
  /** Called at the very start of every run, before the nodes boot: the place to subscribe. */
  readonly prepare?: (cluster: Cluster) => void;
  /**
   * Fresh invariants for one run of a scenario; each watches every event of that run. What a part has
   * not asked for yet, its scenarios should not demand.
   */
  readonly invariants: (scenario: Scenario) => readonly Invariant[];
  /**
   * Runs that `lab explain` asks about, once they pass: some three to six questions each. They cost and
   * earn nothing; for questions that count, see {@link Part.explain}.
   */
  readonly explain?: readonly Explain[];
}

/**
 * A lab on real PostgreSQL servers. The submission is a program that operates them: `entry` exports
 * functions that get the cluster as their first argument (`faultlab/postgres`).
 */
export interface PostgresLab extends Lab {
  readonly on: 'postgres';
  /**
   * A lab of `uses` whose submission runs for real beside the servers, one member on each machine: a
   * `{ n: Server, c: Client }` where the client has `get`, `put` and `cas`.
   */
  readonly store?: string;
  /** How many clusters run at a time, for each core: more than one where a run mostly waits. @default 1 */
  readonly clustersPerCore?: number;
  readonly parts: readonly Part<ServerScenario>[];
}

export const isSimulated = (lab: Lab): lab is SimulatedLab => lab.on === undefined;
export const isOnPostgres = (lab: Lab): lab is PostgresLab => lab.on === 'postgres';

/** For what needs a simulation: replay, shrinking, debugging. @throws {Error} when it runs on servers */
export function simulated(lab: Lab): SimulatedLab {
  if (isSimulated(lab)) return lab;
  throw new Error(`${lab.slug} runs on real servers: it has no simulation that could be run again`);
}

export type AnyScenario = Scenario | ServerScenario;

/** Of a scenario that does not say how many it needs. */
const SIMULATED_SEEDS = { test: 5, grade: 20 };
/** A seed is a variant of the story there, and each takes real seconds. */
const SERVER_SEEDS = { test: 2, grade: 3 };

/** How many seeds `lab test` and `lab grade` give to a scenario, when nobody says otherwise. */
export function seedCounts(lab: Lab, { seeds }: AnyScenario): { test: number; grade: number } {
  return seeds ?? (isSimulated(lab) ? SIMULATED_SEEDS : SERVER_SEEDS);
}

export interface Part<S extends AnyScenario = AnyScenario> {
  /** One capital letter. Scenario ids begin with it. */
  readonly id: string;
  readonly title: string;
  /** Parts that must have earned at least one point before this one is run. */
  readonly needs?: readonly string[];
  readonly scenarios: readonly S[];
  /**
   * Questions about runs of this lab that earn points, beside scenarios or instead of them: a right
   * answer at the first try earns its whole share, at the second half of it, later none.
   */
  readonly explain?: { readonly points: number; readonly runs: readonly Explain[] };
}

/** What can be earned in a part. */
export function pointsOfPart({ scenarios, explain }: Part): number {
  return scenarios.reduce((sum, { points }) => sum + points, explain?.points ?? 0);
}

/** What a scenario is to those who list, choose and score it. */
interface ScenarioBase {
  /** The part's letter and a number: `A3`. */
  readonly id: string;
  /** A claim: "a committed entry survives a crash of its leader". */
  readonly title: string;
  readonly points: number;
  /** Seeds per run, by default: `lab test` and `lab grade`. */
  readonly seeds?: { readonly test: number; readonly grade: number };
  /** Of those that students do not get (`hidden.ts`): they are told its title and the kind of failure. */
  readonly hidden?: boolean;
  /** Runs on the files of {@link SimulatedLab.shipped} as they were shipped. */
  readonly shipped?: boolean;
  /** Asked when the scenario fails and the broken rule has no question of its own. */
  readonly lookAt: string;
}

/**
 * A story on real servers: break them, let the submission repair, and judge what they hold then. The
 * seed chooses the variant: which node, which table, how much. Time is real.
 */
export interface ServerScenario extends ScenarioBase {
  readonly nodes: number;
  /** How the cluster is set up; by seed, when that is part of the variant. */
  readonly cluster?: Omit<ClusterSpec, 'nodes'> | ((seed: number) => Omit<ClusterSpec, 'nodes'>);
  /** Without these a backend cannot run it; then it is undecided, with the reason. */
  readonly requires?: readonly Capability[];
  /** Can be solved in a shell: `run` calls `drill.repair()`, where `lab up` stops for a person. */
  readonly byHand?: boolean;
  readonly run: (drill: Drill) => Promise<void>;
}

/** A workload, faults and claims. It passes only if every seed passes. */
export interface Scenario extends ScenarioBase {
  /** How many nodes, `n1` …; or by kind: `{ n: 3, c: 2 }`, where `c1` and `c2` are clients. */
  readonly nodes: Crew;
  /**
   * Random scenarios: the steps (operations and faults) of one run, drawn from `draw`. Explicit
   * data, so that a failing plan can be cut down. Executed before `run`, from virtual time 0;
   * built-in steps are listed at {@link Cluster.perform}, others come from `actions`.
   */
  readonly plan?: (draw: Draw) => readonly Step[];
  /** What a step named `do` does, for steps that are not built in. Must tolerate any order. */
  readonly actions?: Readonly<Record<string, (cluster: Cluster, step: Step) => void>>;
  /**
   * An exhaustive single-crash sweep: each seed is run once without it, then once more for every
   * boundary of this kind that any node passed, with a crash of that node just there. The seed
   * passes only if all these runs do. `run` has to restart what is down.
   */
  readonly sweep?: readonly ('fsync' | 'write' | 'send')[];
  /** The script of a directed scenario; in a random one, what comes after the plan. */
  readonly run: (cluster: Cluster) => void;
}

/** Thrown by `cluster.fail`: ends the run with a finding. */
export interface Failure {
  readonly kind: FindingKind;
  readonly ruleId: string;
  readonly rule: string;
  readonly evidence: string;
  /** The evidence drawn, in lines of at most 78 columns. */
  readonly picture?: readonly string[];
  /** The operations that cannot all be: a page marks them. */
  readonly core?: readonly ToldOperation[];
  readonly lookAt?: string;
}

/** Watches one run. Each hook is called at the very event; call `report.fail` to end the run. */
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
 * What a scenario holds. Every time is virtual; nothing happens between calls. The nodes boot at
 * time 0, but only when time first passes or a node is first touched: what is set before that –
 * filters, cuts, disks, clocks, subscriptions – holds from the very start.
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
   * Undefined too when the node is down or paused.
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
   * run and have sent nothing for a second or longer; '' when there are none.
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
  /** How often a fault really hit: messages dropped, cut, duplicated or late, crashes, torn writes … */
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
   * Crashes the node at the very boundary, `after` that many more: `fsync` – the data is durable,
   * but the node is not told; `write` – written, not synced; `send` – the message has left.
   * For `send`, `method` limits it, as a request (`appendEntries`) or a reply (`appendEntries.reply`).
   */
  crashAt(node: NodeId, boundary: 'fsync' | 'write' | 'send', after: number, method?: string): void;
  /** Forgets a crash point and a failing fsync that have not struck yet. */
  disarm(node: NodeId): void;
  /** Stops the node (a long GC pause); everything that arrives waits, and comes at once on resume. */
  pause(node: NodeId): void;
  resume(node: NodeId): void;

  /** Only nodes of the same group hear each other; nodes in no group hear nobody. */
  partition(...groups: readonly (readonly NodeId[])[]): void;
  /** Cuts one node off. */
  isolate(node: NodeId): void;
  /** Cuts one direction of one link, or of all links between two groups. */
  cut(from: NodeId | readonly NodeId[], to: NodeId | readonly NodeId[]): void;
  /** Mends what {@link cut} cuts. */
  mend(from: NodeId | readonly NodeId[], to: NodeId | readonly NodeId[]): void;
  /** Mends all links; latency and loss stay as they are. */
  heal(): void;
  /** Changes how all messages, or those of one link, travel from now on. */
  network(profile: Partial<NetworkProfile>, link?: { from: NodeId; to: NodeId }): void;
  /**
   * Decides the fate of single messages, before all other faults: 'drop', a fixed delay in ms,
   * 'duplicate', or undefined for the usual. Replaces an earlier filter; undefined removes it.
   */
  filter(
    fate: ((message: WireMessage) => 'drop' | 'duplicate' | number | undefined) | undefined,
  ): void;

  disk(node: NodeId, profile: Partial<DiskProfile>): void;
  /** The next fsync fails with EIO, and what it should have made durable is gone at a crash. */
  failNextFsync(node: NodeId): void;
  /** From now on at most this many bytes fit (ENOSPC beyond); Infinity to lift. */
  limitDisk(node: NodeId, sizeBytes: number): void;
  /**
   * Bit rot: turns over one bit (0 … 7) of what is durable on a node, `atByte` counted through its
   * files in the order of their names. No effect beyond the end.
   */
  flipBit(node: NodeId, atByte: number, bit: number): void;
  /**
   * How the next crashes of this node treat unsynced writes: 'seeded' (default, by seed), 'lose'
   * all of it, 'keep' all of it, 'torn': keep up to and with half of the first unsynced write.
   */
  onCrash(node: NodeId, unsynced: 'seeded' | 'lose' | 'keep' | 'torn'): void;
  /**
   * What the CPUs of a node have done by `context.work` so far, after giving it another number of
   * them. @default one CPU
   */
  cpu(node: NodeId, capacity?: { workers: number }): Readonly<CpuUse>;
  /** Moves the wall clock of a node; timers do not see it. */
  jumpClock(node: NodeId, ms: number): void;
  /** Makes the clocks of a node, timers too, run faster (> 1) or slower (< 1). */
  clockRate(node: NodeId, rate: number): void;

  /**
   * Performs a built-in step: crash, restart, crashAt, onCrash, pause, resume, partition, isolate,
   * cut, mend, heal, network, disk, failNextFsync, limitDisk, jumpClock, clockRate, with the arguments' names as
   * above (`node`, `groups`, `from`, `to`, `profile`, `ms`, `rate`, …). Two more make runs smaller
   * when they stand at time 0: `off` (`node` is never switched on), and `calm`, which takes one kind
   * of chance from the network (`what`: drop, duplicate, late, jitter) but for the messages `except`.
   */
  perform(step: Step): void;

  /** A claim of the scenario; ends the run as failed when it does not hold. */
  expect(holds: boolean, failure: Omit<Failure, 'kind'> & { readonly kind?: FindingKind }): void;
  /**
   * The claim that a history is linearizable, decided exactly. A failure is told with the operations
   * that matter; a search that must give up makes the run undecided.
   */
  expectLinearizable<State, Input, Output>(
    model: Model<State, Input, Output>,
    history: History<Input, Output>,
  ): void;
  fail(failure: Failure): never;
  /** Puts a line into the trace and the story. */
  note(text: string): void;
  /** A line that stands below the result of the scenario, also when it passed: a measurement. */
  tell(line: string): void;
  /**
   * Takes measurements from now on, to be drawn with the result. Once a run.
   */
  chart(everyMs: number, measures: readonly Measure[]): void;
  /** Puts a line into the trace and the story, and a mark into the chart. */
  mark(text: string): void;
  /** A run in which this was not reached is no evidence: it ends as undecided unless it failed. */
  sometimes(name: string, reached: boolean): void;
}

/** Work on the CPUs of a node; reads as it is when it is read. */
export interface CpuUse {
  readonly workers: number;
  /** Pieces of work under way, and those that wait for a CPU. */
  readonly busy: number;
  readonly waiting: number;
  /** Pieces that were done, and the milliseconds of one CPU that they took. */
  readonly served: number;
  readonly workedMs: number;
}

/** Something to be drawn over time. */
export interface Measure {
  readonly name: string;
  /** `%`, `/s` or another short unit; '' for numbers of things. */
  readonly unit: string;
  /** A `level` is drawn as it is read, a `count` that only grows by its increase per second. */
  readonly of: 'level' | 'count';
  /** The measure whose scale this one is drawn on, to be compared with it. @default its own */
  readonly scaledAs?: string;
  readonly read: () => number;
}

export type RequestOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

/** A known, real bug: an edit of the reference solution, and the scenarios that must fail for it. */
export interface Mutant {
  /** kebab-case: `vote-not-persisted`. */
  readonly name: string;
  /** What the student did, as one would say it in a code review. */
  readonly bug: string;
  /** The scenario that was built to kill it. Others may, too. */
  readonly killedBy: string;
  /** The id in the catalogue of bugs: E01, R02, S03 … */
  readonly id?: string;
  /** Each `find` must occur exactly once in the file. */
  readonly edit: readonly {
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
  /** Often made: the handout of the lab tells it among the common mistakes. */
  readonly common?: boolean;
  /** The handout shows the failing message that it causes. One per lab. */
  readonly shown?: boolean;
  /** Not distinguishable from the reference in this code base, and why; then `killedBy` is ''. */
  readonly equivalent?: string;
}

/** A right submission that decides otherwise than the reference; no scenario may fail it. */
export interface Variant {
  /** kebab-case. */
  readonly name: string;
  /** What it does differently. */
  readonly what: string;
  readonly edit: Mutant['edit'];
  /** By scenario: the demand of the handout that this variant does not meet. */
  readonly mayFail?: Readonly<Record<string, string>>;
}

/** Identity, for typing and discoverability. */
export function defineLab<L extends SimulatedLab | PostgresLab>(lab: L): L {
  return lab;
}

/** A mutant of one replacement, as most are: `put` instead of `find`. */
export interface Planted extends Pick<Mutant, 'bug' | 'id' | 'common' | 'shown'> {
  /** {@link Mutant.killedBy} */
  readonly by: string;
  readonly find: string;
  readonly put: string;
}

/** For lists of mutants: `const plant = plantIn('raft.ts'); plant('no-fsync', { … })`. */
export function plantIn(file: string): (name: string, bug: Planted) => Mutant {
  return (name, { by, find, put, ...rest }) => {
    return { name, killedBy: by, edit: [{ file, find, replace: put }], ...rest };
  };
}

/** Identity, for typing. */
export function defineMutants(mutants: readonly Mutant[]): readonly Mutant[] {
  return mutants;
}
