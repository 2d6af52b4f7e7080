/**
 * What a lab is, to its author: data and a few pure functions; the grader owns all control flow. A lab is
 * simulated, or it runs on real servers.
 */
import type { Cluster, Invariant } from './cluster/interface.ts';
import type { Explain } from './explain/question.ts';
import type { Crew } from './names.ts';
import type { Step } from './report/report.ts';
import type { Draw } from './sim/prng.ts';
import type { ClusterSpec } from './systems/cluster.ts';
import type { Drill } from './systems/drill.ts';
import type { Capability } from './systems/machine.ts';

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
  /** Files that the grader always replaces with its own copy, such as `contract.ts`. */
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
   * How outputs read in traces and stories, by name: `{ enters: () => 'enters' }` for "n1 enters".
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
  /** Turns of the simulation that one run may take before it counts as a storm. @default 200,000 */
  readonly eventsMax?: number;
  /** Called at the very start of every run, before the nodes boot: the place to subscribe. */
  readonly prepare?: (cluster: Cluster) => void;
  /**
   * Fresh invariants for one run of a scenario; each watches every event of that run. The
   * scenarios of a part should not demand what it has not asked for yet.
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
  /** How many clusters run in parallel, per core: more than one where a run mostly waits. @default 1 */
  readonly clustersPerCore?: number;
  readonly parts: readonly Part<ServerScenario>[];
}

export const isSimulated = (lab: Lab): lab is SimulatedLab => lab.on === undefined;
export const isOnPostgres = (lab: Lab): lab is PostgresLab => lab.on === 'postgres';

/** For what needs a simulation: replay, shrinking, debugging. @throws {Error} when it runs on servers */
export function simulated(lab: Lab): SimulatedLab {
  if (isSimulated(lab)) return lab;
  throw new Error(`${lab.slug} runs on real servers: it has no simulation to run again`);
}

export type AnyScenario = Scenario | ServerScenario;

/** Of a scenario that does not say how many it needs. */
const SIMULATED_SEEDS = { test: 5, grade: 20 };
/** A seed is a variant of the story there, and each takes real seconds. */
const SERVER_SEEDS = { test: 2, grade: 3 };

/** How many seeds `lab test` and `lab grade` give to a scenario by default. */
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

/** What listing, choosing and scoring need to know of a scenario. */
interface ScenarioBase {
  /** The part's letter and a number: `A3`. */
  readonly id: string;
  /** A claim: "a committed entry survives a crash of its leader". */
  readonly title: string;
  readonly points: number;
  /** Seeds per run, by default: `lab test` and `lab grade`. */
  readonly seeds?: { readonly test: number; readonly grade: number };
  /** One that students do not get (`hidden.ts`): they see only its title and the kind of failure. */
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

/** Identity, for typing and discoverability. */
export function defineLab<L extends SimulatedLab | PostgresLab>(lab: L): L {
  return lab;
}
