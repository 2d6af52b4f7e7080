/** Part B: nothing is delivered before what it depends on, nothing twice, nothing that nobody sent. */
import type { Invariant, NodeId, Watch } from 'faultlab';
import { s } from './events.ts';

interface Sent {
  readonly text: string;
  readonly from: NodeId;
  readonly atMs: number;
  /** What the sender had delivered by then. */
  readonly after: readonly Sent[];
}

export function broadcastRules(): Invariant {
  const sent = new Map<string, Sent>();
  const delivered = new Map<NodeId, Set<Sent>>();
  const at = (node: NodeId) => {
    const own = delivered.get(node) ?? new Set();
    delivered.set(node, own);
    return own;
  };

  const deliver = (node: NodeId, text: string, from: NodeId, watch: Watch) => {
    const message = sent.get(text);
    if (message === undefined || message.from !== from) {
      watch.fail({
        kind: 'safety',
        ruleId: 'delivered-unsent',
        rule: 'What is delivered was broadcast, by the node that is named (contract, CausalBroadcastLike)',
        evidence: `${node} delivers ${JSON.stringify(text)} from ${from} at ${s(watch.nowMs)}; ${message === undefined ? 'nobody broadcast it' : `it was ${message.from} that broadcast it`}`,
      });
    }
    if (at(node).has(message)) {
      watch.fail({
        kind: 'safety',
        ruleId: 'delivered-twice',
        rule: 'A message is delivered once at each node (contract, CausalBroadcastLike)',
        evidence: `${node} delivers "${text}" from ${from} again at ${s(watch.nowMs)}`,
        lookAt: 'how does a node know that a message is done with?',
      });
    }
    const missing = message.after.find((earlier) => !at(node).has(earlier));
    if (missing !== undefined) {
      watch.fail({
        kind: 'safety',
        ruleId: 'causal-delivery',
        rule: 'Causal delivery (Birman, Schiper and Stephenson 1991): first what it depends on',
        evidence: `${from} had delivered "${missing.text}" of ${missing.from} when it broadcast "${text}" at ${s(message.atMs)};  ${node} delivers "${text}" at ${s(watch.nowMs)}, but not yet "${missing.text}"`,
        lookAt: 'what had the sender seen, and how does this node know?',
      });
    }
    at(node).add(message);
  };

  return {
    name: 'causal broadcast',
    onEmit(node, name, value, watch) {
      if (name === 'broadcasts') {
        const text = value as string;
        sent.set(text, { text, from: node, atMs: watch.nowMs, after: [...at(node)] });
      }
      if (name === 'delivers') {
        const { text, from } = value as { text: string; from: NodeId };
        deliver(node, text, from, watch);
      }
    },
  };
}
