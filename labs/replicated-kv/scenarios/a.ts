/** Part A: what one disk promises, and what that costs. */
import type { Scenario } from 'faultlab';
import { s, stores } from '../stores.ts';

const DIRECTED = { test: 3, grade: 20 };

/** The most that a disk may hold for 10 keys with short values. */
const DISK_BYTES_MAX = 64 * 1024;

/** The crashes of a sweep, seed by seed: the two extremes, which find most, come first. */
const SWEPT = ['torn', 'lose', 'seeded'] as const;

export const disk: readonly Scenario[] = [
  {
    id: 'A1',
    title: 'a get returns what was put, even after a power cut',
    points: 3,
    nodes: { s: 1 },
    seeds: DIRECTED,
    lookAt: 'where is a value when put resolves, and who reads it from there after a boot?',
    run(cluster) {
      const programs = stores(cluster);
      cluster.run(1);
      programs.expectPut('s1', 'on a disk without any fault');
      for (const value of ['one', '', 'two\nlines', 'ünïcode 🙂 "quoted"', '{"a":1}', 'last']) {
        programs.put('s1', 'k1', undefined, value);
        programs.settle('s1');
        programs.expectAll('s1', 2);
        programs.powerCycle('s1');
        programs.expectAll('s1', 2);
      }
    },
  },
  {
    id: 'A2',
    title: 'no acknowledged put is lost, and no read shows one that is',
    points: 5,
    nodes: { s: 1 },
    seeds: { test: 6, grade: 60 },
    lookAt: 'what may a crash still take back when put resolves, or when get does?',
    run(cluster) {
      const programs = stores(cluster);
      cluster.disk('s1', { fsyncMs: 5, writeMs: 1 });
      cluster.run(1);
      for (let round = 0; round < 6; round++) {
        cluster.onCrash('s1', 'lose');
        cluster.after(cluster.draw.real(1, 60), () => cluster.crash('s1'));
        programs.work('s1', { callers: 6, puts: 40, keys: 2, reads: 0.6 });
        cluster.run(80);
        cluster.restart('s1');
        programs.expectAll('s1', 2);
      }
      programs.expectPut('s1', 'after six crashes');
      cluster.sometimes('the store crashed', cluster.hits('crash') > 0);
    },
  },
  {
    id: 'A5',
    title: 'twenty callers share an fsync, and nobody waits for long',
    points: 4,
    nodes: { s: 1 },
    seeds: DIRECTED,
    lookAt: 'ten puts arrive while an fsync is under way: how many fsyncs do they need?',
    run(cluster) {
      const programs = stores(cluster);
      cluster.disk('s1', { fsyncMs: 10, writeMs: 0.05 });
      cluster.run(100);
      programs.expectPut('s1', 'with an fsync of 10 ms');
      const [before, startMs] = [cluster.passed('s1', 'fsync'), cluster.nowMs];
      programs.work('s1', { callers: 20, puts: 400, keys: 10 });
      const [fsyncs, tookMs] = [cluster.passed('s1', 'fsync') - before, cluster.nowMs - startMs];
      cluster.tell(`400 puts by 20 callers: ${fsyncs} fsyncs of 10 ms, ${s(tookMs)}`);
      const rule = '400 puts by 20 callers cost at most 100 fsyncs (handout, The contract)';
      cluster.expect(fsyncs <= 100, {
        kind: 'contract',
        ruleId: 'no-group-commit',
        rule,
        evidence: `${fsyncs} fsyncs, in ${s(tookMs)}`,
      });
      cluster.expect(tookMs <= 1200, {
        kind: 'liveness',
        ruleId: 'slow-commit',
        rule: '400 puts by 20 callers, with an fsync of 10 ms, take at most 1.2 s (handout, The contract)',
        evidence: `they took ${s(tookMs)}, with ${fsyncs} fsyncs`,
      });
      const alone = cluster.passed('s1', 'fsync');
      programs.work('s1', { callers: 1, puts: 50, keys: 10 });
      const cost = cluster.passed('s1', 'fsync') - alone;
      cluster.expect(cost <= 75, {
        kind: 'contract',
        ruleId: 'needless-fsyncs',
        rule: '50 puts, one after another, cost at most 75 fsyncs (handout, The contract)',
        evidence: `50 puts cost ${cost} fsyncs`,
      });
      programs.powerCycle('s1');
      programs.expectAll('s1', 10, 'which file has its record, and is its name durable, too?');
    },
  },
  {
    id: 'A6',
    title: 'the log does not grow forever, and nothing is lost with what is thrown away',
    points: 4,
    nodes: { s: 1 },
    seeds: DIRECTED,
    lookAt: 'which records does nobody need any more, and since when?',
    run(cluster) {
      const programs = stores(cluster);
      cluster.run(1);
      programs.expectPut('s1', 'with an empty log');
      for (let round = 1; round <= 12; round++) {
        programs.work('s1', { callers: 10, puts: 300, keys: 10, valueBytes: 20 });
        const bytes = cluster.diskBytes('s1');
        cluster.expect(bytes <= DISK_BYTES_MAX, {
          kind: 'contract',
          ruleId: 'log-grows',
          rule: `The disk holds at most 64 KiB for 10 short values (handout, The contract)`,
          evidence: `after ${300 * round} puts it holds ${bytes} bytes`,
        });
        if (round % 3 !== 0) continue;
        programs.powerCycle('s1', round === 6 ? 'torn' : 'lose');
        programs.expectAll('s1', 10);
      }
      const { draw } = cluster;
      // The log must not be rewritten all the time.
      const before = cluster.passed('s1', 'fsync');
      programs.work('s1', { callers: 1, puts: 200, keys: draw.int(5, 10), valueBytes: 20 });
      const cost = cluster.passed('s1', 'fsync') - before;
      cluster.expect(cost <= 300, {
        kind: 'contract',
        ruleId: 'needless-fsyncs',
        rule: '200 puts, one after another, cost at most 300 fsyncs (handout, The contract)',
        evidence: `200 puts cost ${cost} fsyncs`,
      });
    },
  },
  {
    id: 'A9',
    title: 'a crash at any single disk operation, through 200 puts, breaks nothing',
    points: 5,
    nodes: { s: 1 },
    seeds: { test: 2, grade: 12 },
    sweep: ['fsync', 'write'],
    lookAt: 'which operation was the last before the crash, and what does it leave?',
    run(cluster) {
      const programs = stores(cluster);
      const mode = SWEPT[(cluster.seed - 1) % SWEPT.length] ?? 'torn';
      cluster.onCrash('s1', mode);
      programs.work('s1', { callers: 2, puts: 200, keys: 8, valueBytes: 180, reads: 0.1 });
      cluster.disarm('s1');
      programs.powerCycle('s1', mode);
      programs.expectAll('s1', 8);
      programs.expectPut('s1', 'after a single crash');
      programs.powerCycle('s1');
      programs.expectAll('s1', 8);
    },
  },
];
