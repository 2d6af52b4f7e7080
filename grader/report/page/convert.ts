/** From a replayed run to what its page holds. */
import type { Replay, TraceLine } from '../../replay.ts';
import { squeezed } from '../plain.ts';
import type { Finding } from '../report.ts';
import type { PageData, PageEvent, PageFinding, PageOperation } from './data.ts';

/** Longer texts are cut: a page is read, and has to be small. */
const TEXT_MAX = 240;

export interface PageOptions extends Pick<PageData, 'title' | 'lab' | 'scenario' | 'command'> {
  readonly replay: Replay;
  readonly nodes: readonly string[];
  readonly shrunk?: string;
}

export function pageData(options: PageOptions): PageData {
  const { replay, title, lab, scenario, command, shrunk } = options;
  const { finding, seed, verdict } = replay.result;
  const present = new Set(replay.trace.map(({ node }) => node));
  // A node that was never switched on has no lane.
  const nodes = options.nodes.filter((node) => present.has(node));
  const events = eventsOf(replay.trace, nodes);
  const start = finding === undefined ? events.length - 1 : pin(finding, events);
  const head = { title, lab, scenario, seed, verdict, command };
  const small = shrunk === undefined ? {} : { shrunk };
  const { chart } = replay.result;
  const measured = chart && { chart };
  const told = finding && { finding: toldOf(finding, nodes, events) };
  return { ...head, ...small, ...told, ...measured, nodes, events, start };
}

function eventsOf(trace: readonly TraceLine[], nodes: readonly string[]): PageEvent[] {
  const index = new Map(nodes.map((node, i) => [node, i]));
  const sent = new Map<number, string>();
  const operations = new Map<string, number>();
  return trace.map(({ atMs, node, kind, text, facts = {} }): PageEvent => {
    const n = node === undefined ? undefined : index.get(node);
    const { message, method, changes, call, cuts, clock } = facts;
    const before = message === undefined ? undefined : sent.get(message);
    if (kind === 'send' && message !== undefined) sent.set(message, text);
    const rest = before !== undefined && text.startsWith(before) ? text.slice(before.length) : text;
    return {
      at: microseconds(atMs),
      ...(n === undefined ? {} : { n }),
      k: kind,
      text: kind === 'change' ? '' : cut(squeezed(rest)),
      ...(message === undefined ? {} : { m: message }),
      ...(method === undefined || kind !== 'send' ? {} : { method }),
      ...(changes === undefined ? {} : { set: changes }),
      ...(call === undefined ? {} : { op: numberOf(operations, `${node} ${call}`) }),
      ...(cuts === undefined ? {} : { cuts }),
      ...(clock === undefined ? {} : { clock }),
    };
  });
}

/** The same number for the same name. */
function numberOf(names: Map<string, number>, name: string): number {
  if (!names.has(name)) names.set(name, names.size + 1);
  return names.get(name) as number;
}

const cut = (text: string) => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text);

const microseconds = (ms: number) => Math.round(ms * 1000) / 1000;

/** The operations of the illegal core, with the events in which they were called and returned. */
function coreOf(
  { core = [] }: Finding,
  nodes: readonly string[],
  events: readonly PageEvent[],
): PageOperation[] {
  const taken = new Set<number>();
  return core.map(({ client, text, callAtMs, returnAtMs, isCulprit = false }) => {
    // `c1.4` is a program of c1.
    const lane = nodes.indexOf(client.split('.')[0] ?? '');
    const isCall = ({ k, op, n, at }: PageEvent) =>
      k === 'call' && op !== undefined && at === microseconds(callAtMs) && (lane < 0 || n === lane);
    const calls = [...events.keys()].filter((i) => isCall(events[i] as PageEvent) && !taken.has(i));
    const call = calls.find((i) => isAbout(events[i] as PageEvent, text)) ?? calls[0];
    if (call !== undefined) taken.add(call);
    const isEnd = ({ k, op }: PageEvent) => k === 'return' && op === events[call ?? -1]?.op;
    const end = call === undefined ? -1 : events.findIndex(isEnd);
    return {
      client,
      text,
      from: callAtMs,
      ...(returnAtMs === undefined ? {} : { to: returnAtMs }),
      isCulprit,
      ...(call === undefined ? {} : { call }),
      ...(end < 0 ? {} : { end }),
    };
  });
}

/** The words of a call all occur in its operation, as the history words it. */
function isAbout({ text }: PageEvent, told: string): boolean {
  return text.split(/[\s(),"]+/).every((word) => told.includes(word));
}

/** Puts the violation where it happened: a history is judged some time after it goes wrong. */
function pin({ rule, atMs, core = [] }: Finding, events: PageEvent[]): number {
  const at = core.find(({ isCulprit }) => isCulprit)?.returnAtMs ?? atMs;
  const next = events.findIndex((event) => event.at > microseconds(at));
  const i = next < 0 ? events.length : next;
  events.splice(i, 0, { at: microseconds(at), k: 'fail', text: rule });
  return i;
}

const OF_STORY = new Set(['note', 'fault', 'crash', 'restart', 'pause', 'drop', 'timeout']);

function toldOf(
  finding: Finding,
  nodes: readonly string[],
  events: readonly PageEvent[],
): PageFinding {
  const core = coreOf(finding, nodes, events);
  const { rule, evidence, lookAt, picture, story = [] } = finding;
  const wordsOf = ({ n, text }: PageEvent) => (n === undefined ? text : `${nodes[n]} ${text}`);
  return {
    rule,
    evidence,
    ...(lookAt === undefined ? {} : { lookAt }),
    ...(picture === undefined || core.length > 0 ? {} : { picture }),
    story: story.map(({ atMs, text }) => {
      const at = microseconds(atMs);
      const begin = text.endsWith('…') ? text.slice(0, -1) : text;
      const exact = events.findIndex((e) => e.at === at && wordsOf(e).startsWith(begin));
      // What befell several nodes at once has words of its own.
      const i = exact < 0 ? events.findIndex((e) => e.at === at && OF_STORY.has(e.k)) : exact;
      return { at, text, ...(i < 0 ? {} : { i }) };
    }),
    core,
  };
}
