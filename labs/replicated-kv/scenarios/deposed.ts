/** Part C: what is left of a primary when its epoch is over. */
import type { NodeId, Scenario, WireMessage } from 'faultlab';
import type { AppendArgs, AppendReply } from '../contract.ts';
import { FAILOVER_WITHIN_MS, replicas } from '../replicas.ts';
import { s } from '../stores.ts';
import { both, nextView } from './steer.ts';

const DIRECTED = { test: 3, grade: 20 };
const CREW = { n: 3, v: 1, c: 2 };

export const deposed: readonly Scenario[] = [
  {
    id: 'C11',
    title: 'entries of an older epoch are not committed merely because they are on enough disks',
    points: 2,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt:
      'an old entry is on two disks, and a third replica has a later epoch: who is promoted next?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'k1', 'all is well');
      // n1 has a long tail, of epoch 1, that nobody else has.
      cluster.partition(['n1', 'c1'], ['n2', 'v1', 'c2'], ['n3']);
      for (let i = 1; i <= 250; i++) programs.put('c1', `tail${i}`);
      cluster.run(100);
      both(cluster, 'mend', 'n3', 'v1');
      // The next primary has an entry of epoch 2 that nobody else has.
      const second = nextView(cluster, 1);
      const [third = ''] = programs.others('n1', second);
      both(cluster, 'mend', second, 'c2');
      programs.put('c2', 'k2');
      cluster.run(200);
      cluster.onCrash(second, 'keep');
      cluster.crash(second);
      // n1 is promoted again. Its old entries reach the third replica, and its new ones do not.
      let isCounted = false;
      cluster.filter(({ kind, method, from, args, body }: WireMessage) => {
        if (method !== 'append') return undefined;
        if (kind === 'request') return isCounted && from === 'n1' ? 'drop' : undefined;
        const { entries, epoch } = args as AppendArgs;
        const last = entries.at(-1);
        const isOld = last !== undefined && last.epoch < epoch && (body as AppendReply).ok;
        if (isOld && from === third) isCounted = true;
        return undefined;
      });
      cluster.partition(['n1', third, 'v1', 'c1', 'c2']);
      nextView(cluster, 2);
      cluster.runUntil(() => isCounted, 500);
      cluster.run(100);
      cluster.onCrash('n1', 'lose');
      cluster.crash('n1');
      cluster.filter(undefined);
      cluster.heal();
      cluster.restart(second);
      nextView(cluster, programs.view?.epoch ?? 0);
      programs.mustPut('c2', 'k3', `n1 is lost, ${second} is back`, FAILOVER_WITHIN_MS);
      cluster.restart('n1');
      programs.settle();
      for (const key of ['k1', 'k2', 'tail1']) programs.get('c2', key);
      programs.settle();
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
  {
    id: 'C12',
    title: 'a primary that has promised itself to a later epoch takes nothing more',
    points: 1,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'what does a primary do, at once, when it answers a fence?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'k1', 'all is well');
      // n3 becomes primary: it has more than n2.
      both(cluster, 'cut', 'n1', 'n2');
      programs.mustPut('c1', 'k2', 'only n2 is away');
      cluster.crash('n1');
      const old = nextView(cluster, 1);
      cluster.heal();
      cluster.restart('n1');
      programs.mustPut('c2', 'k1', 'all is well again', FAILOVER_WITHIN_MS);
      programs.expectSame();
      // It is fenced, and so is n1; the third replica hears neither the view service nor n1.
      const [third = ''] = programs.others('n1', old);
      for (const node of [old, third] as NodeId[]) both(cluster, 'cut', 'n1', node);
      both(cluster, 'cut', third, 'v1');
      cluster.filter(({ from, method }) =>
        from === old && method === 'view' ? 'drop' : undefined,
      );
      nextView(cluster, programs.view?.epoch ?? 0);
      const put = programs.put('c2', 'k3');
      cluster.run(400);
      cluster.expect(programs.primary === old || put.result?.ok !== true, {
        kind: 'safety',
        ruleId: 'taken-after-promise',
        rule: 'A promise to a new epoch: nothing from an earlier one is taken any more (contract, FenceReply)',
        evidence: `${old} promised itself to epoch ${programs.view?.epoch}; then k3=${put.value} was put and acknowledged, at ${s(put.atMs)}, and ${programs.primary}, the new primary, has not heard of it`,
      });
      cluster.filter(undefined);
      cluster.heal();
      cluster.isolate(old);
      programs.mustPut('c1', 'k2', `${old} is away`, FAILOVER_WITHIN_MS);
      cluster.heal();
      programs.settle();
      for (const key of ['k1', 'k2', 'k3']) programs.get('c1', key);
      programs.settle();
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
  {
    id: 'C13',
    title: 'a put whose primary was replaced meanwhile may be done, but not twice',
    points: 1,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'the entry is in some logs: what can a replaced primary say of it?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'k1', 'all is well');
      // n1 still reaches the others, but hears nobody; c1 is patient, as its clock is slow.
      for (const other of ['n2', 'n3']) cluster.cut(other, 'n1');
      both(cluster, 'cut', 'n1', 'v1');
      cluster.clockRate('c1', 0.2);
      programs.put('c1', 'k1');
      cluster.run(50);
      const second = nextView(cluster, 1);
      programs.mustPut('c2', 'k2', `${second} has replaced n1`, FAILOVER_WITHIN_MS);
      cluster.heal();
      programs.settle();
      programs.mustPut('c2', 'k3', 'all is well again', FAILOVER_WITHIN_MS);
      programs.get('c2', 'k1');
      programs.settle();
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
];
