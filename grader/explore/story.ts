/**
 * The shortest story of a failure: the few events of a trace that a person would tell. What the
 * scenario itself notes comes first, then crashes, new leaders and faults; messages and timers carry
 * no story, except for what clients named in the evidence waited for in vain.
 */
import { FLEET } from '../names.ts';
import { squeezed } from '../report/plain.ts';
import type { Finding, StoryEvent } from '../report/report.ts';
import type { TraceRecord } from '../sim/trace.ts';

const EVENTS_MAX = 6;
/** Events further back are rarely part of why a rule broke. */
const RECENT = 40;
/**
 * Outputs come in crowds; more of them would crowd out the rest of the story. To evidence that names
 * only nodes without outputs, such as clients, they add nothing.
 */
const OUTPUTS_MAX = 2;
/** So do messages sent in vain. */
const IN_VAIN_MAX = 3;

/** Among more nodes than this, what happens to those that the evidence does not name is another story. */
const CROWD = 8;
const NAMED = 1.5;
const OF_OTHER = -3;
/** Events that a mark of the same instant tells better. */
const TOLD = new Set(['fault', 'pause', 'resume', 'crash']);
const NODE_NAMES = /\b[a-z]\d+\b/g;

/** How much each kind of event matters to a reader; the others do not matter. */
const WEIGHT: Readonly<Record<string, number>> = {
  note: 9,
  crash: 8,
  pause: 8,
  resume: 7,
  restart: 6,
  fault: 5,
  drop: 4.5,
  timeout: 4,
  emit: 3,
};

interface Candidate {
  readonly record: TraceRecord;
  /** The same event of other nodes or links at the same time. */
  readonly also: readonly TraceRecord[];
  readonly i: number;
  readonly isAbout: boolean;
  readonly weight: number;
}

/** At most six events, in order of time, up to what the finding is about. */
export function tellStory(records: readonly TraceRecord[], finding: Finding): StoryEvent[] {
  const endMs = seenAtMs(finding);
  const all = new Set(records.map(({ node }) => node));
  const isCrowd = all.size > CROWD;
  const isFleet = all.size > FLEET;
  const inEvidence = new Set(finding.evidence.match(NODE_NAMES)?.filter((name) => all.has(name)));
  const named = isCrowd ? inEvidence : new Set();
  const hasOutputs = records.some(({ kind, node = '' }) => kind === 'emit' && inEvidence.has(node));
  const isAboutClients = inEvidence.size > 0 && !hasOutputs;
  const notedAtMs = new Set(records.flatMap(({ facts, atMs }) => (facts.tells ? atMs : [])));
  const isNoted = ({ kind, atMs }: TraceRecord) =>
    (TOLD.has(kind) && notedAtMs.has(atMs)) ||
    (kind === 'emit' && (isAboutClients || (isFleet && named.size === 0)));
  const told = records.filter(
    (record) => record.atMs <= endMs && isTold(record, inEvidence) && !isNoted(record),
  );
  const events = isCrowd ? told.map((record, i) => ({ record, also: [], i })) : together(told);
  const candidates = events.map(({ record, also, i }): Candidate => {
    const nodes = record.node === undefined ? record.text.match(NODE_NAMES) : [record.node];
    const isAbout = nodes?.some((node) => named.has(node)) ?? false;
    const isOfOther = named.size > 0 && record.node !== undefined && !isAbout;
    const shift = isAbout ? NAMED : isOfOther ? OF_OTHER : 0;
    return { record, also, i, isAbout, weight: weigh(record) + shift };
  });
  const ofKinds = (...kinds: string[]) =>
    candidates.filter(({ record }) => kinds.includes(record.kind));
  const outputs = ofKinds('emit').slice(-OUTPUTS_MAX);
  const inVain = ofKinds('drop', 'timeout').slice(-IN_VAIN_MAX);
  const others = candidates.filter(({ record }) => !IN_CROWDS.has(record.kind));
  const recent = [true, false].flatMap((about) =>
    others.filter(({ isAbout }) => isAbout === about).slice(-RECENT),
  );
  return [...recent, ...inVain, ...outputs]
    .sort((a, b) => b.weight - a.weight || b.i - a.i)
    .slice(0, EVENTS_MAX)
    .sort((a, b) => a.i - b.i)
    .map(({ record, also }) => ({ atMs: record.atMs, text: words(record, also) }));
}

const IN_CROWDS = new Set(['emit', 'drop', 'timeout']);

/** Lost messages and timeouts are told only of clients that the evidence names: others have many. */
function isTold(record: TraceRecord, inEvidence: ReadonlySet<string>): boolean {
  const { kind, node = '', facts } = record;
  if (kind !== 'drop' && kind !== 'timeout') return weigh(record) > 0;
  const ends = facts.wire === undefined ? [node] : [facts.wire.from, facts.wire.to];
  return ends.some((end) => end.startsWith('c') && inEvidence.has(end));
}

/** When what the evidence is about had happened: a history is judged long afterwards. */
function seenAtMs({ core = [], atMs }: Finding): number {
  const ends = core.flatMap(({ returnAtMs }) => returnAtMs ?? []);
  return ends.length === 0 ? atMs : Math.max(...ends);
}

function weigh(record: TraceRecord): number {
  if (record.kind === 'state') return /^is (leader|primary)/.test(record.text) ? 8 : 0;
  if (record.text.endsWith('at normal speed')) return 0;
  return WEIGHT[record.kind] ?? 0;
}

/** What happened to several nodes, or links, at the same instant is one event. */
function together(records: readonly TraceRecord[]): Pick<Candidate, 'record' | 'also' | 'i'>[] {
  const told: { record: TraceRecord; also: TraceRecord[]; i: number }[] = [];
  const firsts = new Map<string, TraceRecord[]>();
  for (const [i, record] of records.entries()) {
    const what = sharedWords(record);
    const key = `${record.atMs} ${what}`;
    const also = what === undefined ? undefined : firsts.get(key);
    if (also !== undefined) {
      also.push(record);
      continue;
    }
    const one = { record, also: [], i };
    told.push(one);
    if (what !== undefined) firsts.set(key, one.also);
  }
  return told;
}

const OF_MANY: Readonly<Record<string, string>> = {
  crash: 'crash',
  restart: 'restart',
  pause: 'are paused',
};

/** What makes an event the same as that of another node or link; undefined when it stands alone. */
function sharedWords(record: TraceRecord): string | undefined {
  const { kind, node } = record;
  if (node !== undefined) return kind in OF_MANY ? record.text : undefined;
  return kind === 'fault' ? /^(cut|mend) /.exec(record.text)?.[1] : undefined;
}

function words({ node, text, kind, facts }: TraceRecord, also: readonly TraceRecord[]): string {
  if (facts.wire !== undefined) {
    const { from, to, method, kind: way } = facts.wire;
    const why = / is lost \(\w+\)$/.exec(text)?.[0] ?? ' is lost';
    return `${from} → ${to} ${method}${way === 'reply' ? ' reply' : ''}${why}`;
  }
  if (node === undefined)
    return short([text, ...also.map((other) => other.text.replace(/^\w+ /, ''))].join(', '));
  if (also.length === 0) return short(`${node} ${text}`);
  const nodes = [node, ...also.map((other) => other.node)].join(',');
  return short(`${nodes} ${OF_MANY[kind]}${kind === 'crash' ? text.slice('crashes'.length) : ''}`);
}

function short(text: string): string {
  const told = squeezed(text);
  return told.length > 90 ? `${told.slice(0, 89)}…` : told;
}
