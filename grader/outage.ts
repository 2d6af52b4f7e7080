/**
 * What an outage in miniature is, to its author: a lab whose system is given, and was once broken by
 * something small. Part R is the trigger, part F the repair, part E what the student knows of it. It
 * becomes an ordinary {@link SimulatedLab}, so that everything that knows labs knows outages.
 */

import type { Cluster, Failure } from './cluster/interface.ts';
import type { QuestionMaker } from './explain/question.ts';
import type { Part, Scenario, SimulatedLab } from './lab.ts';
import { namesOf } from './names.ts';
import type { Drill } from './systems/drill.ts';

/** The node that reads a trigger: its program's `trigger()` returns what the student wrote. */
export const OPERATOR = 'o1';

/** The file in which the trigger is. */
const TRIGGER_FILE = 'trigger.ts';

/** An overload takes many events, and is what the lab is about: it is not a storm. */
const EVENTS_MAX = 5_000_000;

export interface Outage
  extends Omit<
    SimulatedLab,
    'entry' | 'program' | 'parts' | 'shipped' | 'eventsMax' | 'invariants' | 'explain'
  > {
  /** Whom it happened to, when, and the account of those who ran the system. */
  readonly incident: Incident;
  /** The files that part F repairs. Part R runs on the skeleton's. */
  readonly open: readonly [string, ...string[]];
  readonly invariants?: SimulatedLab['invariants'];
  /** Part R: scenarios on the system as it was shipped; each has the operator {@link OPERATOR}. */
  readonly reproduce: readonly Scenario[];
  /** Part F: scenarios on the repaired system. */
  readonly fix: readonly Scenario[];
  /** Part E: what the student is asked about the run of their own trigger, in the first of part R. */
  readonly explain?: { readonly points: number; readonly questions: readonly QuestionMaker[] };
}

export interface Incident {
  /** `Amazon DynamoDB, us-east-1`. */
  readonly what: string;
  /** The day it began, where it was: `2015-09-20`. */
  readonly date: string;
  /** The operator's own account. */
  readonly source: string;
}

/** An outage as a lab of parts R, F and, when it asks something, E. */
export function defineOutage(outage: Outage): SimulatedLab {
  const { open, given, reproduce, fix, explain, invariants = () => [], ...rest } = outage;
  const parts: Part<Scenario>[] = [
    { id: 'R', title: 'Reproduce', scenarios: reproduce.map(onShipped) },
    { id: 'F', title: 'Fix', scenarios: fix },
  ];
  const [first] = reproduce;
  if (explain !== undefined && first !== undefined) {
    const { points, questions } = explain;
    const runs = [{ scenario: first.id, questions }];
    parts.push({ id: 'E', title: 'Explain', scenarios: [], explain: { points, runs } });
  }
  return {
    ...rest,
    entry: TRIGGER_FILE,
    program: 'program.ts',
    given: ['program.ts', ...given],
    shipped: open,
    eventsMax: EVENTS_MAX,
    invariants,
    parts,
  };
}

function onShipped(scenario: Scenario): Scenario {
  const nodes = typeof scenario.nodes === 'number' ? { n: scenario.nodes } : scenario.nodes;
  return { ...scenario, shipped: true, nodes: { ...nodes, o: 1 } };
}

/** What a trigger may say: the kinds of events, and the range of each of their numbers. */
export interface Budget {
  readonly eventsMax: number;
  readonly kinds: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>>;
}

/** One event of a trigger, within its budget. */
export interface TriggerStep {
  readonly do: string;
  readonly [argument: string]: string | number;
}

/** An event with its time; on real servers, events happen one after the other instead. */
export interface TriggerEvent extends TriggerStep {
  readonly atMs: number;
}

/**
 * The student's trigger, in the order of time; ends the run with a finding when it is not within the
 * budget.
 */
export function readTrigger(cluster: Cluster, budget: Budget): readonly TriggerEvent[] {
  const trigger = cluster.invoke(OPERATOR, 'trigger');
  const problem = whyNotWithin(trigger, budget);
  if (problem !== undefined) cluster.fail(overBudget(problem));
  return [...(trigger as TriggerEvent[])].sort((a, b) => a.atMs - b.atMs);
}

/** The same on real servers, in the order in which it is written: there, `trigger` is a function. */
export async function callTrigger(drill: Drill, budget: Budget): Promise<readonly TriggerStep[]> {
  const trigger = await drill.call('trigger');
  const problem = whyNotWithin(trigger, budget);
  if (problem !== undefined) drill.fail(overBudget(problem));
  return trigger as TriggerStep[];
}

const overBudget = (problem: string): Failure => ({
  kind: 'contract',
  ruleId: 'trigger-budget',
  rule: 'A trigger keeps to its budget (handout, Part R)',
  evidence: problem,
  lookAt: 'which small thing, soon over, was enough?',
});

/** What is wrong with a trigger, with the value and what is allowed; undefined when nothing is. */
export function whyNotWithin(trigger: unknown, { eventsMax, kinds }: Budget): string | undefined {
  if (!Array.isArray(trigger))
    return `the trigger is ${shown(trigger)}, but must be a list of events`;
  const count = (n: number) => `${n} event${n === 1 ? '' : 's'}`;
  if (trigger.length === 0) return 'the trigger is empty: nothing happens';
  if (trigger.length > eventsMax) {
    return `the trigger has ${count(trigger.length)}; at most ${count(eventsMax)} ${eventsMax === 1 ? 'is' : 'are'} allowed`;
  }
  for (const [i, event] of trigger.entries()) {
    const problem = whyNotAllowed(event, kinds);
    if (problem !== undefined) return `event ${i + 1} of the trigger ${problem}`;
  }
  return undefined;
}

function whyNotAllowed(event: unknown, kinds: Budget['kinds']): string | undefined {
  if (typeof event !== 'object' || event === null) return `is ${shown(event)}, not an object`;
  const { do: kind, ...values } = event as Record<string, unknown>;
  const ranges = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (ranges === undefined)
    return `does ${shown(kind)}; it can do ${Object.keys(kinds).join(', ')}`;
  const unknown = Object.keys(values).filter((name) => !Object.hasOwn(ranges, name));
  if (unknown.length > 0) {
    return `has ${unknown.join(', ')}; ${String(kind)} takes ${Object.keys(ranges).join(', ')}`;
  }
  for (const [name, [min, max]] of Object.entries(ranges)) {
    const value = values[name];
    if (typeof value === 'number' && value >= min && value <= max) continue;
    return `has ${name}: ${shown(value)}; ${min} … ${max} is within the budget`;
  }
  return undefined;
}

const shown = (value: unknown) => JSON.stringify(value) ?? String(value);

/** The nodes of one kind: `s1`, `s2` … */
export function fleet(cluster: Cluster, kind: string): readonly string[] {
  return cluster.nodes.filter((node) => node.replace(/\d+$/, '') === kind);
}

/** How many nodes of one kind a scenario has. */
export function countOf(scenario: Pick<Scenario, 'nodes'>, kind: string): number {
  return namesOf(scenario.nodes).filter((node) => node.replace(/\d+$/, '') === kind).length;
}
