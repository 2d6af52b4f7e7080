/** Calls a group of which one node leads: remembers which, and goes on to the next if it was not. */
import type { NodeId } from 'faultlab/node';
import type { ShardContext, ShardRpcs } from './contract.ts';

/** Longer than a commit takes, shorter than an election. */
const REPLY_MS = 300;

/** Who led last, by the first node of the group. */
export type Leaders = Map<NodeId, NodeId>;

type Args<Method extends keyof ShardRpcs> = Parameters<ShardRpcs[Method]>[0];

/** One attempt at the node that led last. Null: no reply, and so an unknown outcome. */
export async function attempt<Method extends keyof ShardRpcs>(
  node: ShardContext,
  leaders: Leaders,
  group: readonly NodeId[],
  method: Method,
  args: Args<Method>,
): Promise<Awaited<ReturnType<ShardRpcs[Method]>> | null> {
  const [first = ''] = group;
  const asked = leaders.get(first) ?? first;
  const another = group[(group.indexOf(asked) + 1) % group.length] as NodeId;
  try {
    const reply = await node.call(asked, method, args, { timeoutMs: REPLY_MS });
    if (!reply.ok && reply.error === 'not-leader') leaders.set(first, another);
    return reply;
  } catch {
    leaders.set(first, another);
    return null;
  }
}
