/** What must hold at every event: one state at each index, whoever has applied it, and when. */
import type { Invariant, NodeId } from 'faultlab';
import { type Applied, type ServerState, s } from './workload.ts';

/** A replicated state machine is deterministic (Raft §2): the same log gives the same state. */
function oneState(): Invariant {
  const first = new Map<number, { node: NodeId; digest: number; atMs: number }>();
  return {
    name: 'one-state',
    onEmit(node, name, value, watch) {
      if (name !== 'applied') return;
      const { index, digest } = value as Applied;
      const known = first.get(index);
      if (known === undefined) {
        first.set(index, { node, digest, atMs: watch.nowMs });
        return;
      }
      if (known.digest === digest) return;
      watch.fail({
        kind: 'safety',
        ruleId: 'one-state',
        rule: 'State machines that have applied the same log hold the same keys (Raft §2)',
        evidence: `after index ${index}, ${node} holds other keys or values at ${s(watch.nowMs)} than ${known.node} did at ${s(known.atMs)}`,
        lookAt: 'what does a server use to apply an entry that is not in the log or the snapshot?',
      });
    },
  };
}

/** Within one life a server applies forwards, and no further than its log (Raft, Figure 2). */
function forwards(): Invariant {
  const reached = new Map<NodeId, number>();
  return {
    name: 'forwards',
    onBoot(node) {
      reached.set(node, 0);
    },
    onState(node, state, watch) {
      const { applied = 0 } = (state ?? {}) as Partial<ServerState>;
      const before = reached.get(node) ?? 0;
      reached.set(node, applied);
      if (applied >= before) return;
      watch.fail({
        kind: 'safety',
        ruleId: 'backwards',
        rule: 'A state machine goes forwards: each index is applied once in a life (contract, StateMachine)',
        evidence: `${node} had applied up to ${before} and is at ${applied} at ${s(watch.nowMs)}`,
        lookAt: 'does your Raft pass its own lab? --with-reference raft tests on ours',
      });
    },
  };
}

/** Fresh ones for each run. */
export const invariants = (): Invariant[] => [oneState(), forwards()];
