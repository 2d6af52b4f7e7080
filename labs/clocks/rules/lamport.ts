/** Part A: the clock condition, and one total order that keeps it. */
import type { Invariant, NodeId, Watch } from 'faultlab';
import type { Causality } from '../causality.ts';
import type { LamportStamp } from '../contract.ts';
import { clockInvariant, Events, type Happened, nameOf, s } from './events.ts';

type Event = Happened<LamportStamp>;

const RULE = 'Clock condition (Lamport 1978): if a happened before b, then C(a) < C(b)';

export function lamportRules(causality: Causality): Invariant {
  const events = new Events<LamportStamp>(causality);
  let sorted: { readonly node: NodeId; readonly ids: readonly string[] } | undefined;

  return clockInvariant('LamportClockLike', events, {
    kind: 'l',
    whyNoStamp(stamp, node) {
      const { time, node: owner } = (stamp ?? {}) as LamportStamp;
      if (!Number.isSafeInteger(time) || time < 0) return 'time must be a whole number, 0 or more';
      return owner === node ? '' : `node must be the one on which it happened, ${node}`;
    },
    onEvent(event, last, watch) {
      expectAfterLast(event, last, watch);
      expectAfterSending(event, watch);
    },
    onEmit(node, name, value, watch) {
      if (name !== 'sorted') return;
      const ids = value as readonly string[];
      expectOrder(
        ids.map((id) => events.get(id)),
        node,
        events,
        watch,
      );
      if (sorted !== undefined) expectSame(sorted, { node, ids }, watch);
      sorted ??= { node, ids };
    },
  });
}

function expectAfterLast(event: Event, last: Event | undefined, watch: Watch): void {
  if (last === undefined || last.stamp.time < event.stamp.time) return;
  watch.fail({
    kind: 'safety',
    ruleId: 'clock-condition-node',
    rule: RULE,
    evidence: `${nameOf(last)} has time ${last.stamp.time};  after it, on the same node, ${nameOf(event)} has time ${event.stamp.time}`,
    lookAt: 'what does the clock do between two events of one node? (IR1)',
  });
}

function expectAfterSending({ sent, ...event }: Event, watch: Watch): void {
  if (sent === undefined || sent.time < event.stamp.time) return;
  watch.fail({
    kind: 'safety',
    ruleId: 'clock-condition-message',
    rule: RULE,
    evidence: `${sent.node} sent a message with time ${sent.time};  its arrival, ${event.id} at ${s(event.moment.atMs)}, has time ${event.stamp.time}`,
    lookAt: 'what does a node learn from the stamp that a message carries? (IR2)',
  });
}

function expectOrder(
  order: readonly Event[],
  node: NodeId,
  events: Events<LamportStamp>,
  watch: Watch,
): void {
  for (const [i, later] of order.entries()) {
    const earlier = order.slice(0, i).find((event) => events.isBefore(later, event));
    if (earlier === undefined) continue;
    watch.fail({
      kind: 'safety',
      ruleId: 'order-against-causality',
      rule: 'The total order keeps happened-before (Lamport 1978, the relation ⇒)',
      evidence: `${node} puts ${show(earlier)} before ${show(later)}, but ${later.id} happened before ${earlier.id}, at ${s(later.moment.atMs)} and ${s(earlier.moment.atMs)}`,
      lookAt: 'which of the two parts of a stamp decides first?',
    });
  }
}

function expectSame(
  one: { readonly node: NodeId; readonly ids: readonly string[] },
  other: { readonly node: NodeId; readonly ids: readonly string[] },
  watch: Watch,
): void {
  const at = one.ids.findIndex((id, i) => id !== other.ids[i]);
  if (at === -1) return;
  watch.fail({
    kind: 'safety',
    ruleId: 'two-orders',
    rule: 'All nodes put all events in the same order (Lamport 1978, the relation ⇒)',
    evidence: `of ${one.ids.length} events, number ${at + 1} is ${one.ids[at]} for ${one.node} and ${other.ids[at]} for ${other.node}`,
    lookAt: 'what decides between two events with the same time?',
  });
}

const show = ({ id, stamp }: Event) => `${id} (time ${stamp.time})`;
