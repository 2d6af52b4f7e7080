/** What must hold at every event: one state at each index, whichever server applied it, and whenever. */
import type { Invariant, NodeId } from 'faultlab';
import type { Reached } from './contract.ts';
import { type ServerState, s } from './workload.ts';

/** A replicated state machine is deterministic (Raft §2): the same log gives the same state. */
function oneState(): Invariant {
  const first = new Map<number, Reached & { readonly node: NodeId; readonly atMs: number }>();
  return {
    name: 'one-state',
    onEmit(node, name, value, watch) {
      if (name !== 'applied' && name !== 'restored') return;
      const reached = value as Reached;
      const { index, keys, digest } = reached;
      const known = first.get(index);
      if (known === undefined) {
        first.set(index, { ...reached, node, atMs: watch.nowMs });
        return;
      }
      if (known.digest === digest) return;
      const isRestored = name === 'restored';
      const when = isRestored ? `with the snapshot of index ${index}` : `after index ${index}`;
      const mine = keys === known.keys ? 'other keys or values' : plural(keys);
      const theirs = keys === known.keys ? 'did' : `held ${plural(known.keys)}`;
      watch.fail({
        kind: 'safety',
        ruleId: 'one-state',
        rule: 'State machines that have applied the same log hold the same keys (Raft §2)',
        evidence: `${when}, ${node} holds ${mine} at ${s(watch.nowMs)}${keys === known.keys ? ' than' : ';'} ${known.node} ${theirs} at ${s(known.atMs)}`,
        lookAt: isRestored
          ? 'what does the text of the snapshot hold, and what does restore make of it?'
          : 'what does apply use that is neither in the log nor in the snapshot?',
      });
    },
  };
}

const plural = (keys: number) => `${keys || 'no'} key${keys === 1 ? '' : 's'}`;

/** Within one life a server applies forwards (Raft, Figure 2). */
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
