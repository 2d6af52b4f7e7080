/**
 * The record of a run: every event goes into the hash and, in words, into the trace when one is kept;
 * messages and faults are counted. What is recorded only for the sake of a trace is not hashed: a run
 * must not depend on being looked at.
 */

import type { Process } from '../process.ts';
import type { WireMessage } from '../sim/network.ts';
import type { Simulation } from '../sim/simulation.ts';
import { hashOf, Trace, type TraceFacts } from '../sim/trace.ts';
import type { TraceKind } from '../surroundings.ts';
import { brief, describeMessage } from './words.ts';

const KINDS: readonly TraceKind[] = [
  'boot',
  'restart',
  'crash',
  'pause',
  'resume',
  'fault',
  'send',
  'deliver',
  'drop',
  'timer',
  'disk',
  'emit',
  'state',
  'log',
  'note',
  'fail',
  'work',
];
const KIND_NUMBER = new Map(KINDS.map((kind, i) => [kind, i + 1]));

/** Stands for "no node" in the hash. */
const NOBODY = 15;

export class Recorder {
  readonly trace: Trace;
  readonly #simulation: Simulation;
  readonly #counts = new Map<string, { messages: number; requests: number; bytes: number }>();
  readonly #hits = new Map<string, number>();
  readonly #lastRole: string[] = [];
  /** What `inspect` of each node last returned; kept for a trace only. */
  readonly #lastState: (Record<string, unknown> | undefined)[] = [];

  constructor(simulation: Simulation, keepTrace: boolean) {
    this.#simulation = simulation;
    this.trace = new Trace(keepTrace);
  }

  /** An event: always hashed, put into words only for a trace. */
  mark(
    kind: TraceKind,
    process: Process | undefined,
    detail: number,
    words?: () => string,
    facts?: TraceFacts,
  ): void {
    const { nowUs } = this.#simulation;
    this.trace.mark(KIND_NUMBER.get(kind) ?? 0, nowUs, process?.index ?? NOBODY, detail);
    if (this.trace.keeping && words) this.trace.line(nowUs / 1000, process?.id, kind, words, facts);
  }

  /** For what is told but not hashed: a call of the workload, say. */
  tell(kind: TraceKind, process: Process, words: () => string, facts?: TraceFacts): void {
    if (this.trace.keeping) this.trace.line(this.#simulation.nowMs, process.id, kind, words, facts);
  }

  fault(text: string, facts?: TraceFacts): void {
    this.mark('fault', undefined, hashOf(text), () => text, facts);
  }

  /** What will not happen is told, but is no event: a run that it does not affect keeps its hash. */
  calm(text: string): void {
    if (this.trace.keeping) this.trace.line(this.#simulation.nowMs, undefined, 'calm', () => text);
  }

  /** A message on its way: `wire` is a copy for the trace. */
  message(
    kind: 'send' | 'deliver' | 'drop',
    process: Process,
    hash: number,
    wire: WireMessage | undefined,
    { number, label }: { number: number; label: string },
  ): void {
    if (!this.trace.keeping || wire === undefined) {
      this.mark(kind, process, hash);
      return;
    }
    if (kind === 'deliver') process.cause = this.trace.records.length;
    const isSend = kind === 'send';
    this.mark(kind, process, hash, () => `${describeMessage(wire)}${label}`, {
      message: number,
      method: wire.method,
      wire,
      cause: isSend ? process.cause : undefined,
      stack: isSend ? process.site : undefined,
    });
  }

  /** The state of a node after an event, for a trace. */
  state(process: Process, state: unknown): void {
    if (!this.trace.keeping) return;
    this.#noteRole(process, state);
    this.#noteChanges(process, state);
  }

  booted(process: Process): void {
    this.#lastState[process.index] = undefined;
  }

  /** A change of role is what stories of replicated systems are made of. For a trace only, not hashed. */
  #noteRole(process: Process, state: unknown): void {
    const { role, term, epoch } = (state ?? {}) as Record<string, unknown>;
    if (typeof role !== 'string' || this.#lastRole[process.index] === role) return;
    this.#lastRole[process.index] = role;
    const age = term === undefined ? epoch && ` in epoch ${epoch}` : ` in term ${term}`;
    this.trace.line(this.#simulation.nowMs, process.id, 'state', () => `is ${role}${age ?? ''}`);
  }

  /** For readers of a trace: not hashed, as a run must not depend on being looked at. */
  #noteChanges(process: Process, state: unknown): void {
    const now = (state ?? {}) as Record<string, unknown>;
    const before = this.#lastState[process.index] ?? {};
    const changes: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(now))
      if (JSON.stringify(value) !== JSON.stringify(before[field])) changes[field] = value;
    if (Object.keys(changes).length === 0) return;
    this.#lastState[process.index] = { ...now };
    const words = () =>
      Object.entries(changes)
        .map(([field, value]) => `${field} ${brief(before[field])} → ${brief(value)}`)
        .join(', ');
    this.trace.line(this.#simulation.nowUs / 1000, process.id, 'change', words, { changes });
  }

  tally(kind: 'request' | 'reply', method: string, size: number): void {
    let counts = this.#counts.get(method);
    if (counts === undefined) {
      counts = { messages: 0, requests: 0, bytes: 0 };
      this.#counts.set(method, counts);
    }
    counts.messages++;
    counts.bytes += size;
    if (kind === 'request') counts.requests++;
  }

  count(what: 'messages' | 'requests' | 'bytes', method?: string): number {
    if (method !== undefined) return this.#counts.get(method)?.[what] ?? 0;
    let sum = 0;
    for (const counts of this.#counts.values()) sum += counts[what];
    return sum;
  }

  /** The kinds of messages sent most, for the report of a storm. */
  busiest(): string {
    const top = [...this.#counts]
      .sort((a, b) => b[1].requests - a[1].requests)
      .slice(0, 2)
      .map(([method, { requests }]) => `${requests} × ${method}`);
    return top.length === 0 ? 'no message was sent' : `sent so far: ${top.join(', ')}`;
  }

  hit(fault: string): void {
    this.#hits.set(fault, (this.#hits.get(fault) ?? 0) + 1);
  }

  hits(fault: string): number {
    return this.#hits.get(fault) ?? 0;
  }
}
