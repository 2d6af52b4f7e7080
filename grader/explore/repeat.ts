/**
 * The promise that everything rests on, checked while grading: the same submission and seed give
 * the same run, in realms that have seen other seeds and in brand-new ones.
 */
import type { Scenario } from '../lab.ts';
import type { SeedResult } from '../report/report.ts';
import type { Session } from '../session.ts';
import type { TraceRecord } from '../sim/trace.ts';

/** The result of a seed; undecided, with the first event that differs, when two runs differ. */
export async function runTwice(
  session: Session,
  scenario: Scenario,
  seed: number,
): Promise<SeedResult> {
  const first = await session.run(scenario, seed, { keepTrace: true });
  // A run that had to be cut off once may come to an end the next time.
  if (first.result.finding?.kind === 'runaway') return first.result;
  session.refresh();
  const second = await session.run(scenario, seed, { keepTrace: true });
  if (first.result.traceHash === second.result.traceHash) return first.result;
  const { finding, ...rest } = first.result;
  const undecided = `seed ${seed} gave two different runs; ${firstDifference(first.trace, second.trace)}`;
  return { ...rest, verdict: 'undecided', undecided };
}

export function firstDifference(
  one: readonly TraceRecord[],
  other: readonly TraceRecord[],
): string {
  const show = (record: TraceRecord | undefined) =>
    record === undefined
      ? 'the end'
      : `${(record.atMs / 1000).toFixed(3)} ${record.node ?? 'cluster'} ${record.kind} ${record.text}`;
  const length = Math.max(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [show(one[i]), show(other[i])];
    if (a !== b) return `they first differ at event ${i + 1}: "${a}" and "${b}"`;
  }
  return 'their events read the same, but their content differs';
}
