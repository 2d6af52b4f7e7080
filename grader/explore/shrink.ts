/**
 * Makes a failing run small: delta debugging (Zeller and Hildebrandt, 2002) over the explicit plan
 * of operations and faults, keeping the broken rule. Deterministic, and bounded by a number of runs,
 * never by time. Because all other choices are keyed, removing a step leaves the rest as it was.
 */
import type { Scenario } from '../lab.ts';
import type { Shrunk, Step } from '../report/report.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';

/** Undefined when the run does not fail. A directed scenario has no plan: only its story is told. */
export async function shrink(
  session: Session,
  scenario: Scenario,
  seed: number,
  runsMax: number,
): Promise<Shrunk | undefined> {
  const before = await session.run(scenario, seed);
  const rule = before.result.finding?.ruleId;
  if (rule === undefined) return undefined;
  let runs = 0;
  let eventsMin = before.result.events;
  const stillFails = async (plan: readonly Step[]): Promise<Run | undefined> => {
    runs++;
    const run = await session.run(scenario, seed, { plan });
    // Fewer faults can make a run longer, which is no gain to its reader.
    if (run.result.finding?.ruleId !== rule || run.result.events > eventsMin * 1.1)
      return undefined;
    eventsMin = Math.min(eventsMin, run.result.events);
    return run;
  };

  let plan = withoutLater(before.plan, before);
  let size = Math.ceil(plan.length / 2);
  while (size >= 1 && plan.length > 0 && runs < runsMax) {
    let cutAny = false;
    for (let at = 0; at < plan.length && runs < runsMax; ) {
      const candidate = [...plan.slice(0, at), ...plan.slice(at + size)];
      const run = await stillFails(candidate);
      if (run) {
        plan = withoutLater(candidate, run);
        cutAny = true;
      } else at += size;
    }
    if (size === 1 && !cutAny) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }

  const after = await session.run(scenario, seed, { plan, keepTrace: true });
  const { finding, traceHash, events } = after.result;
  if (finding === undefined) return undefined;
  return {
    plan,
    stepsBefore: before.plan.length,
    stepsAfter: plan.length,
    eventsBefore: before.result.events,
    eventsAfter: events,
    runs,
    finding,
    traceHash,
  };
}

/** Steps after the failure had no part in it. */
function withoutLater(plan: readonly Step[], run: Run): readonly Step[] {
  const atMs = run.result.finding?.atMs ?? Number.POSITIVE_INFINITY;
  return plan.filter((step) => step.atMs <= atMs);
}
