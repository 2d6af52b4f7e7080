import { expect, test } from 'vitest';
import type { Cluster } from '../cluster/interface.ts';
import type { Scenario } from '../lab.ts';
import { nodeSource, openSession, scenarioOf } from '../testing.ts';
import { runTwice } from './repeat.ts';
import { shrink } from './shrink.ts';

/** Appends to a journal three times, and syncs each; `begun` is the length that it found at its boot. */
const JOURNAL = nodeSource(`
  async start() {
    const found = (await this.c.disk.read('journal')) ?? '';
    this.c.emit('out', { begun: found.length });
    for (let i = found.length; i < 3; i++) {
      await this.c.disk.append('journal', 'x');
      await this.c.disk.fsync('journal');
    }
    this.c.emit('out', { done: true });
  }
  late() { throw new Error('too late'); }
`);

async function explore<T>(
  more: Partial<Scenario> & Pick<Scenario, 'run'>,
  use: (session: Awaited<ReturnType<typeof openSession>>, scenario: Scenario) => Promise<T>,
): Promise<T> {
  const session = await openSession({ files: JOURNAL });
  try {
    return await use(session, { ...scenarioOf({ run: more.run, nodes: 1 }), ...more });
  } finally {
    session.close();
  }
}

test('a sweep crashes at each boundary once, and passes when all runs do', async () => {
  const crashed: number[] = [];
  const { result } = await explore(
    {
      sweep: ['fsync', 'write'],
      run(cluster) {
        cluster.run(50);
        crashed.push(cluster.hits('crash'));
        cluster.restart('n1');
        cluster.run(50);
      },
    },
    (session, scenario) => session.run(scenario, 1),
  );
  expect(result.verdict).toBe('passed');
  expect(crashed).toEqual([0, 1, 1, 1, 1, 1, 1]); // three appends, three fsyncs
});

test('a sweep ends with the run that fails, and its plan holds the crash', async () => {
  const { result, plan } = await explore(
    {
      sweep: ['fsync'],
      run(cluster) {
        const found: number[] = [];
        cluster.onEmit((_node, _name, value) => found.push((value as { begun: number }).begun));
        cluster.run(50);
        cluster.restart('n1');
        cluster.run(50);
        const [, second] = found.filter((n) => n !== undefined);
        cluster.expect(second !== 2, { ruleId: 'two', rule: 'never two', evidence: 'two' });
      },
    },
    (session, scenario) => session.run(scenario, 1),
  );
  expect(result.finding?.ruleId).toBe('two');
  expect(plan).toEqual([{ atMs: 0, do: 'crashAt', node: 'n1', boundary: 'fsync', after: 2 }]);
});

test('shrinking keeps the steps that the failure needs, and the rule', async () => {
  const noise = Array.from({ length: 20 }, (_, i) => ({
    atMs: 100 + i,
    do: i === 13 ? 'late' : 'jumpClock',
    node: 'n1',
    ms: 1,
  }));
  const shrunk = await explore(
    {
      plan: () => noise,
      actions: { late: (cluster) => void cluster.invoke('n1', 'late') },
      run: (cluster) => cluster.run(10),
    },
    (session, scenario) => shrink(session, scenario, 1),
  );
  expect(shrunk?.plan).toEqual([{ atMs: 0, do: 'late', node: 'n1', ms: 1 }]);
  expect(shrunk).toMatchObject({ stepsBefore: 20, stepsAfter: 1 });
  expect(shrunk?.finding.evidence).toContain('too late');
});

test('what the scenario does after its plan does not come earlier in a shrunk run', async () => {
  const shrunk = await explore(
    {
      plan: () => [100, 300, 400].map((atMs) => ({ atMs, do: atMs === 100 ? 'arm' : 'rest' })),
      actions: {
        arm: (cluster) => cluster.after(100, () => void cluster.invoke('n1', 'late')),
        rest: () => {},
      },
      run(cluster) {
        cluster.crash('n1');
        cluster.run(500);
      },
    },
    (session, scenario) => shrink(session, scenario, 1),
  );
  expect(shrunk?.plan.map(({ atMs }) => atMs)).toEqual([0, 100]);
});

