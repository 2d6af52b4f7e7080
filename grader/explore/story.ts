/**
 * The shortest story of a failure: the few events of a trace that a person would tell. Faults,
 * crashes and changes of role carry a story; messages and timers do not, unless they are the last
 * thing that happened before the rule broke.
 */
import type { Finding, StoryEvent } from '../report/report.ts';
import type { TraceRecord } from '../sim/trace.ts';

const EVENTS_MAX = 6;

/** How much each kind of event matters to a reader; 0 leaves it out. */
const WEIGHT: Readonly<Record<string, number>> = {
  crash: 9,
  restart: 8,
  fault: 7,
  state: 6,
  pause: 8,
  resume: 7,
  note: 9,
  emit: 3,
};

/** At most six events, in order of time, the last ones before the finding. */
export function tellStory(records: readonly TraceRecord[], finding: Finding): StoryEvent[] {
  const candidates = records
    .map((record, i) => ({ record, i, weight: weigh(record) }))
    .filter(({ record, weight }) => weight > 0 && record.atMs <= finding.atMs);
  const last = [...records].reverse().find((r) => r.kind === 'deliver' && r.atMs <= finding.atMs);
  const chosen = candidates
    .slice(-40)
    .sort((a, b) => b.weight - a.weight || b.i - a.i)
    .slice(0, last ? EVENTS_MAX - 1 : EVENTS_MAX)
    .sort((a, b) => a.i - b.i)
    .map(({ record }) => ({ atMs: record.atMs, text: words(record) }));
  if (last) chosen.push({ atMs: last.atMs, text: short(last.text) });
  return chosen.sort((a, b) => a.atMs - b.atMs);
}

function weigh(record: TraceRecord): number {
  if (record.kind === 'state' && record.text.includes('follower')) return 2;
  return WEIGHT[record.kind] ?? 0;
}

function words(record: TraceRecord): string {
  return short(record.node === undefined ? record.text : `${record.node} ${record.text}`);
}

function short(text: string): string {
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}
