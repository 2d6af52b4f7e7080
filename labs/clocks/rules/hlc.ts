/** Part C: the theorems of "Logical Physical Clocks" (Kulkarni et al. 2014), at every event. */
import type { Invariant, NodeId, Watch } from 'faultlab';
import type { Causality } from '../causality.ts';
import { type HlcTimestamp, LOGICAL_MAX, type StampedEvent } from '../contract.ts';
import { clockInvariant, Events, type Happened, nameOf, s } from './events.ts';
import { timeOfDay as at } from './words.ts';

/** As main.ts has it. */
export const MAX_OFFSET_MS = 500;

type Event = Happened<HlcTimestamp>;

const compare = (a: HlcTimestamp, b: HlcTimestamp) => a.wallMs - b.wallMs || a.logical - b.logical;
/** `00:00:01.204+3`. */
export const show = ({ wallMs, logical }: HlcTimestamp) => `${at(wallMs)}+${logical}`;

export function hlcRules(causality: Causality): Invariant {
  const events = new Events<HlcTimestamp>(causality);
  /** How many events of a burst were not reported one by one, by the id of its last. */
  const bursts = new Map<string, number>();

  const check = (event: Event, last: Event | undefined, watch: Watch) => {
    expectAfter(event, last, watch);
    expectBelieved(event, watch);
    const past = events.past(event);
    expectWall(event, past, bursts, watch);
    expectLogical(event, past, bursts, watch);
  };

  return clockInvariant('HlcLike', events, {
    kind: 'h',
    whyNoStamp(stamp) {
      const { wallMs, logical } = (stamp ?? {}) as HlcTimestamp;
      if (!Number.isSafeInteger(wallMs)) return 'wallMs must be a whole number';
      const isLogical = Number.isInteger(logical) && logical >= 0 && logical <= LOGICAL_MAX;
      return isLogical ? '' : `logical must be a whole number from 0 to ${LOGICAL_MAX}`;
    },
    onEvent: check,
    onRefusal({ id, sent, wallMs }, _node, watch) {
      const ahead = (sent as unknown as HlcTimestamp | undefined)?.wallMs ?? 0;
      if (ahead > wallMs + MAX_OFFSET_MS) return;
      watch.fail({
        kind: 'liveness',
        ruleId: 'refused-needlessly',
        rule: 'Only a stamp that is more than the offset ahead is refused (contract, HlcLike.receive)',
        evidence: `${id}: a message with ${at(ahead)} arrived when the wall clock said ${at(wallMs)}; it was ${Math.abs(ahead - wallMs)} ms ${ahead > wallMs ? 'ahead' : 'behind'}, and was refused; ${MAX_OFFSET_MS} ms ahead are allowed`,
        lookAt: 'what exactly is compared with the offset?',
      });
    },
    onEmit(node, name, value, watch) {
      if (name === 'notAscending') tellNotAscending(node, value, watch);
      if (name !== 'burst') return;
      const { count, stamp, wallMs } = value as { count: number } & StampedEvent<HlcTimestamp>;
      const last = events.last(node);
      const id = `${node}.burst at ${s(watch.nowMs)}`;
      bursts.set(id, count - 1);
      const event = events.record(node, { id, kind: 'local', stamp, wallMs }, watch.nowMs, count);
      check(event, last, watch);
    },
  });
}

/** Theorem 1, for the two events that are directly before this one. */
function expectAfter(event: Event, last: Event | undefined, watch: Watch): void {
  const { sent, stamp } = event;
  const isAfterLast = last === undefined || compare(last.stamp, stamp) < 0;
  if (isAfterLast && (sent === undefined || compare(sent, stamp) < 0)) return;
  const before = isAfterLast
    ? `the message was sent with ${sent && show(sent)}`
    : `${last.id}, before it on this node, has ${show(last.stamp)}`;
  watch.fail({
    kind: 'safety',
    ruleId: 'hlc-monotone',
    rule: 'If e happened before f, the stamp of e is smaller (Kulkarni et al. 2014, Theorem 1)',
    evidence: `${nameOf(event)} has ${show(stamp)};  ${before}`,
    lookAt: 'what must a stamp be above, besides the wall clock?',
  });
}

