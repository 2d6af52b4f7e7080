import { expect, test } from 'vitest';
import { outputsOf, tryOut } from '../testing.ts';
import type { Cluster } from './interface.ts';

/** n1 calls n2 every 50 ms; n2 reports what arrives, n1 what comes back. */
const CALLS = `
  c.serve('ping', (n) => { c.emit('out', n); return n; });
  for (let n = 1; c.id === 'n1' && n <= 4; n++) {
    c.call('n2', 'ping', n, { timeoutMs: 500 }).then((v) => c.emit('out', v), (e) => c.emit('out', e.code));
    await sleep(50);
  }
`;

const cases: [string, (c: Cluster) => void, Record<string, unknown[]>][] = [
  [
    'a calm network delivers everything',
    (c) => c.run(2000),
    { n1: [1, 2, 3, 4], n2: [1, 2, 3, 4] },
  ],
  [
    'requests cut: nothing arrives',
    (c) => {
      c.cut('n1', 'n2');
      c.run(2000);
    },
    { n1: ['timeout', 'timeout', 'timeout', 'timeout'] },
  ],
  [
    'replies cut: everything is done, but the caller does not know',
    (c) => {
      c.cut('n2', 'n1');
      c.run(2000);
    },
    { n1: ['timeout', 'timeout', 'timeout', 'timeout'], n2: [1, 2, 3, 4] },
  ],
  [
    'a partition heals',
    (c) => {
      c.partition(['n1'], ['n2']);
      c.run(75);
      c.heal();
      c.run(2000);
    },
    { n1: [3, 4, 'timeout', 'timeout'], n2: [3, 4] },
  ],
  [
    'a duplicated request runs its handler twice',
    (c) => {
      c.filter((m) => (m.kind === 'request' && m.body === 2 ? 'duplicate' : undefined));
      c.run(2000);
    },
    { n1: [1, 2, 3, 4], n2: [1, 2, 2, 3, 4] },
  ],
  [
    'a late request arrives after the caller gave up',
    (c) => {
      c.filter((m) => (m.kind === 'request' && m.body === 1 ? 900 : undefined));
      c.run(2000);
    },
    { n1: [2, 3, 4, 'timeout'], n2: [2, 3, 4, 1] },
  ],
  [
    'a paused node gets everything at once afterwards',
    (c) => {
      c.pause('n2');
      c.run(400);
      c.resume('n2');
      c.run(2000);
    },
    { n1: [1, 2, 3, 4], n2: [1, 2, 3, 4] },
  ],
  [
    'a node that crashes at its second reply has sent it, and does nothing more',
    (c) => {
      c.crashAt('n2', 'send', 2, 'ping.reply');
      c.run(2000);
    },
    { n1: [1, 2, 'timeout', 'timeout'], n2: [1, 2] },
  ],
];

test.each(cases)('%s', async (_name, run, expected) => {
  const { outputs } = await outputsOf(CALLS, { nodes: 2, run });
  for (const list of Object.values(outputs)) list.sort();
  for (const list of Object.values(expected)) list.sort();
  expect(outputs).toEqual(expected);
});

test('a node that runs but sends nothing is silent since its last message or its start', async () => {
  const told: string[] = [];
  await outputsOf(CALLS, {
    nodes: 3,
    run: (c) => {
      c.run(900);
      told.push(c.silence('n1', 'n2', 'n3'));
      c.run(600);
      told.push(c.silence('n1', 'n2', 'n3'));
      c.crash('n2');
      c.restart('n3');
      c.pause('n1');
      told.push(c.silence('n1', 'n2', 'n3'));
    },
  });
  expect(told[0]).toBe('');
  expect(told[1]).toMatch(
    /^; n1 silent since 0\.1\d\d s; n2 silent since 0\.1\d\d s; n3 silent since the start$/,
  );
  expect(told[2]).toBe('; n3 silent since the start');
});

const WRITES = `
  const had = await c.disk.read('log');
  if (had !== undefined) return c.emit('out', had);
  await c.disk.append('log', 'synced ');
  await c.disk.fsync('log');
  c.emit('out', 'durable');
  await c.disk.append('log', 'unsynced');
  c.emit('out', 'written');
  await c.disk.fsync('log').catch((e) => c.emit('out', e.code));
  c.emit('out', 'end');
`;

const diskCases: [string, (c: Cluster) => void, unknown[]][] = [
  ['lose', (c) => c.crashAt('n1', 'write', 2), ['durable', 'synced ']],
  ['keep', (c) => c.crashAt('n1', 'write', 2), ['durable', 'synced unsynced']],
  ['torn', (c) => c.crashAt('n1', 'write', 2), ['durable', 'synced unsy']],
  ['lose', (c) => c.crashAt('n1', 'fsync', 1), ['synced ']],
  ['lose', (c) => c.crashAt('n1', 'fsync', 2), ['durable', 'written', 'synced unsynced']],
];

test.each(diskCases)('a crash that treats unsynced writes as "%s"', async (mode, arm, expected) => {
  const { outputs } = await outputsOf(WRITES, {
    run(cluster) {
      cluster.onCrash('n1', mode as 'lose');
      arm(cluster);
      cluster.run(1000);
      cluster.restart('n1');
      cluster.run(1000);
    },
  });
  expect(outputs.n1).toEqual(expected);
});

test('a failed fsync is reported, and what it covered is lost', async () => {
  const { outputs } = await outputsOf(WRITES, {
    run(cluster) {
      cluster.onEmit((_node, _name, value) => {
        if (value === 'written') cluster.failNextFsync('n1');
      });
      cluster.run(1000);
      cluster.crash('n1');
      cluster.restart('n1');
      cluster.run(1000);
    },
  });
  expect(outputs.n1).toEqual(['durable', 'written', 'EIO', 'end', 'synced ']);
});

test('a fast clock makes timers fire early; a jump moves Date but no timer', async () => {
  const { outputs } = await outputsOf(
    `const t = Date.now(); await sleep(1000); c.emit('out', Math.round((Date.now() - t) / 1000));`,
    {
      nodes: 2,
      run(cluster) {
        cluster.clockRate('n1', 2);
        cluster.jumpClock('n2', -60_000);
        cluster.run(600);
        cluster.jumpClock('n2', 120_000);
        cluster.run(1000);
      },
    },
  );
  expect(outputs).toEqual({ n1: [1], n2: [121] });
});

test('clients run a program of their own; nodes cannot call them', async () => {
  const seen: string[] = [];
  const { result } = await tryOut({
    files: {
      'node.ts': `
        class Server {
          constructor(c) { c.serve('ping', (args, from) => ({ from, peers: c.peers })); this.c = c; }
          inspect() { return {}; }
          async reach() { await this.c.call('c1', 'ping', {}); }
        }
        class Client {
          constructor(c) { this.c = c; }
          async ping() { return this.c.call('n2', 'ping', {}); }
        }
        export default { n: Server, c: Client };`,
    },
    nodes: { n: 2, c: 1 },
    run(cluster) {
      expect([cluster.nodes, cluster.clients]).toEqual([['n1', 'n2'], ['c1']]);
      cluster.request('c1', 'ping', [], (o) => seen.push(JSON.stringify(o.ok && o.value)));
      cluster.request('n1', 'reach', [], (o) => seen.push(o.ok ? '' : o.error));
      cluster.run(100);
    },
  });
  expect(result.verdict).toBe('passed');
  expect(seen).toEqual([
    expect.stringContaining('"c1" is not a peer of n1 (its peers: n2)'),
    '{"from":"c1","peers":["n1"]}',
  ]);
});
