/**
 * A run as the makers of questions read it: its events with their numbers, what each node said of
 * itself when, which line of code did what, and the same run again with one thing changed.
 */
import type { Scenario } from '../lab.ts';
import { isClient, namesOf } from '../names.ts';
import type { NodeId } from '../node.ts';
import type { SeedResult } from '../report/report.ts';
import { type Change, planOf, type Run } from '../run.ts';
import type { Session } from '../session.ts';
import { type Draw, Stream } from '../sim/prng.ts';
import type { TraceFacts, TraceRecord } from '../sim/trace.ts';
import { Causality, type Order } from './causality.ts';

/** One event of a run. Its number is its name: `#214`. */
export interface RunEvent {
  /** From 1 on, in the order in which things happened. */
  readonly number: number;
  readonly atMs: number;
  readonly node: NodeId | undefined;
  readonly kind: string;
  readonly text: string;
  readonly facts: TraceFacts;
}

/** Not events: what a node says of itself after one, and what shrinking left out. */
const UNNUMBERED = new Set(['change', 'calm']);

export class RunRecord {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly result: SeedResult;
  readonly events: readonly RunEvent[];
  readonly nodes: readonly NodeId[];
  readonly clients: readonly NodeId[];
  readonly #session: Session;
  readonly #trace: readonly TraceRecord[];
  /** Number of the event by its place in the trace; of a change, that of the event before. */
  readonly #numbers: readonly number[];
  readonly #again: (change: Change) => Promise<RunRecord>;
  #causality: Causality | undefined;

  private constructor(session: Session, scenario: Scenario, run: Run, change: Change) {
    this.#session = session;
    this.scenario = scenario;
    this.seed = run.result.seed;
    this.result = run.result;
    const names = namesOf(change.nodes ?? scenario.nodes);
    this.nodes = names.filter((name) => !isClient(name));
    this.clients = names.filter(isClient);
    this.#trace = run.trace;
    const events: RunEvent[] = [];
    const numbers: number[] = [];
    for (const record of run.trace) {
      if (!UNNUMBERED.has(record.kind)) events.push(new Numbered(events.length + 1, record));
      numbers.push(events.length);
    }
    this.events = events;
    this.#numbers = numbers;
    this.#again = (other) => RunRecord.of(session, scenario, this.seed, { ...change, ...other });
  }

  /** Runs it, without the crashes of a sweep. */
  static async of(
    session: Session,
    scenario: Scenario,
    seed: number,
    change: Change = {},
  ): Promise<RunRecord> {
    const plan = planOf(scenario, seed);
    const run = await session.run(scenario, seed, {
      plan,
      change,
      keepTrace: true,
      keepStacks: true,
    });
    return new RunRecord(session, scenario, run, change);
  }

  /** The same run, with one thing changed. */
  again(change: Change): Promise<RunRecord> {
    return this.#again(change);
  }

  /** Seeded choices for a maker, independent of those of others. */
  draw(name: string): Draw {
    let seed = this.seed;
    for (const character of name) seed = Math.imul(seed ^ character.charCodeAt(0), 0x01000193);
    return new Stream(seed);
  }

  all(kind: string, node?: NodeId): RunEvent[] {
    return this.events.filter((e) => e.kind === kind && (node === undefined || e.node === node));
  }

  /** The sending of a message, by the message's number. */
  sending(message: number): RunEvent | undefined {
    return this.events.find((e) => e.kind === 'send' && e.facts.message === message);
  }

  /** Its first arrival; undefined when it was lost. */
  arrival(send: RunEvent): RunEvent | undefined {
    const { message } = send.facts;
    return this.events.find((e) => e.kind === 'deliver' && e.facts.message === message);
  }

  /** What the node was busy with when it did this. */
  causeOf({ facts: { cause } }: RunEvent): RunEvent | undefined {
    const number = cause === undefined ? undefined : this.#numbers[cause];
    return number === undefined ? undefined : this.events[number - 1];
  }

  /** Undefined when one of the two belongs to no node. */
  order(a: RunEvent, b: RunEvent): Order | undefined {
    this.#causality ??= new Causality(
      this.events.map(({ node, kind, facts: { message } }) => ({ node, kind, message })),
    );
    return this.#causality.order(a.number - 1, b.number - 1);
  }

  /**
   * Where in the submission this was done, innermost first: `raft.ts:41:7`. For messages only, and only
   * lines that the student wrote.
   */
  placesOf({ facts: { stack } }: RunEvent): readonly string[] {
    const { given } = this.#session.lab;
    const places = this.#session.framesOf(stack?.stack ?? '');
    return places.filter((place) => !given.some((file) => place.startsWith(`${file}:`)));
  }

  /** The source line of a place, without its indentation. */
  sourceOf(place: string): string {
    return this.#session.sourceLine(place).trim();
  }

  /** What a node's `inspect` returned right after an event: all fields, as they were by then. */
  stateAfter(node: NodeId, event: number): Readonly<Record<string, unknown>> | undefined {
    let state: Record<string, unknown> | undefined;
    for (const [i, record] of this.#trace.entries()) {
      if ((this.#numbers[i] as number) > event) break;
      if (record.node !== node) continue;
      if (record.kind === 'crash') state = undefined;
      else if (record.facts.changes) state = { ...state, ...record.facts.changes };
    }
    return state;
  }

  /** The same, by time. */
  stateAt(node: NodeId, atMs: number): Readonly<Record<string, unknown>> | undefined {
    const last = this.events.findLast((event) => event.atMs <= atMs);
    return this.stateAfter(node, last?.number ?? 0);
  }

  /** Which fields of `inspect` an event changed on its node; none also where there is no `inspect`. */
  changesBy(event: RunEvent): { field: string; before: unknown; after: unknown }[] {
    const { node, number } = event;
    if (node === undefined) return [];
    const before = this.stateAfter(node, number - 1) ?? {};
    const place = this.#numbers.indexOf(number);
    const changes: Record<string, unknown> = {};
    for (let i = place + 1; i < this.#trace.length; i++) {
      const record = this.#trace[i] as TraceRecord;
      // The change is recorded after all that the event did: its sends, emits and notes.
      if (record.node === node && record.facts.changes) {
        Object.assign(changes, record.facts.changes);
        break;
      }
      if (record.atMs !== event.atMs || BEGINS.has(record.kind)) break;
    }
    return Object.entries(changes).map(([field, after]) => ({
      field,
      before: before[field],
      after,
    }));
  }
}

/** Each of these begins another piece of the program. */
const BEGINS = new Set(['deliver', 'timer', 'disk', 'boot', 'restart', 'crash', 'call', 'timeout']);

class Numbered implements RunEvent {
  readonly number: number;
  readonly #record: TraceRecord;

  constructor(number: number, record: TraceRecord) {
    this.number = number;
    this.#record = record;
  }

  get atMs(): number {
    return this.#record.atMs;
  }

  get node(): NodeId | undefined {
    return this.#record.node;
  }

  get kind(): string {
    return this.#record.kind;
  }

  get text(): string {
    return this.#record.text;
  }

  get facts(): TraceFacts {
    return this.#record.facts;
  }
}
