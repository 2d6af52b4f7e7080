/**
 * Makes a failing run small: delta debugging (Zeller and Hildebrandt, 2002) over everything that is
 * data – operations and faults, then whole nodes, then the chance on the wire, message by message, and
 * last the time between steps – keeping the broken rule. Because every choice is keyed, taking one away
 * leaves the others as they were. Deterministic: its budget is turns of the simulation, never time.
 */
import type { Scenario } from '../lab.ts';
import { kindOf, namesOf } from '../names.ts';
import type { Shrunk, Step } from '../report/report.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';
import { CALMED, type LinkMessage, type Noise } from '../sim/network.ts';

/** About ten seconds of work at most, on a slow machine; usually one. */
export const SHRINK_BUDGET = 1_000_000;
/** What a run costs before its first event, in turns. An endless one costs seconds: it is the last. */
const RUN_COST = 500;
/** With more lost, duplicated or late messages than this, single ones are not tried. */
const SINGLES_MAX = 200;
/** The shares of a wait between two steps that are tried, in this order. */
const WAITS = [0, 0.25, 0.5, 0.75];

/** Undefined when the run does not fail. With a budget of 0, it is told as it was drawn. */
export async function shrink(
  session: Session,
  scenario: Scenario,
  seed: number,
  budget = SHRINK_BUDGET,
): Promise<Shrunk | undefined> {
  const before = await session.run(scenario, seed, { keepTrace: true });
  if (before.result.finding === undefined) return undefined;
  if (budget === 0) return asDrawn(before);
  const search = new Search(session, scenario, seed, before, budget);
  await search.dropSteps();
  await search.switchOffNodes();
  await search.calmTheWire();
  // Steps that were needed on a lossy wire may be superfluous on a calm one.
  await search.dropSteps();
  await search.closeUp();

  const told = async (plan: readonly Step[]): Promise<Shrunk | undefined> => {
    const { result, trace } = await session.run(scenario, seed, { plan, keepTrace: true });
    const { finding, traceHash } = result;
    return (
      finding && {
        plan,
        stepsBefore: before.plan.length,
        stepsAfter: plan.filter(isStep).length,
        eventsBefore: before.trace.length,
        eventsAfter: trace.length,
        runs: search.runs,
        finding,
        traceHash,
      }
    );
  };
  const small = await told(search.plan);
  // A run that did not become shorter is told, and replayed, as it was drawn.
  return small && isShorter(small) ? small : told(before.plan);
}

function asDrawn({ plan, trace, result: { finding, traceHash } }: Run): Shrunk | undefined {
  const steps = plan.length;
  const sizes = {
    stepsBefore: steps,
    stepsAfter: steps,
    eventsBefore: trace.length,
    eventsAfter: trace.length,
  };
  return finding && { plan, ...sizes, runs: 0, finding, traceHash };
}

/** A run with more than this share of the events that it had is not worth a plan of its own. */
const SHORTER = 0.9;

/** Shrinking has found something worth replaying instead. */
export function isShorter({ eventsBefore, eventsAfter, stepsBefore, stepsAfter }: Shrunk): boolean {
  return eventsAfter < SHORTER * eventsBefore || stepsAfter < stepsBefore;
}

/** Operations and faults, as opposed to steps that only say that something does not happen. */
const isStep = (step: Step) => step.do !== 'calm' && step.do !== 'off';

class Search {
  readonly #session: Session;
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #first: Run;
  #best: Run;
  #left: number;
  runs = 0;
  plan: readonly Step[];

  constructor(session: Session, scenario: Scenario, seed: number, first: Run, budget: number) {
    this.#session = session;
    this.#scenario = scenario;
    this.#seed = seed;
    this.#first = first;
    this.#best = first;
    this.#left = budget;
    this.plan = withoutLater(first.plan, first);
  }

