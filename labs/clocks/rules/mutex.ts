/** Part A: one holder at a time, and requests are granted in the order in which they were made. */
import type { Invariant, NodeId, Watch } from 'faultlab';
import type { Causality, Moment } from '../causality.ts';
import { s } from './events.ts';

export function mutexRules(causality: Causality): Invariant {
  const waiting = new Map<NodeId, Moment>();
  let holder: { readonly node: NodeId; readonly sinceMs: number } | undefined;

  const enter = (node: NodeId, watch: Watch) => {
    if (holder !== undefined) {
      watch.fail({
        kind: 'safety',
        ruleId: 'mutual-exclusion',
        rule: 'Mutual exclusion (Lamport 1978, condition I): the holder must release it first',
        evidence: `${holder.node} has held it since ${s(holder.sinceMs)};  ${node} enters at ${s(watch.nowMs)}`,
        lookAt: 'which requests may exist that this node has not heard of yet?',
      });
    }
    const own = waiting.get(node) as Moment;
    for (const [other, request] of waiting) {
      if (!causality.isBefore(request, own)) continue;
      watch.fail({
        kind: 'safety',
        ruleId: 'request-order',
        rule: 'Requests are granted in the order in which they were made (Lamport 1978, condition II)',
        evidence: `${other} asked at ${s(request.atMs)}, and ${node} had heard from it when it asked at ${s(own.atMs)}; at ${s(watch.nowMs)} ${node} enters while ${other} still waits`,
        lookAt: 'how does a node that gets two requests know which was made first?',
      });
    }
    waiting.delete(node);
    holder = { node, sinceMs: watch.nowMs };
  };

  return {
    name: 'mutual exclusion',
    onEmit(node, name, _value, watch) {
      if (name === 'wants') waiting.set(node, causality.happens(node, watch.nowMs));
      if (name === 'enters') enter(node, watch);
      if (name === 'leaves') holder = undefined;
    },
  };
}
