import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NodeClock } from './clock.ts';
import { SimDisk } from './disk.ts';
import { CALM, Network } from './network.ts';
import { keyed, Stream } from './prng.ts';
import { EventQueue, SimEvent } from './queue.ts';
import { EventStorm, Simulation } from './simulation.ts';
import { Trace } from './trace.ts';

describe('the agenda', () => {
  test('yields events by time, then by sequence', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
        const queue = new EventQueue();
        times.forEach((atUs, i) => {
          queue.push(new SimEvent(atUs, i, () => {}));
        });
        const order = times.map((atUs, i) => ({ atUs, i }));
        order.sort((a, b) => a.atUs - b.atUs || a.i - b.i);
        expect(times.map(() => queue.pop()?.sequence)).toEqual(order.map(({ i }) => i));
        expect(queue.pop()).toBeUndefined();
      }),
    );
  });

  test('a cancelled event does not fire, and time stands where the run was told to stop', () => {
    const simulation = new Simulation(1);
    const fired: string[] = [];
    simulation.schedule(10, () => fired.push('a'));
    simulation.schedule(20, () => fired.push('b')).cancel();
    simulation.schedule(31, () => fired.push('c'));
    simulation.runUntil(30);
    expect([fired, simulation.nowUs, simulation.events]).toEqual([['a'], 30, 1]);
  });

  test('events that never let time move on are a storm', () => {
    const simulation = new Simulation(1);
    const again = (): void => {
      simulation.schedule(0, again);
    };
    again();
    expect(() => simulation.runUntil(1)).toThrow(EventStorm);
  });
});

