/**
 * Transactions that are caught in the middle: their shards cannot hear each other, or are slow to, or
 * move, while others use the same keys.
 */
import type { Cluster } from 'faultlab';
import { type GroupId, type Step, shardOf } from '../contract.ts';
import { transacted } from '../transacted.ts';
import { view } from '../view.ts';
import { ANSWER_WITHIN_MS, keyIn, sharded } from '../workload.ts';
import { cutBetween, isMigration } from './faults.ts';

/** In four shards: with the usual ways of sharing out, `p` has two of them and `q` two. */
export const KEYS = [keyIn(0), keyIn(1), keyIn(8), keyIn(9)];
const [P1 = '', , Q1 = ''] = KEYS;

export const get = (key: string): Step => ({ kind: 'get', key });

/** Puts shards 0 and 8 with `p` and `q`, and waits until all that was before is over everywhere. */
export function settleOwners(cluster: Cluster): void {
  const store = sharded(cluster);
  for (const [key, group] of [
    [P1, 'p'],
    [Q1, 'q'],
  ] as const) {
    const shard = shardOf(key);
    if (view(cluster).latest.shards[shard] !== group) store.move(shard, group);
  }
  store.expectSettled();
  cluster.run(1000);
}

/**
 * The owners of two shards cannot hear each other, from before a transaction in both is decided, or from
 * the moment its client is told that it is. Then the first shard, where the record is, moves to `r`, which
 * can hear everybody; so what is left to do is for `r` to do, whichever of them coordinates.
 *
 * `twice`: the previous owner hears the other one again, and `r` does not. It has all promises, but the
 * record no longer: what it decides is no decision.
 */
export function moveMidway(cluster: Cluster, when: 'open' | 'decided' | 'twice'): void {
  const work = transacted(cluster);
  const store = sharded(cluster);
  const [first, second] = cluster.draw.chance(0.5) ? [P1, Q1] : [Q1, P1];
  const [before, other] = first === P1 ? ['p', 'q'] : ['q', 'p'];
  const nodesOf = (group: GroupId) => view(cluster).nodesOf(group);
  settleOwners(cluster);
  const cut = () => {
    cutBetween(cluster, nodesOf('p'), nodesOf('q'));
    const state = when === 'decided' ? when : 'open';
    cluster.note(`p and q cannot hear each other; the transaction of c1 is ${state}`);
  };
  const steps = [work.append(first), work.append(second)];
  if (when !== 'decided') cut();
  work.transact('c1', steps, when === 'decided' ? cut : undefined);
  if (when !== 'decided') cluster.run(300);
  else work.settle();
  if (when === 'twice') cutBetween(cluster, nodesOf('r'), nodesOf(other));
  store.control1('c2', { kind: 'move', shard: shardOf(first), group: 'r' });
  if (when === 'twice') {
    cluster.runUntil(
      () => view(cluster).groups.get('r')?.serving.includes(shardOf(first)) ?? false,
      2000,
    );
    cluster.mend(nodesOf('p'), nodesOf('q'));
    cluster.mend(nodesOf('q'), nodesOf('p'));
    cluster.note(`r has the record, and ${before}, which had it, can hear ${other} again`);
    cluster.run(1200);
    cluster.heal();
  }
  work.settle();
  work.transact1('c3', [get(first), get(second)]);
  cluster.heal();
}

/**
 * The owners of two shards cannot hear each other, from the moment a client is told that its transaction
 * in both is committed. One of the shards may not have heard of it: a get or an append that comes to it
 * on its own must neither read nor append to what was there before.
 */
export function undecidedAtOne(cluster: Cluster, keys: readonly [string, string]): void {
  const work = transacted(cluster);
  const nodesOf = (group: GroupId) => view(cluster).nodesOf(group);
  const [key = ''] = cluster.draw.shuffle(keys);
  const asks = () => {
    cutBetween(cluster, nodesOf('p'), nodesOf('q'));
    cluster.note('p and q cannot hear each other; the transaction of c1 is committed');
    work.plain('c1', get(key));
    work.plain('c2', work.append(keys[0]), () => work.plain('c2', get(keys[0])));
    work.plain('c3', work.append(keys[1]), () => work.plain('c3', get(keys[1])));
  };
  work.transact(
    'c1',
    keys.map((each) => work.append(each)),
    asks,
  );
  cluster.runUntil(() => !work.isBusy('c1'), ANSWER_WITHIN_MS);
  cluster.run(300);
  cluster.heal();
  work.settle();
}

/**
 * A transaction reads in one shard, and writes there and in another, which is slow to hear of it.
 * Meanwhile somebody appends to what was read, and then looks at what is not written yet.
 */
export function readBefore(cluster: Cluster, keys: readonly [string, string]): void {
  const work = transacted(cluster);
  const [read, written] = keys;
  cluster.filter((m) => (isMigration(m) && m.kind === 'request' ? 80 : undefined));
  const writes = [work.append(`${read}2`), work.append(written)];
  work.transact('c1', [get(read), ...cluster.draw.shuffle(writes)]);
  cluster.run(cluster.draw.int(30, 60));
  work.plain('c2', work.append(read), () => work.plain('c2', get(written)));
  work.settle();
  cluster.filter(undefined);
}
