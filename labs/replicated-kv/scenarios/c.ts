/** Part C: failover. Who is primary, who no longer is, and what either may say. */
import type { Cluster, Scenario, Step } from 'faultlab';
import { FAILOVER_WITHIN_MS, replicas } from '../replicas.ts';
import { s } from '../stores.ts';
import { deposed } from './deposed.ts';
import { both, nextView } from './steer.ts';

const DIRECTED = { test: 3, grade: 20 };
const RANDOM = { test: 12, grade: 100 };
/** A follower in touch with its primary is behind by less than this (handout, The contract). */
const LAG_MS = 300;
const CREW = { n: 3, v: 1, c: 2 };

/** Nothing acknowledged is missing on the primary. */
function expectNothingLost(cluster: Cluster): void {
  const programs = replicas(cluster);
  const [lost] = programs.missing(programs.primary);
  cluster.expect(lost === undefined, {
    kind: 'safety',
    ruleId: 'lost-in-failover',
    rule: 'Failover loses nothing that a quorum has acknowledged (contract, Mode)',
    evidence: `${lost?.key}=${lost?.value} was acknowledged at ${s(lost?.atMs ?? 0)}; ${programs.primary} was promoted, and does not have it`,
    lookAt: 'which of the reported logs has everything?',
  });
}

