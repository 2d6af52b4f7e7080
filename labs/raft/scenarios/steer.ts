/** Ways to steer a cluster into a given position without knowing how a submission works inside. */
import type { Cluster, NodeId, WireMessage } from 'faultlab';
import type { AppendEntriesArgs } from '../contract.ts';
import { raft } from '../workload.ts';

/** A request for a vote, or for the promise of one. */
export const isCampaign = (m: WireMessage) =>
  m.kind === 'request' && (m.method === 'requestVote' || m.method === 'preVote');

/** How fast the clocks of the others run: not stopped, as they may have to forget a leader they heard. */
const SLOW = 0.25;
const STEER_WITHIN_MS = 8000;

/**
 * Makes `node` leader of `among`, the only nodes connected afterwards. The clocks of the others run
 * slowly meanwhile, so that they rarely time out, and their campaigns are not heard; whether they
 * vote for `node` is still for their own rules to decide. Messages for which `drop` holds are lost
 * from now on.
 */
export function makeLeader(
  cluster: Cluster,
  node: NodeId,
  among: readonly NodeId[] = cluster.nodes,
  drop?: (message: WireMessage) => boolean,
): void {
  const workload = raft(cluster);
  const others = among.filter((id) => id !== node);
  for (const other of others) cluster.clockRate(other, SLOW);
  cluster.filter((m) => ((isCampaign(m) && m.from !== node) || drop?.(m) ? 'drop' : undefined));
  const termOf = (id: NodeId) => workload.state(id)?.term ?? 0;
  // Not as the leader of a term that the others have left behind.
  const leads = () =>
    workload.leader(among) === node && among.every((id) => termOf(id) <= termOf(node));
  const rival = workload.leader(others);
  cluster.partition(among.filter((id) => id !== rival));
  if (!cluster.runUntil(leads, STEER_WITHIN_MS)) workload.elect([node], 1);
  for (const other of others) cluster.clockRate(other, 1);
  cluster.partition(among);
  cluster.filter(drop && ((m) => (drop(m) ? 'drop' : undefined)));
}

/** The highest index that a message carries; 0 for a heartbeat. */
export function carries(m: WireMessage): number {
  if (m.kind !== 'request' || m.method !== 'appendEntries') return 0;
  const { prevLogIndex, entries } = m.body as AppendEntriesArgs;
  return entries.length === 0 ? 0 : prevLogIndex + entries.length;
}

export function without(nodes: readonly NodeId[], ...gone: readonly NodeId[]): NodeId[] {
  return nodes.filter((node) => !gone.includes(node));
}
