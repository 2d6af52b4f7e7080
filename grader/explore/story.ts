/**
 * The shortest story of a failure: the few events of a trace that a person would tell. What the
 * scenario itself notes comes first, then crashes, new leaders and faults; messages and timers carry
 * no story.
 */
import { FLEET } from '../names.ts';
import type { Finding, StoryEvent } from '../report/report.ts';
import type { TraceRecord } from '../sim/trace.ts';

const EVENTS_MAX = 6;
/** What lies further back is rarely part of why a rule broke. */
const RECENT = 40;
/**
 * Outputs come in crowds; more of them would be all of the story. To evidence that names only nodes
 * without outputs, such as clients, they add nothing.
 */
const OUTPUTS_MAX = 2;

/** Among more nodes than this, what happens to those that the evidence does not name is another story. */
const CROWD = 8;
const NAMED = 1.5;
const OF_OTHER = -3;
/** What a mark of the same instant tells better. */
const TOLD = new Set(['fault', 'pause', 'resume', 'crash']);
const NODE_NAMES = /\b[a-z]\d+\b/g;

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

/** At most six events, in order of time, the last ones before what the finding tells of. */
export function tellStory(records: readonly TraceRecord[], finding: Finding): StoryEvent[] {
  const endMs = seenAtMs(finding);
  const all = new Set(records.map(({ node }) => node));
  const isCrowd = all.size > CROWD;
  const isFleet = all.size > FLEET;
  const inEvidence = new Set(finding.evidence.match(NODE_NAMES)?.filter((name) => all.has(name)));
  const named = isCrowd ? inEvidence : new Set();
  const hasOutputs = records.some(({ kind, node = '' }) => kind === 'emit' && inEvidence.has(node));
  const isAboutClients = inEvidence.size > 0 && !hasOutputs;
  const toldAtMs = new Set(records.flatMap(({ facts, atMs }) => (facts.tells ? atMs : [])));
  const isTold = ({ kind, atMs }: TraceRecord) =>
    (TOLD.has(kind) && toldAtMs.has(atMs)) ||
    (kind === 'emit' && (isAboutClients || (isFleet && named.size === 0)));
  const candidates = records
    .filter((record) => record.atMs <= endMs && weigh(record) > 0 && !isTold(record))
    .map((record, i) => {
      const nodes = record.node === undefined ? record.text.match(NODE_NAMES) : [record.node];
      const isAbout = nodes?.some((node) => named.has(node)) ?? false;
      const isOfOther = named.size > 0 && record.node !== undefined && !isAbout;
      const shift = isAbout ? NAMED : isOfOther ? OF_OTHER : 0;
      return { record, i, isAbout, weight: weigh(record) + shift };
    });
  const isOutput = ({ record }: { record: TraceRecord }) => record.kind === 'emit';
  const outputs = candidates.filter(isOutput).slice(-OUTPUTS_MAX);
  const others = candidates.filter((candidate) => !isOutput(candidate));
  const recent = [true, false].flatMap((about) =>
    others.filter(({ isAbout }) => isAbout === about).slice(-RECENT),
  );
  return [...recent, ...outputs]
    .sort((a, b) => b.weight - a.weight || b.i - a.i)
    .slice(0, EVENTS_MAX)
    .sort((a, b) => a.i - b.i)
    .map(({ record }) => ({ atMs: record.atMs, text: words(record) }));
}

/** When what the evidence tells of had happened: a history is judged long after. */
function seenAtMs({ core = [], atMs }: Finding): number {
  const ends = core.flatMap(({ returnAtMs }) => returnAtMs ?? []);
  return ends.length === 0 ? atMs : Math.max(...ends);
}

function weigh(record: TraceRecord): number {
  if (record.kind === 'state') return /^is (leader|primary)/.test(record.text) ? 8 : 0;
  if (record.text.endsWith('at normal speed')) return 0;
  return WEIGHT[record.kind] ?? 0;
}

function words(record: TraceRecord): string {
  return short(record.node === undefined ? record.text : `${record.node} ${record.text}`);
}

function short(text: string): string {
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}
