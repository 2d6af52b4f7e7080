/**
 * One run: scenario + seed (+ plan) → verdict, evidence, trace. Pure but for the realms it is given:
 * no files, no processes, no wall clock, except the one limit that stops an endless loop.
 */
import vm from 'node:vm';
import { SimCluster } from './cluster/cluster.ts';
import type { Cluster } from './cluster/interface.ts';
import { RunEnded } from './cluster/watchers.ts';
import { tellStory } from './explore/story.ts';
import type { Scenario, SimulatedLab } from './lab.ts';
import { type Crew, namesOf } from './names.ts';
import { NodeGone } from './realm/gone.ts';
import type { NodeRealm } from './realm/realm.ts';
import { squeezed } from './report/plain.ts';
import type { Finding, SeedResult, Step } from './report/report.ts';
import type { Network } from './sim/network.ts';
import { Stream } from './sim/prng.ts';
import { EventStorm } from './sim/simulation.ts';
import type { TraceRecord } from './sim/trace.ts';

/**
 * How long one run may take in real time. A run takes some milliseconds; only code that never returns
 * gets here, or a run for which the machine had no processor, which is told apart.
 */
export const RUN_TIMEOUT_MS = 10_000;

export interface RunOptions {
  readonly lab: SimulatedLab;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly realms: readonly NodeRealm[];
  readonly locate: (stack: string) => string | undefined;
  readonly plan?: readonly Step[];
  readonly keepTrace?: boolean;
  /** Keeps, with the trace, which line of code sent what. */
  readonly keepStacks?: boolean;
  readonly change?: Change;
  /** Real time that the run may take. @default RUN_TIMEOUT_MS; Infinity at a breakpoint */
  readonly timeoutMs?: number;
  /** How many times as long it may take, because the machine was too busy before. @default 1 */
  readonly patience?: number;
  /**
   * A short first attempt: at the limit, only an event that does not return and has had half of the time
   * is judged; whatever else is not over by then is cut off as starved.
   */
  readonly onlyStuck?: boolean;
}

export interface Run {
  readonly result: SeedResult;
  readonly plan: readonly Step[];
  readonly trace: readonly TraceRecord[];
  /** Which messages were lost, doubled or late by chance. */
  readonly noise: Network['noise'];
  /** Where single crashes could have struck, as steps of a plan; for scenarios that sweep them. */
  readonly crashPoints: readonly Step[];
  /** It was cut off before it had a fair share of time or of a processor: worth another attempt. */
  readonly isStarved: boolean;
  /** An endless loop was cut off: these realms must not be used again. */
  readonly realmsSpoiled: boolean;
}

/** One thing that is different from the run as it was: what would have happened then? */
export interface Change {
  /** The messages with these numbers are lost. */
  readonly drop?: readonly number[];
  /** Every message takes this many times as long. */
  readonly latencyFactor?: number;
  /** So does every operation of a disk. */
  readonly diskFactor?: number;
  /** Another number of nodes, for scenarios that do not mind. */
  readonly nodes?: Crew;
  /** Called before everything else; may use `cluster.after` to strike later. */
  readonly before?: (cluster: Cluster) => void;
}

/** The plan that a random scenario draws for a seed; empty for a directed one. */
export function planOf(scenario: Scenario, seed: number): readonly Step[] {
  return scenario.plan === undefined ? [] : scenario.plan(new Stream(seed));
}

export function runScenario(options: RunOptions): Run {
  const { lab, scenario, seed, change = {} } = options;
  const plan = options.plan ?? planOf(scenario, seed);
  const timeoutMs = options.timeoutMs ?? RUN_TIMEOUT_MS;
  let pulseUsage = process.cpuUsage();
  let pulsedMs = Date.now();
  const cluster = new SimCluster({
    seed,
    pulse: () => {
      const now = Date.now();
      if (now - pulsedMs < timeoutMs * PULSE_SHARE) return;
      pulsedMs = now;
      pulseUsage = process.cpuUsage();
    },
    names: namesOf(change.nodes ?? scenario.nodes),
    realms: options.realms,
    lab,
    invariants: lab.invariants(scenario),
    keepTrace: options.keepTrace ?? false,
    keepStacks: options.keepStacks ?? false,
    ...(change.drop ? { dropped: change.drop } : {}),
    ...(change.latencyFactor === undefined ? {} : { latencyFactor: change.latencyFactor }),
    ...(change.diskFactor === undefined ? {} : { diskFactor: change.diskFactor }),
    locate: options.locate,
  });
  let finding: Finding | undefined;
  let undecided: string | undefined;
  let realmsSpoiled = false;
  const limitMs = timeoutMs * (options.patience ?? 1);
  const cpuBefore = process.cpuUsage();
  let isStarved = false;
  try {
    const script = () => {
      change.before?.(cluster);
      execute(cluster, lab, scenario, plan);
    };
    withTimeout(script, limitMs);
  } catch (error) {
    if (error instanceof RunEnded) finding = error.finding;
    else if (error instanceof EventStorm) finding = storm(error, cluster);
    else if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      finding = cluster.pendingFinding;
      const cpuMs = cpuMsSince(cpuBefore);
      const isFair = options.onlyStuck
        ? cluster.running !== undefined && cpuMsSince(pulseUsage) > timeoutMs * STUCK_SHARE
        : cpuMs > timeoutMs * BUSY_SHARE;
      isStarved = finding === undefined && !isFair;
      if (isStarved) undecided = tooBusy(cpuMs, limitMs);
      else finding ??= endless(cluster);
      realmsSpoiled = true;
    } else if (error instanceof NodeGone) {
      finding = cluster.pendingFinding ?? gone(error, cluster);
      realmsSpoiled = true;
    } else {
      undecided = `the grader failed: ${(error as Error)?.stack ?? String(error)}`;
      realmsSpoiled = true;
    }
  }
  if (finding === undefined) undecided ??= cluster.undecided;
  if (finding === undefined && undecided === undefined && cluster.unreached.length > 0) {
    undecided = `the scenario did not reach what it is about: ${cluster.unreached.join('; ')}`;
  }
  if (finding !== undefined) {
    const { evidence, lookAt = scenario.lookAt } = finding;
    finding = { ...finding, evidence: withTime(squeezed(evidence), finding.atMs), lookAt };
    if (options.keepTrace)
      finding = { ...finding, story: tellStory(cluster.trace.records, finding) };
  }
  return {
    result: {
      seed,
      verdict: finding ? 'failed' : undecided ? 'undecided' : 'passed',
      ...(finding ? { finding } : {}),
      ...(undecided ? { undecided } : {}),
      traceHash: cluster.trace.hash,
      virtualMs: cluster.nowMs,
      events: cluster.simulation.events,
      ...(cluster.notes.length > 0 ? { notes: cluster.notes } : {}),
      ...(cluster.measured ? { chart: cluster.measured } : {}),
    },
    plan,
    trace: cluster.trace.records,
    noise: cluster.noise,
    crashPoints: crashPointsOf(cluster, scenario),
    isStarved,
    realmsSpoiled,
  };
}

