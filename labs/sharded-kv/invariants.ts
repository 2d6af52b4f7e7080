/** What must hold at every event: one state per log, one owner per shard, one step at a time. */
import type { Invariant, NodeId } from 'faultlab';
import type { GroupId, Shard, Split } from './contract.ts';
import {
  type Applied,
  type Configured,
  type GroupState,
  groupOf,
  type NodeState,
  s,
  shards,
} from './view.ts';

/** A replicated state machine is deterministic (Raft §2): the same log gives the same state. */
function oneState(): Invariant {
  const first = new Map<string, { node: NodeId; digest: string; atMs: number }>();
  return {
    name: 'one-state',
    onEmit(node, name, value, watch) {
      const { index } = value as Applied | Configured;
      const digest = name === 'applied' ? String((value as Applied).digest) : JSON.stringify(value);
      const place = `${groupOf(node)}/${index}`;
      const known = first.get(place);
      if (known === undefined) first.set(place, { node, digest, atMs: watch.nowMs });
      if (known === undefined || known.digest === digest) return;
      const what = name === 'applied' ? 'other keys or shards' : 'another configuration';
      watch.fail({
        kind: 'safety',
        ruleId: 'one-state',
        rule: 'State machines that have applied the same log are in the same state (Raft §2)',
        evidence: `after index ${index}, ${node} has ${what} at ${s(watch.nowMs)} than ${known.node} had at ${s(known.atMs)}`,
        lookAt: 'what does apply use that is neither in the log nor in the snapshot?',
      });
    },
  };
}

/**
 * At every event each key is served by at most one group, and only by its owner. What a group has
 * decided is what its most advanced replica has applied: one that lags cannot commit.
 */
function oneOwner(): Invariant {
  /** By configuration number: the owner of each shard. */
  const configs = new Map<number, string>();
  /** All splits that were ever made; a configuration has the first few of them. */
  let splits: readonly Split[] = [];
  const states = new Map<GroupId, GroupState>();
  return {
    name: 'one-owner',
    onEmit(node, name, value, watch) {
      if (name === 'configured') {
        const { num, owners, splits: made = [] } = value as Configured;
        configs.set(num, owners);
        if (made.length > splits.length) splits = made;
        return;
      }
      const applied = value as Applied;
      const group = groupOf(node);
      const before = states.get(group);
      if (applied.index <= (before?.index ?? 0)) return;
      const isSame =
        applied.num === before?.num && String(applied.serving) === String(before.serving);
      states.set(group, { ...applied, node, atMs: isSame ? before.atMs : watch.nowMs });
      if (isSame) return;
      const num = before?.num ?? 0;
      if (applied.num !== num && applied.num !== num + 1) {
        watch.fail({
          kind: 'safety',
          ruleId: 'config-skipped',
          rule: 'A group goes through all configurations, one after the other (handout, Part C)',
          evidence: `group ${group} went from config ${num} to ${applied.num} at ${s(watch.nowMs)} (index ${applied.index}, first on ${node})`,
          lookAt: 'what becomes of a shard that came and went in a configuration that is skipped?',
        });
      }
      const owners = configs.get(applied.num);
      const alien = applied.serving.filter((shard) => owners?.[shard] !== group);
      if (applied.num > 0 && owners !== undefined && alien.length > 0) {
        watch.fail({
          kind: 'safety',
          ruleId: 'not-owner',
          rule: 'A group serves only what its configuration gives to it (handout, The contract)',
          evidence: `at ${s(watch.nowMs)} group ${group} is at config ${applied.num} and serves ${shards(alien)}, which that config gives to ${alien.map((shard) => owners[shard]).join(', ')}`,
          lookAt: 'at which entry does a group stop serving a shard?',
        });
      }
      const halves = splits.filter(
        ({ of, shard }) =>
          before?.serving.includes(of) &&
          !isShard(shard, configs.get(before.num)) &&
          isShard(shard, owners) &&
          !(applied.serving.includes(of) && applied.serving.includes(shard)),
      );
      if (halves[0] !== undefined) {
        const { of, shard } = halves[0];
        watch.fail({
          kind: 'safety',
          ruleId: 'half-a-shard',
          rule: 'A group that serves a shard when it is split serves both halves from the same entry on (handout, Part G)',
          evidence: `at ${s(watch.nowMs)} group ${group} comes to config ${applied.num}, in which ${shards([shard])} is made of ${shards([of])}, and serves ${shards(applied.serving)}`,
          lookAt: 'who has to be asked for what was in the same log all along?',
        });
      }
      const own = served(applied, splits, configs);
      for (const [other, state] of states) {
        if (other === group) continue;
        const others = served(state, splits, configs);
        const both = own.filter((shard) => others.includes(shard));
        if (both.length === 0) continue;
        watch.fail({
          kind: 'safety',
          ruleId: 'two-owners',
          rule: 'At no time do two groups serve one shard (handout, The contract)',
          evidence: `at ${s(watch.nowMs)} group ${group} (config ${applied.num}) serves ${shards(both)}, and so does ${other} (config ${state.num}, since ${s(state.atMs)})`,
          lookAt: 'what must the old owner have done before the new one may serve?',
        });
      }
    },
  };
}

/** Whether a configuration has this shard; one that nobody has reported has the first ten. */
const isShard = (shard: Shard, owners = '0123456789') => shard < owners.length;

/** What a group serves, in today's shards: one that it has not split yet counts as all its parts. */
function served(
  { num, serving }: Applied,
  splits: readonly Split[],
  configs: ReadonlyMap<number, string>,
): Shard[] {
  const all = new Set(serving);
  for (const { of, shard } of splits)
    if (!isShard(shard, configs.get(num)) && all.has(of)) all.add(shard);
  return [...all];
}

/** Within one life a node applies forwards (Raft, Figure 2). */
function forwards(): Invariant {
  const reached = new Map<NodeId, number>();
  return {
    name: 'forwards',
    onBoot(node) {
      reached.set(node, 0);
    },
    onState(node, state, watch) {
      const { applied = 0 } = (state ?? {}) as Partial<NodeState>;
      const before = reached.get(node) ?? 0;
      reached.set(node, applied);
      if (applied >= before) return;
      watch.fail({
        kind: 'safety',
        ruleId: 'backwards',
        rule: 'A state machine goes forwards: each index is applied once in a life',
        evidence: `${node} had applied up to ${before} and is at ${applied} at ${s(watch.nowMs)}`,
        lookAt: 'does your Raft pass its own lab? --with-reference raft tests on ours',
      });
    },
  };
}

/** Fresh ones for each run. */
export const invariants = (): Invariant[] => [oneState(), oneOwner(), forwards()];
