import { expect, test } from 'vitest';
import { Simulation } from './simulation.ts';
import { Station } from './station.ts';

/** Serves jobs that arrive at these times; returns when each was done, undefined if refused. */
function serve(
  options: ConstructorParameters<typeof Station>[1],
  jobs: readonly { readonly atMs: number; readonly costMs: number }[],
  untilMs = 60_000,
) {
  const simulation = new Simulation(1);
  const station = new Station(simulation, options);
  const doneMs: (number | undefined)[] = jobs.map(() => undefined);
  jobs.forEach(({ atMs, costMs }, i) => {
    simulation.schedule(atMs * 1000, () => {
      station.offer(costMs * 1000, () => {
        doneMs[i] = simulation.nowMs;
      });
    });
  });
  simulation.runUntil(untilMs * 1000);
  return { station, doneMs };
}

const burst = (count: number, costMs: number) =>
  Array.from({ length: count }, () => ({ atMs: 0, costMs }));

test('workers serve in parallel; the rest wait in order of arrival', () => {
  expect(serve({ workers: 2 }, burst(5, 10)).doneMs).toEqual([10, 10, 20, 20, 30]);
});

test('a full line refuses jobs, and counts them', () => {
  const { station, doneMs } = serve({ workers: 1, waitingMax: 2 }, burst(5, 10));
  expect(doneMs).toEqual([10, 20, 30, undefined, undefined]);
  expect([station.served, station.refused, station.workedMs]).toEqual([3, 2, 30]);
});

test('a free worker serves at once', () => {
  const jobs = [
    { atMs: 0, costMs: 5 },
    { atMs: 20, costMs: 5 },
  ];
  expect(serve({ workers: 1 }, jobs).doneMs).toEqual([5, 25]);
});

test('new workers start on waiting jobs; workers taken away finish theirs first', () => {
  const simulation = new Simulation(1);
  const station = new Station(simulation, { workers: 1 });
  for (let i = 0; i < 4; i++) station.offer(10_000, () => {});
  station.resize({ workers: 3 });
  expect([station.busy, station.waiting]).toEqual([3, 1]);
  station.resize({ workers: 1 });
  simulation.runUntil(10_000);
  expect([station.busy, station.waiting, station.served]).toEqual([1, 0, 3]);
  expect(() => station.resize({ workers: 0 })).toThrow('a station needs a worker, not 0');
});

test('jobs that were cleared are never done', () => {
  const simulation = new Simulation(1);
  const station = new Station(simulation, { workers: 1 });
  for (let i = 0; i < 3; i++) station.offer(10_000, () => expect.unreachable());
  station.clear();
  simulation.runUntil(100_000);
  expect([station.busy, station.waiting, station.served]).toEqual([0, 0, 0]);
});

test('a line of 50,000 jobs costs no more per job than a short one', () => {
  const { doneMs } = serve({ workers: 10 }, burst(50_000, 1));
  expect(doneMs.at(-1)).toBe(5000);
});