/** Nodes that greet each other; the second greeting that is late is one too many. */
const GREETERS = nodeSource(`
  start() {
    let late = 0;
    this.c.serve('greet', ({ atMs }) => {
      if (Date.now() - atMs > 100 && ++late === 2) throw new Error('twice late');
      return null;
    });
    setInterval(() => {
      for (const peer of this.c.peers)
        this.c.call(peer, 'greet', { atMs: Date.now() }, { timeoutMs: 5000 }).catch(() => {});
    }, 50);
  }
`);

test('shrinking switches off nodes, and keeps only the chance that the failure needs', async () => {
  const session = await openSession({ files: GREETERS });
  const scenario: Scenario = {
    ...scenarioOf({ run: (cluster) => cluster.run(3000), nodes: 3 }),
    plan: () => [
      {
        atMs: 0,
        do: 'network',
        profile: { dropChance: 0.1, tailChance: 0.1, tailMs: 400 },
      },
    ],
  };
  const shrunk = await shrink(session, scenario, 3);
  const again = await shrink(session, scenario, 3);
  session.close();
  const left = shrunk?.plan.map((step) => [step.do, step.what ?? step.node]);
  expect(left).toEqual(
    expect.arrayContaining([
      ['calm', 'drop'],
      ['calm', 'late'],
      ['calm', 'jitter'],
    ]),
  );
  const late = shrunk?.plan.find((step) => step.what === 'late');
  expect(late?.except).toHaveLength(2);
  expect(left?.filter(([what]) => what === 'off')).toHaveLength(1);
  expect(shrunk?.finding.evidence).toContain('twice late');
  expect(again).toEqual(shrunk);
});

test('shrinking leaves a node of each kind: without any server all calls are lost alike', async () => {
  const session = await openSession({ files: GREETERS });
  const scenario: Scenario = {
    ...scenarioOf({ nodes: { n: 1, c: 2 }, run: (cluster) => failAt(cluster, 100) }),
    plan: () => [],
  };
  const shrunk = await shrink(session, scenario, 1);
  session.close();
  expect(shrunk?.plan.filter(({ do: what }) => what === 'off').map(({ node }) => node)).toEqual([
    'c2',
  ]);
});

function failAt(cluster: Cluster, ms: number): void {
  cluster.run(ms);
  cluster.fail({ kind: 'safety', ruleId: 'always', rule: 'always', evidence: 'always' });
}

test('two runs of a seed that differ are undecided, with the first event that differs', async () => {
  let runs = 0;
  const result = await explore(
    {
      run(cluster) {
        cluster.run(10);
        cluster.note(`this is run ${++runs}`);
        cluster.jumpClock('n1', runs);
      },
    },
    (session, scenario) => runTwice(session, scenario, 7),
  );
  expect(result.verdict).toBe('undecided');
  expect(result.undecided).toMatch(
    /^seed 7 gave two different runs; .* "0.010 cluster note this is run 1" and .* 2"$/,
  );
});

test('a seed that gives the same run twice keeps its result', async () => {
  const result = await explore({ run: (cluster) => cluster.run(50) }, (session, scenario) =>
    runTwice(session, scenario, 7),
  );
  expect(result.verdict).toBe('passed');
});

test('shrinking moves steps closer together, as far as the failure allows', async () => {
  const shrunk = await explore(
    {
      plan: () => [
        { atMs: 400, do: 'crash', node: 'n1' },
        { atMs: 900, do: 'restart', node: 'n1' },
        { atMs: 2000, do: 'late' },
      ],
      actions: {
        // Before 300 ms it is not late.
        late: (cluster) => void (cluster.nowMs >= 300 && cluster.invoke('n1', 'late', 'now')),
      },
      run: (cluster) => cluster.run(10),
    },
    (session, scenario) => shrink(session, { ...scenario, nodes: 1 }, 1),
  );
  expect(shrunk?.plan).toHaveLength(1);
  expect(shrunk?.plan[0]?.atMs).toBeLessThan(2000);
  expect(shrunk?.plan[0]?.atMs).toBeGreaterThanOrEqual(300);
});
