/**
 * The shortest story of a failure: the few events of a trace that a person would tell. What the
 * scenario itself notes comes first, then crashes, new leaders and faults; messages and timers carry
 * no story.
 */
import type { Finding, StoryEvent } from '../report/report.ts';
import type { TraceRecord } from '../sim/trace.ts';

const EVENTS_MAX = 6;
/** What lies further back is rarely part of why a rule broke. */
const RECENT = 40;
/** Outputs come in crowds; more of them would be all of the story. */
const OUTPUTS_MAX = 2;

/** How much each kind of event matters to a reader; what is missing matters not. */
const WEIGHT: Readonly<Record<string, number>> = {
  note: 9,
  crash: 8,
  pause: 8,
  resume: 7,
  restart: 6,
  fault: 5,
  emit: 3,
};

/** At most six events, in order of time, the last ones before the finding. */
export function tellStory(records: readonly TraceRecord[], finding: Finding): StoryEvent[] {
  const candidates = records
    .map((record, i) => ({ record, i, weight: weigh(record) }))
    .filter(({ record, weight }) => weight > 0 && record.atMs <= finding.atMs);
  const outputs = candidates.filter(({ weight }) => weight === WEIGHT.emit).slice(-OUTPUTS_MAX);
  const others = candidates.filter(({ weight }) => weight !== WEIGHT.emit).slice(-RECENT);
  return [...others, ...outputs]
    .sort((a, b) => b.weight - a.weight || b.i - a.i)
    .slice(0, EVENTS_MAX)
    .sort((a, b) => a.i - b.i)
    .map(({ record }) => ({ atMs: record.atMs, text: words(record) }));
}

function weigh(record: TraceRecord): number {
  if (record.kind === 'state') return record.text.startsWith('is leader') ? 8 : 0;
  return WEIGHT[record.kind] ?? 0;
}

function words(record: TraceRecord): string {
  return short(record.node === undefined ? record.text : `${record.node} ${record.text}`);
}

function short(text: string): string {
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}