describe('chance', () => {
  test('a keyed choice depends only on its key, and is spread evenly', () => {
    expect(keyed(7, 1, 2, 3, 4)).toBe(keyed(7, 1, 2, 3, 4));
    const buckets = new Array(10).fill(0);
    for (let n = 0; n < 10_000; n++) buckets[Math.floor(keyed(7, 1, 0, 1, n) * 10)]++;
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('neighbouring seeds draw different streams', () => {
    const first = (seed: number) => new Stream(seed).next();
    expect(new Set(Array.from({ length: 1000 }, (_, seed) => first(seed))).size).toBe(1000);
  });
});

describe('the network', () => {
  test('a calm network loses and duplicates nothing and keeps to its minimum', () => {
    const network = new Network(3, 3);
    for (let n = 0; n < 1000; n++) {
      expect(network.isDropped(0, 1, n)).toBe(false);
      expect(network.duplicateMs(0, 1, n)).toBeUndefined();
      expect(network.latencyMs(0, 1, n)).toBeGreaterThanOrEqual(CALM.minMs);
    }
  });

  test('the profile of one link leaves the others alone', () => {
    const network = new Network(3, 3);
    network.profile({ dropChance: 1 }, { from: 0, to: 1 });
    expect([network.isDropped(0, 1, 0), network.isDropped(1, 0, 0)]).toEqual([true, false]);
  });
});

describe('clocks', () => {
  test('a jump moves only the wall clock; a rate changes both, and never moves them back', () => {
    const clock = new NodeClock();
    const wall = clock.wallMs(1_000_000);
    clock.jump(-5000);
    expect(clock.wallMs(1_000_000)).toBe(wall - 5000);
    expect(clock.monotonicMs(1_000_000)).toBe(1000);
    clock.setRate(2, 1_000_000);
    expect(clock.monotonicMs(2_000_000)).toBe(3000);
    expect(clock.toSimulationUs(100)).toBe(50_000);
  });
});

describe('the disk', () => {
  const never = () => 0;

  test('synced data survives every crash; unsynced data may be lost', () => {
    const disk = new SimDisk();
    disk.append('log', 'one');
    disk.fsync('log');
    disk.append('log', 'two');
    expect(disk.read('log')).toBe('onetwo');
    expect(disk.crash('lose', never).lost).toBe(1);
    expect(disk.read('log')).toBe('one');
  });

  test('any crash leaves the synced part and a prefix of what came after', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 5 }),
        fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 5 }),
        fc.integer(),
        (synced, unsynced, seed) => {
          const disk = new SimDisk();
          disk.append('log', '');
          for (const piece of synced) disk.append('log', piece);
          disk.fsync('log');
          for (const piece of unsynced) disk.append('log', piece);
          disk.crash('seeded', (question) => keyed(seed, 1, 2, 3, question));
          const whole = [...synced, ...unsynced].join('');
          const left = disk.read('log') ?? '';
          expect(whole.startsWith(left)).toBe(true);
          expect(left.length).toBeGreaterThanOrEqual(synced.join('').length);
        },
      ),
    );
  });

  test('without fsyncDirectory, a file never synced may be gone and a rename undone', () => {
    const disk = new SimDisk();
    disk.write('state', 'old');
    disk.fsync('state');
    disk.write('state.next', 'new');
    disk.fsync('state.next');
    disk.rename('state.next', 'state');
    disk.write('other', 'x');
    disk.crash('lose', never);
    expect([disk.read('state'), disk.read('other')]).toEqual(['old', undefined]);
  });

  test('with fsyncDirectory the rename holds', () => {
    const disk = new SimDisk();
    disk.write('state', 'old');
    disk.fsync('state');
    disk.write('state.next', 'new');
    disk.fsync('state.next');
    disk.rename('state.next', 'state');
    disk.syncDirectory();
    disk.crash('lose', never);
    expect([disk.list(), disk.read('state')]).toEqual([['state'], 'new']);
  });

  test('after a failed fsync, a later successful one does not bring the data back', () => {
    const disk = new SimDisk();
    disk.append('log', 'a');
    disk.fsync('log');
    disk.append('log', 'b');
    disk.failNextFsync = true;
    expect(disk.fsync('log')).toBe('EIO');
    expect(disk.read('log')).toBe('ab');
    expect(disk.fsync('log')).toBe('ok');
    disk.crash('lose', never);
    expect(disk.read('log')).toBe('a');
  });

  test('an append after a failed fsync leaves a hole where the dropped data was', () => {
    const disk = new SimDisk();
    disk.append('log', 'a');
    disk.fsync('log');
    disk.append('log', 'bc');
    disk.failNextFsync = true;
    disk.fsync('log');
    disk.append('log', 'd');
    disk.append('log', 'e');
    disk.fsync('log');
    expect(disk.read('log')).toBe('abcde');
    disk.crash('lose', never);
    expect(disk.read('log')).toBe('a\0\0de');
  });

  test('a file that is rewritten after a failed fsync has no hole', () => {
    const disk = new SimDisk();
    disk.write('log', 'abc');
    disk.failNextFsync = true;
    disk.fsync('log');
    disk.write('log', 'x');
    disk.append('log', 'y');
    disk.fsync('log');
    disk.crash('lose', never);
    expect(disk.read('log')).toBe('xy');
  });

  test('bit rot flips one bit of one file; flipping it again restores the file', () => {
    const disk = new SimDisk();
    disk.append('a', 'xy');
    disk.append('b', 'z');
    expect(disk.flipBit(0, 0)).toBeUndefined();
    disk.fsync('a');
    disk.fsync('b');
    expect(disk.flipBit(2, 1)).toBe('bit 1 of byte 0 of b');
    expect([disk.read('a'), disk.read('b'), disk.flipBit(3, 0)]).toEqual(['xy', 'x', undefined]);
    disk.crash('lose', never);
    expect(disk.read('b')).toBe('x');
    disk.flipBit(2, 1);
    expect(disk.read('b')).toBe('z');
  });

  test('a full disk takes nothing more', () => {
    const disk = new SimDisk();
    disk.limitBytes = 4;
    expect([disk.append('log', 'abcd'), disk.append('log', 'e')]).toEqual(['ok', 'ENOSPC']);
  });
});

test('a trace has the same hash with and without words', () => {
  const hashes = [true, false].map((keeping) => {
    const trace = new Trace(keeping);
    trace.mark(1, 10, 2, 3);
    trace.mark(2, 11, 0, 9);
    return trace.hash;
  });
  expect(hashes[0]).toBe(hashes[1]);
  const other = new Trace(false);
  other.mark(2, 11, 0, 9);
  other.mark(1, 10, 2, 3);
  expect(other.hash).not.toBe(hashes[0]);
});
