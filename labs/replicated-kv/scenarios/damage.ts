/** Part A: torn tails, rotten bits, disks that refuse. */
import type { NodeId, Scenario, Step } from 'faultlab';
import type { StoreGet, StorePut } from '../contract.ts';
import { stores } from '../stores.ts';

const DIRECTED = { test: 4, grade: 30 };
const RANDOM = { test: 10, grade: 100 };

export const damage: readonly Scenario[] = [
  {
    id: 'A3',
    title: 'a record that was never finished is cut away, and what follows is found again',
    points: 5,
    nodes: { s: 1 },
    seeds: DIRECTED,
    lookAt: 'where does the next record begin, when only a part of the one before it is there?',
    run(cluster) {
      const programs = stores(cluster);
      cluster.run(1);
      for (let round = 0; round < 6; round++) {
        cluster.onCrash('s1', 'torn');
        cluster.crashAt('s1', 'write', 1);
        programs.work('s1', { callers: 3, puts: 6, keys: 3, valueBytes: 40 * round });
        programs.expectAll('s1', 3);
        programs.powerCycle('s1');
        programs.expectAll('s1', 3);
      }
      programs.expectPut('s1', 'after six torn writes');
      cluster.sometimes('the store crashed', cluster.hits('crash') > 6);
    },
  },
  {
    id: 'A4',
    title: 'a bit that has rotted is noticed, wherever it is, and never served',
    points: 5,
    nodes: { s: 24 },
    seeds: DIRECTED,
    lookAt: 'which bytes does the reader believe without a checksum?',
    run(cluster) {
      const programs = stores(cluster);
      cluster.run(1);
      programs.expectPut('s1', 'before anything rots');
      const keys = Array.from({ length: 8 }, (_, i) => `k${i + 1}`);
      for (const key of keys) {
        for (const store of cluster.nodes) programs.put(store, key);
        for (const store of cluster.nodes) programs.settle(store);
      }
      for (const [i, store] of cluster.nodes.entries()) {
        cluster.onCrash(store, 'lose');
        cluster.crash(store);
        const size = cluster.diskBytes(store);
        // The first store is left alone.
        if (i > 0) cluster.flipBit(store, cluster.draw.int(0, size - 1), cluster.draw.int(0, 7));
        cluster.restart(store);
      }
      cluster.run(50);
      const isCorrupt = (reply: StorePut | StoreGet | undefined) =>
        reply?.ok === false && reply.error === 'corrupt';
      let noticed = 0;
      for (const store of cluster.nodes) {
        const replies: (StorePut | StoreGet | undefined)[] = [];
        for (const key of keys) programs.get(store, key, (reply) => void replies.push(reply));
        programs.settle(store);
        if (replies.every(isCorrupt)) noticed++;
        cluster.expect(!replies.some(isCorrupt) || (replies.every(isCorrupt) && store !== 's1'), {
          kind: 'safety',
          ruleId: 'half-corrupt',
          rule: 'A store whose disk has rotted serves nothing, any other serves everything (contract, StoreError)',
          evidence: `${store} said corrupt to ${replies.filter(isCorrupt).length} of ${replies.length} gets; ${store === 's1' ? 'its disk is sound' : 'one bit of its disk has rotted'}`,
        });
        if (!replies.every(isCorrupt)) continue;
        let reply: StorePut | StoreGet | undefined;
        programs.put(store, 'k1', (got) => {
          reply = got;
        });
        programs.settle(store);
        cluster.expect(isCorrupt(reply), {
          kind: 'safety',
          ruleId: 'corrupt-takes-puts',
          rule: 'A store whose disk has rotted serves nothing (contract, StoreError)',
          evidence: `${store} answered its gets with corrupt, and a put with ${JSON.stringify(reply)}`,
        });
      }
      programs.expectLinearizable();
      cluster.tell(`${noticed} of ${cluster.nodes.length - 1} rotten bits noticed, 0 served`);
    },
  },
  {
    id: 'A7',
    title: 'an fsync that failed is not believed, and neither is the next one',
    points: 5,
    nodes: { s: 1 },
    seeds: { test: 6, grade: 60 },
    lookAt: 'what does the kernel do with the pages of a failed fsync? (handout, part A)',
    run(cluster) {
      const programs = stores(cluster);
      cluster.disk('s1', { fsyncMs: 2 });
      cluster.run(1);
      for (let round = 0; round < 6; round++) {
        cluster.after(cluster.draw.real(0, 30), () => programs.failFsync('s1'));
        programs.work('s1', { callers: 4, puts: 40, keys: 3, reads: 0.2, valueBytes: 100 });
        cluster.run(40);
        programs.expectAll('s1', 3);
        cluster.disarm('s1');
        programs.powerCycle('s1');
        programs.expectAll('s1', 3);
        programs.expectPut('s1', 'after a failed fsync and a boot');
      }
      // And without a boot in between.
      programs.failFsync('s1');
      programs.put('s1', 'k2');
      programs.settle('s1');
      cluster.disarm('s1');
      cluster.run(100);
      programs.expectPut('s1', '100 ms after a failed fsync');
      programs.powerCycle('s1');
      programs.expectAll('s1', 3);
    },
  },
  {
    id: 'A8',
    title: 'a full disk takes no puts and loses none, and with room again the store goes on',
    points: 2,
    nodes: { s: 1 },
    seeds: DIRECTED,
    lookAt: 'what is in the file after an append that failed?',
    run(cluster) {
      const programs = stores(cluster);
      cluster.run(1);
      programs.work('s1', { callers: 2, puts: 20, keys: 3, valueBytes: 100 });
      cluster.limitDisk('s1', cluster.diskBytes('s1') + 400);
      const { acknowledged } = programs;
      programs.work('s1', { callers: 2, puts: 60, keys: 3, valueBytes: 100 });
      programs.expectAll('s1', 3);
      programs.powerCycle('s1');
      programs.expectAll('s1', 3);
      cluster.limitDisk('s1', Number.POSITIVE_INFINITY);
      programs.expectPut('s1', 'with room again');
      programs.powerCycle('s1');
      programs.expectAll('s1', 3);
      cluster.note(
        `${programs.acknowledged - acknowledged} puts fitted, ${programs.refused} did not`,
      );
    },
  },
  {
    id: 'A10',
    title: 'through crashes, failing fsyncs and a full disk no promise is broken',
    points: 2,
    nodes: { s: 1 },
    seeds: RANDOM,
    lookAt: 'what does the store know of its file at this moment?',
    plan: (draw) =>
      Array.from({ length: 12 }, (_, i): Step => {
        const what = draw.pick(['crash', 'crash', 'fail', 'fail', 'full', 'slow']);
        return {
          atMs: 2 + i * 0.001,
          do: what,
          inMs: draw.real(5, 900),
          unsynced: draw.pick(MODES),
        };
      }),
    actions: {
      crash(cluster, { inMs, unsynced }) {
        cluster.after(inMs as number, () => {
          cluster.onCrash('s1' as NodeId, unsynced as 'seeded');
          cluster.crash('s1');
        });
      },
      fail(cluster, { inMs }) {
        cluster.after(inMs as number, () => stores(cluster).failFsync('s1'));
      },
      full(cluster, { inMs }) {
        const limit = (bytes: number) => () => cluster.limitDisk('s1', bytes);
        cluster.after(inMs as number, () => limit(cluster.diskBytes('s1'))());
        cluster.after((inMs as number) + 20, limit(Number.POSITIVE_INFINITY));
      },
      slow(cluster, { inMs }) {
        cluster.after(inMs as number, () => cluster.disk('s1', { fsyncMs: 20 }));
        cluster.after((inMs as number) + 60, () => cluster.disk('s1', { fsyncMs: 1 }));
      },
    },
    run(cluster) {
      const programs = stores(cluster);
      programs.work('s1', { callers: 4, puts: 800, keys: 3, reads: 0.3, valueBytes: 300 });
      cluster.run(1000);
      cluster.restart('s1');
      cluster.disarm('s1');
      cluster.limitDisk('s1', Number.POSITIVE_INFINITY);
      programs.powerCycle('s1');
      programs.expectAll('s1', 3);
      programs.expectPut('s1', 'when all is well again');
    },
  },
];

const MODES = ['seeded', 'lose', 'torn'] as const;