/** Evidence says when: a measurement that gives no time of its own was taken now. */
function withTime(evidence: string, atMs: number): string {
  return /\d\.\d{3} s/.test(evidence) ? evidence : `${evidence} (at ${(atMs / 1000).toFixed(3)} s)`;
}

function crashPointsOf(cluster: SimCluster, { sweep = [] }: Scenario): Step[] {
  return sweep.flatMap((boundary) =>
    cluster.nodes.flatMap((node) =>
      Array.from({ length: cluster.passed(node, boundary) }, (_, i) => {
        return { atMs: 0, do: 'crashAt', node, boundary, after: i + 1 };
      }),
    ),
  );
}

function execute(
  cluster: SimCluster,
  lab: SimulatedLab,
  scenario: Scenario,
  plan: readonly Step[],
): void {
  lab.prepare?.(cluster);
  for (const step of [...plan].sort((a, b) => a.atMs - b.atMs)) {
    if (step.atMs > cluster.nowMs) cluster.run(step.atMs - cluster.nowMs);
    const action = scenario.actions?.[step.do];
    if (action) action(cluster, step);
    else cluster.perform(step);
  }
  scenario.run(cluster);
}

/** One timeout around the whole run costs nothing; one per event would cost more than the events. */
function withTimeout(script: () => void, timeoutMs: number): void {
  if (timeoutMs === Number.POSITIVE_INFINITY) {
    script();
    return;
  }
  const holder = globalThis as unknown as { faultlabRun?: () => void };
  holder.faultlabRun = script;
  try {
    new vm.Script('globalThis.faultlabRun()').runInThisContext({ timeout: Math.ceil(timeoutMs) });
  } finally {
    delete holder.faultlabRun;
  }
}

function storm(error: EventStorm, cluster: SimCluster): Finding {
  return {
    kind: 'runaway',
    ruleId: 'event-storm',
    rule: 'A node must come to rest between events',
    evidence: `${error.message}: ${cluster.busiest()}`,
    lookAt: 'which timer or message causes another of its own kind, at once?',
    atMs: cluster.nowMs,
  };
}

function gone(error: NodeGone, cluster: SimCluster): Finding {
  if (error.because === 'hangs') return endless(cluster);
  const { ruleId, rule, lookAt } = GONE[error.because];
  const evidence = `${cluster.running ?? 'a node'}: ${error.message}`;
  return { kind: 'runaway', ruleId, rule, evidence, lookAt, atMs: cluster.nowMs };
}

const GONE = {
  memory: {
    ruleId: 'out-of-memory',
    rule: 'The nodes of a run must fit into memory',
    lookAt: 'what grows with every event, and is never cut?',
  },
  ended: {
    ruleId: 'process-ended',
    rule: 'A node may not end or replace its own process',
    lookAt: 'what does this code do that a node cannot do?',
  },
};

/** An endless loop is busy. A run that got less than this share of its time was kept waiting. */
const BUSY_SHARE = 0.05;

/** An event that has had this share of a limit and is not over: a second, where others take microseconds. */
const STUCK_SHARE = 0.5;

/** Exact enough for the share above; reading the CPU time at each pulse took a tenth of all of it. */
const PULSE_SHARE = 0.01;

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const tooBusy = (cpuMs: number, limitMs: number) =>
  `the machine is too busy: in ${limitMs / 1000} s this run got ${(cpuMs / 1000).toFixed(2)} s of processor time; try again when less is going on`;

function endless(cluster: SimCluster): Finding {
  return {
    kind: 'runaway',
    ruleId: 'endless-loop',
    rule: 'Code must return: a loop, or a chain of promises, never ended',
    evidence: `${cluster.running ?? 'the scenario'} did not return; ${cluster.busiest()}`,
    lookAt: 'which loop waits for something that only another event could bring?',
    atMs: cluster.nowMs,
  };
}
