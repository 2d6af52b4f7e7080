/** Part B: vector stamps tell exactly what happened before what. */
import type { Invariant, NodeId, Watch } from 'faultlab';
import type { Causality } from '../causality.ts';
import type { CausalRelation, VectorStamp } from '../contract.ts';
import { clockInvariant, Events, type Happened, nameOf } from './events.ts';
import { vectorWords as show } from './words.ts';

type Event = Happened<VectorStamp>;

const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) >= 0;

export function vectorRules(causality: Causality): Invariant {
  const events = new Events<VectorStamp>(causality);
  const truth = (a: Event, b: Event): CausalRelation => {
    if (a === b) return 'same';
    if (events.isBefore(a, b)) return 'before';
    return events.isBefore(b, a) ? 'after' : 'concurrent';
  };

  return clockInvariant('VectorClockLike', events, {
    kind: 'v',
    whyNoStamp(stamp) {
      const isVector = typeof stamp === 'object' && stamp !== null;
      return isVector && Object.values(stamp).every(isCount)
        ? ''
        : 'it must hold whole numbers, by node';
    },
    onEvent() {},
    onEmit(node, name, value, watch) {
      if (name !== 'compared') return;
      const { ids, relations } = value as { ids: string[]; relations: CausalRelation[][] };
      const list = ids.map((id) => events.get(id));
      for (const [i, a] of list.entries()) {
        for (const [j, b] of list.entries()) {
          const answer = relations[i]?.[j];
          if (answer !== truth(a, b)) tellWrong({ a, b, answer, truth: truth(a, b) }, node, watch);
        }
      }
    },
  });
}

interface Wrong {
  readonly a: Event;
  readonly b: Event;
  readonly answer: unknown;
  readonly truth: CausalRelation;
}

const QUESTION: Readonly<Record<CausalRelation, string>> = {
  before: 'what must the stamp of the later event know of the earlier one?',
  after: 'what must the stamp of the later event know of the earlier one?',
  concurrent: 'does one of these stamps know of the other event, and from where?',
  same: 'how does a stamp compare with itself?',
};

function tellWrong({ a, b, answer, truth }: Wrong, node: NodeId, watch: Watch): never {
  const told = JSON.stringify(answer) ?? String(answer);
  const evidence =
    truth === 'same'
      ? `${nameOf(a)} has ${show(a.stamp)}; compared with itself on ${node}, it is ${told}`
      : `${nameOf(a)} has ${show(a.stamp)}, ${nameOf(b)} has ${show(b.stamp)}; ${node} calls the first ${told}, and in truth it is ${truth}`;
  return watch.fail({
    kind: 'safety',
    ruleId: `vector-${truth === 'after' ? 'before' : truth}`,
    rule: 'Two events are compared as they happened: before, after or concurrent (Mattern 1989)',
    evidence,
    lookAt: QUESTION[truth],
  });
}