function expectBelieved(event: Event, watch: Watch): void {
  const { sent, wallMs, stamp } = event;
  if (sent === undefined || sent.wallMs <= wallMs + MAX_OFFSET_MS) return;
  watch.fail({
    kind: 'safety',
    ruleId: 'offset',
    rule: 'A stamp that is more than the offset ahead is refused (contract, HlcLike.receive)',
    evidence: `${nameOf(event)}: the message has ${show(sent)}, the wall clock here says ${at(wallMs)}, so it is ${sent.wallMs - wallMs} ms ahead, with ${MAX_OFFSET_MS} allowed; it was given ${show(stamp)}`,
    lookAt: 'what would one node with a broken clock do to all others?',
  });
}

/** Theorems 2 and 3: the highest wall clock known; more than that only by full logical parts. */
function expectWall(
  event: Event,
  past: readonly Event[],
  bursts: ReadonlyMap<string, number>,
  watch: Watch,
): void {
  const highest = past.reduce((a, b) => (b.wallMs > a.wallMs ? b : a));
  const events = past.reduce((sum, { id }) => sum + 1 + (bursts.get(id) ?? 0), 0);
  const carriesMax = Math.floor(events / (LOGICAL_MAX + 1));
  const aheadMs = event.stamp.wallMs - highest.wallMs;
  if (aheadMs >= 0 && aheadMs <= carriesMax) return;
  const whose = highest === event ? 'its own wall clock' : `the wall clock of ${highest.id}`;
  watch.fail({
    kind: 'safety',
    ruleId: aheadMs < 0 ? 'hlc-behind' : 'hlc-ahead',
    rule: 'wallMs is the highest wall-clock reading known (Kulkarni et al. 2014, Theorems 2, 3)',
    evidence: `${nameOf(event)} has ${show(event.stamp)}; the highest it knows of is ${at(highest.wallMs)}, ${whose}: ${Math.abs(aheadMs)} ms ${aheadMs < 0 ? 'more' : 'less'}`,
    lookAt:
      aheadMs < 0
        ? 'which wall-clock readings does this node know of?'
        : 'where did this clock get a time that no wall clock has shown?',
  });
}

/** Corollary 2: c counts events that happened before with the same l. */
function expectLogical(
  event: Event,
  past: readonly Event[],
  bursts: ReadonlyMap<string, number>,
  watch: Watch,
): void {
  const { wallMs, logical } = event.stamp;
  const same = past
    .filter((other) => other.stamp.wallMs === wallMs)
    .reduce((sum, { id }) => sum + 1 + (bursts.get(id) ?? 0), -1);
  if (logical <= same) return;
  watch.fail({
    kind: 'safety',
    ruleId: 'logical-bound',
    rule: 'logical is at most the number of earlier events with this wallMs (Kulkarni, Corollary 2)',
    evidence: `${nameOf(event)} has ${show(event.stamp)}; ${same} ${same === 1 ? 'event' : 'events'} with ${at(wallMs)} happened before it`,
    lookAt: 'whose logical part goes on here, and when does it restart at 0?',
  });
}

function tellNotAscending(node: NodeId, value: unknown, watch: Watch): never {
  const { first, second } = value as { first: HlcTimestamp; second: HlcTimestamp };
  return watch.fail({
    kind: 'safety',
    ruleId: 'hlc-monotone-burst',
    rule: 'If e happened before f, the stamp of e is smaller (Kulkarni et al. 2014, Theorem 1)',
    evidence: `on ${node}, one after the other: ${show(first)} and ${show(second)}`,
    lookAt: 'what comes after the highest logical part?',
  });
}
