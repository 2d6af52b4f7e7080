/** Ways to bring a cluster into a given state. */
import type { Cluster, NodeId } from 'faultlab';
import { FAILOVER_WITHIN_MS, replicas } from '../replicas.ts';
import { s } from '../stores.ts';

/** Cuts, or mends, both directions of a link. */
export function both(cluster: Cluster, what: 'cut' | 'mend', a: NodeId, b: NodeId): void {
  cluster[what](a, b);
  cluster[what](b, a);
}

/** Waits for the view after `epoch`. */
export function nextView(cluster: Cluster, epoch: number): NodeId {
  const programs = replicas(cluster);
  const isNew = () => (programs.view?.epoch ?? 0) > epoch;
  if (cluster.runUntil(isNew, FAILOVER_WITHIN_MS)) return programs.primary;
  return cluster.fail({
    kind: 'liveness',
    ruleId: 'no-failover',
    rule: 'More than half of the replicas answer the fence of the view service (contract, FenceReply)',
    evidence: `no view after epoch ${epoch} within ${s(FAILOVER_WITHIN_MS)}: ${programs.describe()}`,
    lookAt: 'which replica can promise itself to the new epoch, and does it say so?',
  });
}
