/** Many nodes in one realm are as separate as those with a realm each; and a CPU is a CPU. */
import { expect, test } from 'vitest';
import type { Cluster } from './cluster/interface.ts';
import { nodeSource, outputsOf, tryOut } from './testing.ts';

const MANY = 100;

test('module state, timers and handlers belong to one node each', async () => {
  const body = `
    shared.push(c.id);
    c.serve('who', () => c.id);
    await sleep(10);
    const peer = c.peers[0];
    c.emit('out', [shared.join(), await c.call(peer, 'who', {}), Math.random()]);
  `;
  const before = 'const shared: string[] = [];';
  const { outputs } = await outputsOf(body, { before, nodes: MANY });
  const all = Object.entries(outputs);
  expect(all).toHaveLength(MANY);
  const random = new Set<unknown>();
  for (const [node, [value]] of all as [string, [[string, string, number]]][]) {
    expect(value.slice(0, 2)).toEqual([node, node === 'n1' ? 'n2' : 'n1']);
    random.add(value[2]);
  }
  expect(random.size).toBe(MANY);
});

test('a crash takes the timers of one node only, and a restart begins anew', async () => {
  const { outputs } = await outputsOf(
    "count++; c.emit('out', 'begins ' + count); await sleep(1000); c.emit('out', 'ends');",
    {
      before: 'let count = 0;',
      nodes: MANY,
      run(cluster) {
        cluster.run(500);
        cluster.crash('n7');
        cluster.run(100);
        cluster.restart('n7');
        cluster.run(500);
      },
    },
  );
  expect(outputs.n7).toEqual(['begins 1', 'begins 1']);
  expect(outputs.n8).toEqual(['begins 1', 'ends']);
});

test('a fleet gives the same run in a used realm and in a new one', async () => {
  const trial = {
    files: nodeSource(
      "async start() { this.c.serve('x', () => 1); for (;;) { await sleep(50 * Math.random()); await this.c.call(this.c.peers[3], 'x', {}).catch(() => {}); } }",
    ),
    nodes: MANY,
    run: (cluster: Cluster) => cluster.run(500),
  };
  const [once, again] = [await tryOut(trial), await tryOut(trial)];
  expect(once.result.traceHash).toBe(again.result.traceHash);
  expect(once.result.events).toBeGreaterThan(2000);
});

test('inspecting one node in the middle of another leaves the other where it was', async () => {
  const { run } = await outputsOf("c.emit('out', 1); await sleep(5); c.emit('out', c.id);", {
    nodes: MANY,
    run(cluster) {
      const said: unknown[] = [];
      cluster.onEmit((node, _name, value) => {
        for (const other of cluster.nodes) cluster.inspect(other);
        if (value !== 1) said.push([node, value]);
      });
      cluster.run(20);
      for (const [node, value] of said as [string, string][]) expect(value).toBe(node);
      expect(said).toHaveLength(MANY);
    },
  });
  expect(run.result.verdict).toBe('passed');
});

test('work takes the time of a CPU, one piece after another', async () => {
  const { outputs } = await outputsOf(
    "const t = performance.now(); await Promise.all([30, 20, 10].map(async (ms) => { await c.work(ms); c.emit('out', performance.now() - t); }));",
  );
  expect(outputs.n1).toEqual([30, 50, 60]);
});

test('two CPUs do two pieces at once; a crash forgets the rest', async () => {
  const { outputs } = await outputsOf(
    "for (let i = 0; i < 5; i++) void c.work(100).then(() => c.emit('out', i));",
    {
      run(cluster) {
        cluster.cpu('n1', { workers: 2 });
        cluster.run(250);
        expect(cluster.cpu('n1')).toMatchObject({ served: 4, workedMs: 400, busy: 1, waiting: 0 });
        cluster.crash('n1');
        cluster.run(1000);
        expect(cluster.cpu('n1').served).toBe(4);
      },
    },
  );
  expect(outputs.n1).toEqual([0, 1, 2, 3]);
});

test('a cost that is not a number of milliseconds is refused', async () => {
  const { outputs } = await outputsOf(
    "for (const cost of [-1, NaN, 'x', Infinity]) { try { await c.work(cost as number); } catch (e) { c.emit('out', (e as Error).message); } }",
  );
  expect(outputs.n1).toHaveLength(4);
  expect(outputs.n1?.[0]).toContain('of at least 0, not -1');
});