  /**
   * Takes the plan if it breaks the same rule; but not in a longer run, which is no gain, nor in the
   * same run with one more step, which then only rules out what did not happen anyway.
   */
  async #try(plan: readonly Step[], eventsMax = this.#best.result.events * 1.1): Promise<boolean> {
    if (this.#left <= 0) return false;
    const run = await this.#session.run(this.#scenario, this.#seed, { plan });
    const { finding, events, traceHash } = run.result;
    this.#left -= events + (run.realmsSpoiled ? SHRINK_BUDGET : RUN_COST);
    this.runs++;
    const isSame = finding?.ruleId === this.#first.result.finding?.ruleId;
    if (!isSame || events > eventsMax) return false;
    if (traceHash === this.#best.result.traceHash && plan.length > this.plan.length) return false;
    this.#best = run;
    this.plan = withoutLater(plan, run);
    return true;
  }

  async dropSteps(): Promise<void> {
    const fixed = () => this.plan.filter((step) => !isStep(step));
    await reduce(
      () => this.plan.filter(isStep),
      (steps) => this.#try([...fixed(), ...steps]),
    );
  }

  /**
   * A node that has no part in the failure need not be there. Only where a rule that must always hold
   * was broken: with too few nodes, it is no wonder that things do not happen.
   */
  async switchOffNodes(): Promise<void> {
    const isRandom = this.#scenario.plan !== undefined;
    if (!isRandom || this.#first.result.finding?.kind === 'liveness') return;
    const on = new Set(namesOf(this.#scenario.nodes));
    for (const node of [...on].reverse()) {
      // Without any server every call is lost: that fails alike, and tells another story.
      const isLast = ![...on].some((other) => other !== node && kindOf(other) === kindOf(node));
      if (!isLast && (await this.#try([{ atMs: 0, do: 'off', node }, ...this.plan])))
        on.delete(node);
    }
  }

  async calmTheWire(): Promise<void> {
    for (const what of ['drop', 'duplicate', 'late'] as const)
      if (!(await this.#try(this.#calmed(what)))) await this.#spareFew(what);
    // A directed scenario is told with the latencies that it was written for.
    if (this.#scenario.plan !== undefined) await this.#try(this.#calmed('jitter'));
  }

  /**
   * Moves each step closer to the one before it, the longest waits first: most of what happens in
   * between is heartbeats.
   */
  async closeUp(): Promise<void> {
    const steps = () => this.plan.filter(isStep).sort((a, b) => a.atMs - b.atMs);
    const waitMs = (i: number) => (steps()[i]?.atMs ?? 0) - (steps()[i - 1]?.atMs ?? 0);
    const order = steps().map((_, i) => i);
    order.sort((a, b) => waitMs(b) - waitMs(a));
    for (const i of order) {
      for (const share of WAITS) {
        const fromMs = steps()[i]?.atMs;
        const byMs = Math.floor(waitMs(i) * (1 - share));
        if (fromMs === undefined || byMs < 1) break;
        const sooner = (step: Step) =>
          isStep(step) && step.atMs >= fromMs ? { ...step, atMs: step.atMs - byMs } : step;
        if (await this.#try(this.plan.map(sooner), this.#best.result.events)) break;
      }
    }
  }

  /** The failure needs some of these messages: keeps as few of them as possible. */
  async #spareFew(what: Exclude<Noise, 'jitter'>): Promise<void> {
    const hit = this.#best.noise[what];
    if (hit.length > SINGLES_MAX) return;
    let except: readonly LinkMessage[] = hit;
    await reduce(
      () => except,
      async (fewer) => {
        const still = await this.#try(this.#calmed(what, fewer));
        if (still) except = fewer;
        return still;
      },
    );
  }

  #calmed(what: Noise, except: readonly LinkMessage[] = []): readonly Step[] {
    const others = this.plan.filter((step) => step.do !== 'calm' || step.what !== what);
    return [{ atMs: 0, do: 'calm', what, except }, ...others];
  }
}

/** Cuts out runs of items, shorter and shorter ones, wherever `take` accepts the rest. */
async function reduce<T>(
  items: () => readonly T[],
  take: (fewer: readonly T[]) => Promise<boolean>,
): Promise<void> {
  let size = Math.ceil(items().length / 2);
  while (size >= 1) {
    let cutAny = false;
    for (let at = 0; at < items().length; ) {
      const now = items();
      if (await take([...now.slice(0, at), ...now.slice(at + size)])) cutAny = true;
      else at += size;
    }
    if (size === 1 && !cutAny) return;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
}

/**
 * Steps after the failure had no part in it, except for the next one: until then, it holds back what
 * the scenario does after its plan.
 */
function withoutLater(plan: readonly Step[], run: Run): readonly Step[] {
  const atMs = run.result.finding?.atMs ?? Number.POSITIVE_INFINITY;
  const nextMs = Math.min(...plan.map((step) => step.atMs).filter((at) => at > atMs));
  const next = plan.find((step) => step.atMs === nextMs);
  return plan.filter((step) => step.atMs <= atMs || step === next);
}

/** What a shrunk plan leaves out besides steps: `without n5, nothing lost by chance, 2 late by chance`. */
export function quietWords(plan: readonly Step[]): string {
  const off = plan.filter((step) => step.do === 'off').map((step) => step.node as string);
  const parts = off.length === 0 ? [] : [`without ${off.sort().join(',')}`];
  for (const step of plan) {
    if (step.do !== 'calm') continue;
    const { none, some } = CALMED[step.what as Noise];
    const left = (step.except as readonly unknown[]).length;
    parts.push(left === 0 ? none : `${left} ${some}`);
  }
  return parts.join(', ');
}