export const failover: readonly Scenario[] = [
  {
    id: 'C1',
    title: 'the primary is lost; another one takes its place, and nothing acknowledged is gone',
    points: 3,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'what does a replica do when the view names it as primary?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      for (let round = 1; round <= 3; round++) {
        for (let i = 1; i <= 5; i++) {
          programs.mustPut('c1', `r${round}-${i}`, 'all is well', FAILOVER_WITHIN_MS);
        }
        const { primary, view } = programs;
        cluster.onCrash(primary, cluster.draw.pick(['lose', 'torn']));
        cluster.crash(primary);
        nextView(cluster, view?.epoch ?? 0);
        programs.mustPut('c2', `r${round}-6`, `${primary} is lost`, FAILOVER_WITHIN_MS);
        expectNothingLost(cluster);
        programs.get('c1', `r${round}-5`);
        programs.settle();
        cluster.restart(primary);
        cluster.run(300);
      }
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
  {
    id: 'C2',
    title: 'the replica with the most data is promoted',
    points: 3,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'a long log of an early epoch, or a short one of a late epoch: which has more?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'a1', 'all is well');
      both(cluster, 'cut', 'n1', 'n2');
      for (let i = 2; i <= 6; i++) programs.mustPut('c1', `a${i}`, 'only n2 is away');
      cluster.crash('n1');
      nextView(cluster, 1);
      programs.mustPut('c2', 'a7', 'n1 is lost', FAILOVER_WITHIN_MS);
      expectNothingLost(cluster);
      cluster.heal();
      cluster.restart('n1');
      programs.expectSame();
      // Now the primary gets a long tail that nobody has acknowledged …
      const first = programs.primary;
      const { epoch = 0 } = programs.view ?? {};
      programs.get('c1', 'a1');
      programs.settle();
      cluster.partition([first, 'c1'], [...programs.others(first), 'v1', 'c2']);
      for (let i = 1; i <= 9; i++) programs.put('c1', `tail${i}`);
      // … and the next one a short tail that is.
      const second = nextView(cluster, epoch);
      programs.mustPut('c2', 'b1', `${first} is cut off`, FAILOVER_WITHIN_MS);
      cluster.crash(second);
      cluster.heal();
      nextView(cluster, programs.view?.epoch ?? 0);
      programs.mustPut('c2', 'b2', `${second} is lost`, FAILOVER_WITHIN_MS);
      expectNothingLost(cluster);
      cluster.restart(second);
      programs.settle();
      programs.expectSame();
    },
  },
  {
    id: 'C3',
    title: 'a primary that only the view service cannot reach is fenced, and acknowledges nothing',
    points: 2,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'what does a follower do with an append of an epoch that is over?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'k1', 'all is well');
      both(cluster, 'cut', 'n1', 'v1');
      nextView(cluster, 1);
      cluster.expect(programs.primary !== 'n1', {
        kind: 'safety',
        ruleId: 'wrong-primary',
        rule: 'The promoted replica is one of those that have promised (contract, Report)',
        evidence: `n1 did not hear of epoch 2, and is its primary`,
      });
      // c1 still believes in n1; c2 asks the view service.
      for (let i = 0; i < 4; i++) {
        programs.put('c1', 'k1');
        programs.put('c2', 'k1');
        programs.get('c1', 'k1');
        cluster.run(60);
        programs.get('c2', 'k1');
        cluster.run(40);
      }
      programs.settle();
      programs.mustPut('c2', 'k2', 'n1 is fenced', FAILOVER_WITHIN_MS);
      cluster.heal();
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
  {
    id: 'C4',
    title: 'a primary that was stopped, and wakes up alone, gives no answer from the past',
    points: 2,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'how does a primary know, when it answers a get, that it still is one?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'k1', 'all is well');
      programs.mustPut('c1', 'k2', 'all is well');
      cluster.pause('n1');
      for (const other of ['n2', 'n3', 'v1']) both(cluster, 'cut', 'n1', other);
      nextView(cluster, 1);
      programs.mustPut('c2', 'k1', 'n1 has stopped', FAILOVER_WITHIN_MS);
      cluster.run(5);
      // These wait at n1 until it wakes.
      programs.get('c1', 'k1');
      programs.put('c1', 'k2');
      cluster.run(40);
      cluster.resume('n1');
      cluster.run(100);
      cluster.heal();
      programs.get('c2', 'k2');
      programs.settle();
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
  {
    id: 'C5',
    title: 'a promise to a new epoch survives a crash',
    points: 3,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'where is the promise when the reply to fence leaves?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'k1', 'all is well');
      cluster.run(200);
      // n3 has one entry more than n2, and will be promoted.
      both(cluster, 'cut', 'n1', 'n2');
      programs.mustPut('c1', 'k2', 'only n2 is away');
      both(cluster, 'cut', 'n2', 'n3');
      both(cluster, 'cut', 'n1', 'n3');
      both(cluster, 'cut', 'n1', 'v1');
      cluster.onCrash('n2', 'lose');
      cluster.crashAt('n2', 'send', 1, 'fence.reply');
      nextView(cluster, 1);
      cluster.disarm('n2');
      both(cluster, 'cut', 'n2', 'v1');
      cluster.crash('n2');
      cluster.restart('n2');
      both(cluster, 'mend', 'n1', 'n2');
      const put = programs.put('c1', 'k2');
      cluster.run(1200);
      cluster.expect(put.result?.ok !== true, {
        kind: 'safety',
        ruleId: 'promise-forgotten',
        rule: 'A promise to a new epoch is durable before it is announced (contract, FenceReply)',
        evidence: `n2 promised itself to epoch ${programs.view?.epoch} and crashed; then it took k2=${put.value} of epoch 1, which n1 acknowledged at ${s(put.atMs)}`,
      });
      cluster.heal();
      programs.settle();
      programs.mustPut('c2', 'k1', 'all is well again', FAILOVER_WITHIN_MS);
      for (const key of ['k1', 'k2']) programs.get('c2', key);
      programs.settle();
      programs.expectSame();
      programs.expectLinearizable();
      cluster.sometimes('n3 was promoted', programs.view?.epoch !== 1);
      // Now the promise lies so far back that the log has been rewritten since.
      const { primary: first, view } = programs;
      cluster.partition([first, 'c1'], [...programs.others(first), 'v1', 'c2']);
      const second = nextView(cluster, view?.epoch ?? 0);
      const [third = ''] = programs.others(first, second);
      let left = 700;
      const work = (): void => {
        if (left-- > 0) programs.put('c2', `k${1 + (left % 4)}`, work, `${left}`.padEnd(90, '.'));
      };
      for (let i = 0; i < 10; i++) work();
      cluster.runUntil(() => left <= 0, 8000);
      programs.settle();
      cluster.crash(second);
      cluster.onCrash(third, 'lose');
      cluster.crash(third);
      cluster.partition([first, third, 'c1'], ['v1', 'c2']);
      cluster.restart(third);
      programs.put('c1', 'k1');
      cluster.run(1200);
      cluster.heal();
      cluster.restart(second);
      programs.settle();
      programs.mustPut('c2', 'k1', 'all is well again', FAILOVER_WITHIN_MS);
      programs.expectSame();
    },
  },
  {
    id: 'C6',
    title: 'what a lost primary had and nobody acknowledged is replaced when it comes back',
    points: 2,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'an entry with the same index and another epoch: whose is right?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'k1', 'all is well');
      cluster.partition(['n1', 'c1'], ['n2', 'n3', 'v1', 'c2']);
      for (let i = 1; i <= 5; i++) programs.put('c1', `k${i}`);
      nextView(cluster, 1);
      for (let i = 1; i <= 3; i++) {
        programs.mustPut('c2', `k${i}`, 'n1 is cut off', FAILOVER_WITHIN_MS);
      }
      cluster.onCrash('n1', 'keep');
      if (cluster.draw.chance(0.6)) cluster.crash('n1');
      cluster.restart('n1');
      cluster.heal();
      // A copy on n1 is needed, and its log is a different one.
      const [third = ''] = programs.others('n1', programs.primary);
      cluster.isolate(third);
      programs.settle();
      programs.mustPut('c2', 'k6', `n1 is back, and ${third} is away`, FAILOVER_WITHIN_MS);
      cluster.heal();
      programs.expectSame();
      // And after a boot the log on the disk is the right one.
      cluster.run(300);
      cluster.onCrash('n1', 'lose');
      cluster.crash('n1');
      cluster.restart('n1');
      programs.expectSame();
      for (let i = 1; i <= 5; i++) programs.get('c2', `k${i}`);
      programs.settle();
      programs.expectLinearizable();
    },
  },
  {
    id: 'C7',
    title: 'async: a failover loses the end of what was acknowledged, and nothing else',
    points: 2,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'which replica has most of what was acknowledged?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('async');
      const work = (i: number) => {
        programs.put('c1', `a${i}`, (put) => {
          if (put.result?.ok && i < 200) work(i + 1);
        });
      };
      work(1);
      cluster.run(200);
      both(cluster, 'cut', 'n1', 'n2');
      cluster.run(500);
      const cutMs = cluster.nowMs;
      both(cluster, 'cut', 'n1', 'n3');
      cluster.run(60);
      cluster.onCrash('n1', 'lose');
      cluster.crash('n1');
      nextView(cluster, 1);
      programs.mustPut('c2', 'b1', 'n1 is lost', FAILOVER_WITHIN_MS);
      const acknowledged = programs.puts.filter(({ key, result }) => result?.ok && key !== 'b1');
      const gone = programs.missing(programs.primary, acknowledged);
      const end = acknowledged.slice(acknowledged.length - gone.length);
      const early = gone.find((put) => !end.includes(put) || put.atMs < cutMs - LAG_MS);
      cluster.expect(early === undefined, {
        kind: 'safety',
        ruleId: 'lost-too-much',
        rule: 'In mode async a failover loses only the end that no replica had (contract, Mode)',
        evidence: `n3 was in touch until ${s(cutMs)}; ${early?.key}, acknowledged at ${s(early?.atMs ?? 0)}, is not on ${programs.primary}, which was promoted`,
      });
      cluster.heal();
      cluster.restart('n1');
      programs.settle();
      programs.mustPut('c2', 'b2', 'n1 is back', FAILOVER_WITHIN_MS);
      programs.expectSame();
      cluster.tell(`lost in the failover: ${gone.length} of ${acknowledged.length} puts`);
      cluster.sometimes('something was lost', gone.length > 0);
    },
  },
  {
    id: 'C8',
    title: 'through crashes, cuts, pauses and failing disks there is one history',
    points: 1,
    nodes: { n: 3, v: 1, c: 3 },
    seeds: RANDOM,
    lookAt: 'what had this replica promised, what was on its disk, and what did it say?',
    plan: (draw) => [
      {
        atMs: 0,
        do: 'network',
        profile: { dropChance: draw.pick([0, 0.02, 0.1]), tailChance: draw.pick([0.02, 0.1]) },
      },
      ...Array.from({ length: draw.int(2, 6) }, (_, i): Step => {
        return {
          atMs: 1 + i * 0.001,
          do: draw.pick(FAULTS),
          inMs: draw.int(200, 4500),
          forMs: draw.int(50, 1200),
          who: draw.pick(['primary', 'primary', 'n1', 'n2', 'n3']),
          unsynced: draw.pick(['lose', 'torn', 'seeded', 'keep']),
        };
      }),
    ],
    actions: Object.fromEntries(
      ['crashFor', 'isolateFor', 'unseenFor', 'pauseFor', 'blackout', 'failFsync'].map((what) => [
        what,
        (cluster: Cluster, step: Step) => strike(cluster, what, step as unknown as Strike),
      ]),
    ),
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mingle(5000, 2, 40);
      cluster.heal();
      cluster.network({ dropChance: 0, tailChance: 0 });
      for (const node of programs.names) {
        cluster.disarm(node);
        cluster.resume(node);
        cluster.restart(node);
      }
      programs.settle();
      programs.mustPut('c1', 'k1', 'all is well again', 4000);
      for (const key of ['k1', 'k2']) programs.get('c2', key);
      programs.settle();
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
  {
    id: 'C9',
    title: 'a crash of any replica at any single disk operation breaks nothing',
    points: 1,
    nodes: { n: 3, v: 1, c: 1 },
    seeds: { test: 2, grade: 6 },
    sweep: ['fsync', 'write'],
    lookAt: 'which operation was the last before the crash, and what does it leave?',
    run(cluster) {
      const programs = replicas(cluster);
      for (const node of programs.names) cluster.onCrash(node, cluster.seed % 2 ? 'torn' : 'lose');
      programs.begin('quorum');
      for (let i = 1; i <= 5; i++) {
        programs.put('c1', `k${i}`);
        cluster.run(100);
      }
      cluster.run(600);
      for (const node of programs.names) {
        cluster.disarm(node);
        cluster.restart(node);
      }
      programs.mustPut('c1', 'k6', 'all are up again', 4000);
      for (let i = 1; i <= 6; i++) programs.get('c1', `k${i}`);
      programs.settle();
      expectNothingLost(cluster);
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
  {
    id: 'C10',
    title: 'a primary that crashes and is back at once does not go on as if nothing had happened',
    points: 2,
    nodes: CREW,
    seeds: DIRECTED,
    lookAt: 'what may a primary have sent that is not on its own disk?',
    run(cluster) {
      const programs = replicas(cluster);
      programs.begin('quorum');
      programs.mustPut('c1', 'k1', 'all is well');
      for (let round = 0; round < 3; round++) {
        const { primary } = programs;
        // The entry is on its way to the others, and not yet on the disk of the primary.
        cluster.disk(primary, { fsyncMs: 60 });
        cluster.run(100);
        programs.put('c1', 'k1');
        programs.put('c2', 'k2');
        cluster.run(30);
        cluster.onCrash(primary, 'lose');
        cluster.crash(primary);
        cluster.disk(primary, { fsyncMs: 1 });
        cluster.restart(primary);
        cluster.run(100);
        programs.put('c2', 'k1');
        programs.settle();
        programs.mustPut('c2', 'k3', `${primary} was away for a moment`, FAILOVER_WITHIN_MS);
        for (const key of ['k1', 'k2', 'k3']) programs.get('c1', key);
        programs.settle();
      }
      programs.expectSame();
      programs.expectLinearizable();
    },
  },
  ...deposed,
];

const FAULTS = [
  'crashFor',
  'crashFor',
  'isolateFor',
  'unseenFor',
  'pauseFor',
  'blackout',
  'failFsync',
];

interface Strike {
  readonly inMs: number;
  readonly forMs: number;
  readonly who: string;
  readonly unsynced: 'lose' | 'torn' | 'seeded' | 'keep';
}

/** A fault strikes `inMs` from now (`primary`: whichever replica is that by then), and lasts `forMs`. */
function strike(cluster: Cluster, what: string, { inMs, forMs, who, unsynced }: Strike): void {
  const programs = replicas(cluster);
  cluster.after(inMs, () => {
    const node = who === 'primary' ? programs.primary || 'n1' : who;
    const later = (action: () => void) => cluster.after(forMs, action);
    cluster.onCrash(node, unsynced);
    if (what === 'crashFor') {
      cluster.crash(node);
      later(() => cluster.restart(node));
    } else if (what === 'isolateFor') {
      for (const other of [...programs.others(node), 'v1']) both(cluster, 'cut', node, other);
      later(() => cluster.heal());
    } else if (what === 'unseenFor') {
      both(cluster, 'cut', node, 'v1');
      later(() => cluster.heal());
    } else if (what === 'pauseFor') {
      cluster.pause(node);
      later(() => cluster.resume(node));
    } else if (what === 'failFsync') cluster.failNextFsync(node);
    else {
      for (const each of programs.names) cluster.crash(each);
      later(() => {
        for (const each of programs.names) cluster.restart(each);
      });
    }
  });
}
