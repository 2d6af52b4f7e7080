/** What must hold at every event: entries are applied in order, and they are the same everywhere. */
import type { Invariant, NodeId, Watch } from 'faultlab';
import type { Entry, PutArgs, PutReply, ReplicaOutputs, View } from './contract.ts';
import { copies, once } from './copies.ts';

const s = (ms: number) => `${(ms / 1000).toFixed(3)} s`;
const show = ({ key, value, epoch }: Entry) =>
  `${key === null ? 'nothing' : `${key}=${value}`} (epoch ${epoch})`;

/** Each index once per life, in order, without gaps. */
function inOrder(): Invariant {
  const applied = new Map<NodeId, number>();
  /** Has neither applied nor restored anything since it booted. */
  const isFresh = new Set<NodeId>();
  return {
    name: 'in order',
    onBoot(node) {
      applied.set(node, 0);
      isFresh.add(node);
    },
    onEmit(node, name, value, watch) {
      const isFirst = isFresh.delete(node);
      if (name === 'restore') applied.set(node, (value as ReplicaOutputs['restore']).index);
      if (name !== 'apply') return;
      const { index } = value as Entry;
      const before = applied.get(node) ?? 0;
      if (index !== before + 1) {
        watch.fail({
          kind: 'safety',
          ruleId: 'in-order',
          rule: 'A replica applies each index once, in order, without gaps (contract, apply)',
          evidence: `${node} applied index ${index} at ${s(watch.nowMs)}, after ${isFirst ? 'it had booted and reported no restore' : `index ${before}`}`,
          lookAt: isFirst
            ? 'which values does this life begin with, and who was told of them? (contract, restore)'
            : 'what does a follower compare before it appends?',
        });
      }
      applied.set(node, index);
    },
  };
}

/** What was committed once is not replaced; in mode `async`, not within one epoch. */
function agreement(): Invariant {
  const known = new Map<string, { entry: Entry; node: NodeId; atMs: number }>();
  let isAsync = false;
  const check = (node: NodeId, entry: Entry, watch: Watch) => {
    const place = isAsync ? `${entry.index} ${entry.epoch}` : `${entry.index}`;
    const first = known.get(place);
    if (first === undefined) {
      known.set(place, { entry, node, atMs: watch.nowMs });
      return;
    }
    if (show(first.entry) === show(entry)) return;
    watch.fail({
      kind: 'safety',
      ruleId: 'agreement',
      rule: 'What was committed at an index is the same on all replicas (contract, apply)',
      evidence: `index ${entry.index}: ${first.node} applied ${show(first.entry)} at ${s(first.atMs)}, ${node} applied ${show(entry)} at ${s(watch.nowMs)}`,
    });
  };
  return {
    name: 'agreement',
    onEmit(node, name, value, watch) {
      if (name === 'view') isAsync = (value as View).mode === 'async';
      if (name === 'apply') check(node, value as Entry, watch);
    },
    onSend({ kind, method, from, body, args }, watch) {
      if (kind !== 'reply' || method !== 'put' || isAsync) return;
      const reply = body as PutReply;
      const entry = reply.ok && known.get(`${reply.version}`)?.entry;
      if (!entry) return;
      const { key, value } = args as PutArgs;
      if (entry.key === key && entry.value === value) return;
      watch.fail({
        kind: 'safety',
        ruleId: 'acknowledged',
        rule: 'A put is acknowledged with the index of its own entry (contract, PutReply)',
        evidence: `${from} acknowledged ${key}=${value} as version ${reply.version} at ${s(watch.nowMs)}; there ${show(entry)} was committed`,
        lookAt: 'may this primary still acknowledge anything?',
      });
    },
  };
}

/** Fresh ones for each run. */
export const invariants = (): Invariant[] => [inOrder(), agreement(), copies(), once()];
