/** The stamped events of one run, with their place in the causal order that the grader knows. */
import type { Invariant, NodeId, Watch } from 'faultlab';
import type { Causality, Moment } from '../causality.ts';
import type { StampedEvent } from '../contract.ts';

export const s = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

/** An event, and its true place in the causal order. */
export interface Happened<Stamp> extends StampedEvent<Stamp> {
  readonly moment: Moment;
}

/** What a program reports: its clock may have refused a message that arrived. */
type Reported<Stamp> = Omit<StampedEvent<Stamp>, 'stamp'> & { readonly stamp: Stamp | 'refused' };

const WHAT = { local: 'an event', send: 'a sending', receive: 'an arrival' };

/** `l2.3 (an arrival at 0.012 s)`. */
export function nameOf({ id, kind, moment }: Pick<Happened<unknown>, 'id' | 'kind' | 'moment'>) {
  return `${id} (${WHAT[kind]} at ${s(moment.atMs)})`;
}

export class Events<Stamp> {
  readonly #causality: Causality;
  readonly #byId = new Map<string, Happened<Stamp>>();
  readonly #last = new Map<NodeId, Happened<Stamp>>();

  constructor(causality: Causality) {
    this.#causality = causality;
  }

  get(id: string): Happened<Stamp> {
    const event = this.#byId.get(id);
    if (event === undefined) throw new Error(`nobody has reported the event ${id}`);
    return event;
  }

  /** The latest event of a node. */
  last(node: NodeId): Happened<Stamp> | undefined {
    return this.#last.get(node);
  }

  record(node: NodeId, event: StampedEvent<Stamp>, atMs: number, count = 1): Happened<Stamp> {
    const receives = event.kind === 'receive';
    const moment = this.#causality.happens(node, atMs, { receives, count });
    const happened = { ...event, moment };
    this.#byId.set(event.id, happened);
    this.#last.set(node, happened);
    return happened;
  }

  isBefore(a: Happened<Stamp>, b: Happened<Stamp>): boolean {
    return this.#causality.isBefore(a.moment, b.moment);
  }

  /** All events that happened before an event, and the event itself. */
  past(event: Happened<Stamp>): Happened<Stamp>[] {
    return [...this.#byId.values()].filter(
      (other) => other === event || this.isBefore(other, event),
    );
  }
}

/** What a kind of clock must keep to, as hooks for what its program reports. */
export interface ClockRules<Stamp> {
  /** A letter: `l`. */
  readonly kind: string;
  /** '', or why this is not a stamp. */
  whyNoStamp(stamp: unknown, node: NodeId): string;
  /** `last` is the event of this node before it. */
  onEvent(event: Happened<Stamp>, last: Happened<Stamp> | undefined, watch: Watch): void;
  onRefusal?(event: StampedEvent<'refused'>, node: NodeId, watch: Watch): void;
  /** Everything else that the program emits. */
  onEmit?(node: NodeId, name: string, value: unknown, watch: Watch): void;
}

/** Feeds the rules of one kind of clock, and checks what holds for all: a stamp never changes. */
export function clockInvariant<Stamp>(
  name: string,
  events: Events<Stamp>,
  rules: ClockRules<Stamp>,
): Invariant {
  const onHappened = (node: NodeId, reported: Reported<Stamp>, watch: Watch) => {
    if (reported.stamp === 'refused' && rules.onRefusal !== undefined) {
      rules.onRefusal(reported as StampedEvent<'refused'>, node, watch);
      return;
    }
    const why = rules.whyNoStamp(reported.stamp, node);
    if (why !== '') {
      watch.fail({
        kind: 'contract',
        ruleId: 'no-stamp',
        rule: `tick and receive return a stamp (contract, ${name})`,
        evidence: `${reported.id} (${WHAT[reported.kind]} at ${s(watch.nowMs)}) has ${JSON.stringify(reported.stamp)}: ${why}`,
      });
    }
    const last = events.last(node);
    const event = events.record(node, reported as StampedEvent<Stamp>, watch.nowMs);
    rules.onEvent(event, last, watch);
  };
  return {
    name,
    onEmit(node, what, value, watch) {
      if (!node.startsWith(rules.kind)) return;
      if (what === 'happened') onHappened(node, value as Reported<Stamp>, watch);
      else if (what === 'remembered') expectUnchanged(events, value as StampedEvent<Stamp>, watch);
      else rules.onEmit?.(node, what, value, watch);
    },
  };
}

function expectUnchanged<Stamp>(
  events: Events<Stamp>,
  { id, stamp }: Pick<StampedEvent<Stamp>, 'id' | 'stamp'>,
  watch: Watch,
): void {
  const then = events.get(id);
  const [now, before] = [JSON.stringify(stamp), JSON.stringify(then.stamp)];
  if (now === before) return;
  watch.fail({
    kind: 'safety',
    ruleId: 'stamp-changed',
    rule: 'A stamp does not change once it has been given out (contract, VectorClockLike)',
    evidence: `${nameOf(then)} was given ${before}; at ${s(watch.nowMs)} that stamp is ${now}`,
    lookAt: 'who else holds the object that this clock works on?',
  });
}
