import { expect, test } from 'vitest';
import { nodeSource, openSession, outputsOf, problemsOf, scenarioOf, tryOut } from '../testing.ts';

/** What a single node emitted while `body` ran. */
async function emitted(body: string, before = ''): Promise<unknown[]> {
  const { outputs, run } = await outputsOf(body, { before });
  expect(run.result.finding?.evidence ?? '').toBe('');
  return outputs.n1 ?? [];
}

/** The evidence of the failure that `body` causes. */
async function evidence(body: string): Promise<string> {
  const { run } = await outputsOf(body, { nodes: 2 });
  return run.result.finding?.evidence ?? `no finding (${run.result.undecided ?? 'passed'})`;
}

test('time is virtual: timers, Date and performance agree, and cost nothing', async () => {
  const out = await emitted(`
    const t = Date.now(), p = performance.now();
    await sleep(3000);
    c.emit('out', [Date.now() - t, Math.round(performance.now() - p), new Date().getUTCFullYear()]);
  `);
  expect(out).toEqual([[3000, 3000, 2024]]);
});

test('intervals repeat until cleared, and a cleared timer never fires', async () => {
  const out = await emitted(`
    let n = 0;
    const t = setInterval(() => { c.emit('out', ++n); if (n === 3) clearInterval(t); }, 10);
    clearTimeout(setTimeout(() => c.emit('out', 'never'), 5));
    setTimeout((x) => c.emit('out', x), 100, 'argument');
  `);
  expect(out).toEqual([1, 2, 3, 'argument']);
});

test('chance is seeded, and different on each node', async () => {
  const twice = await Promise.all(
    [1, 2].map(() =>
      outputsOf(`c.emit('out', [Math.random(), crypto.randomUUID()]);`, { nodes: 2 }),
    ),
  );
  expect(twice[0]?.outputs).toEqual(twice[1]?.outputs);
  expect(twice[0]?.outputs.n1).not.toEqual(twice[0]?.outputs.n2);
});

test.each([
  'process',
  'require',
  'fetch',
  'SharedArrayBuffer',
  'Atomics',
  'WeakRef',
  'FinalizationRegistry',
  'WebAssembly',
  'Intl',
])('%s does not exist in a node', async (name) => {
  const typeOf = name === 'require' ? 'typeof globalThis.require' : `typeof ${name}`;
  expect(await emitted(`c.emit('out', ${typeOf});`)).toEqual(['undefined']);
});

test('code from text is refused', async () => {
  const out = await emitted(`
    try { new Function('return 1')(); c.emit('out', 'made'); } catch (e) { c.emit('out', e.name); }
    try { (async () => {}).constructor('return 1'); c.emit('out', 'made'); } catch (e) { c.emit('out', e.name); }
  `);
  expect(out).toEqual(['EvalError', 'EvalError']);
});

test('no object of the host can be reached from an error, a function or a value', async () => {
  const out = await emitted(`
    const reach = (x) => { try { return typeof x.constructor.constructor('return process')(); } catch (e) { return e.name; } };
    const deep = () => { try { deep(); } catch (e) { last = e; try { c.log('x'); } catch (f) { last = f; } } };
    let last; deep();
    c.emit('out', [reach(c), reach(c.call), reach(c.disk), reach(last), reach(setTimeout), reach(console)]);
  `);
  expect(out).toEqual([new Array(6).fill('EvalError')]);
});

test('the globals are frozen, but ordinary overriding still works', async () => {
  const out = await emitted(
    `
    try { Array.prototype.push = () => 0; c.emit('out', 'changed'); } catch (e) { c.emit('out', e.name); }
    try { globalThis.shared = 1; c.emit('out', 'changed'); } catch (e) { c.emit('out', e.name); }
    c.emit('out', [new Mine('text').name, String(new Mine('text'))]);
  `,
    `class Mine extends Error { constructor(m) { super(m); this.name = 'Mine'; } }`,
  );
  expect(out).toEqual(['TypeError', 'TypeError', ['Mine', 'Mine: text']]);
});

test('canary: no module state survives a crash, and no node sees that of another', async () => {
  const { outputs } = await outputsOf(`c.emit('out', ++counter);`, {
    before: 'let counter = 0;',
    nodes: 2,
    run(cluster) {
      cluster.run(100);
      cluster.crash('n1');
      cluster.restart('n1');
      cluster.run(100);
    },
  });
  expect(outputs).toEqual({ n1: [1, 1], n2: [1] });
});

test('canary: no node sees what a regular expression matched in another, or before a crash', async () => {
  const { outputs } = await outputsOf(
    "c.emit('out', [Object.getOwnPropertyNames(RegExp).sort().join(), RegExp.$1, RegExp.input, RegExp['$_']]); /(.+)/.test(c.id);",
    {
      nodes: 2,
      run(cluster) {
        cluster.run(100);
        cluster.crash('n1');
        cluster.restart('n1');
        cluster.run(100);
      },
    },
  );
  const nothing = ['length,name,prototype', undefined, undefined, undefined];
  expect(outputs).toEqual({ n1: [nothing, nothing], n2: [nothing] });
});

test('the same seed gives the same trace hash, in used realms and in new ones', async () => {
  const files = nodeSource(`
    async start() {
      this.c.serve('ping', (n) => n + 1);
      for (let n = 0; n < 20; n++) {
        await sleep(Math.random() * 20);
        await this.c.call(this.c.peers[0], 'ping', n).catch(() => {});
      }
    }`);
  const session = await openSession({ files });
  const scenario = scenarioOf({ run: (cluster) => cluster.run(1000) });
  const hash = async (seed: number) => (await session.run(scenario, seed)).result.traceHash;
  const first = await hash(1);
  expect(await hash(2)).not.toBe(first);
  expect(await hash(1)).toBe(first);
  session.refresh();
  expect(await hash(1)).toBe(first);
  session.close();
});

test('a message is a copy: neither side sees what the other changes later', async () => {
  const { outputs } = await outputsOf(
    `
    c.serve('take', async (args) => { args.list.push(9); await sleep(10); return args; });
    if (c.id === 'n2') return;
    const args = { list: [1], bytes: new Uint8Array([7]), nothing: null };
    const reply = c.call('n2', 'take', args);
    args.list.push(2);
    c.emit('out', [(await reply).list, args.list, (await reply).bytes[0]]);
  `,
    { nodes: 2 },
  );
  expect(outputs.n1).toEqual([[[1, 9], [1, 2], 7]]);
});

test.each([
  [
    'an unknown peer',
    `c.serve('m', () => 1); c.call('n9', 'm', 1);`,
    '"n9" is not a peer of n1 (its peers: n2)',
  ],
  [
    'a method that no node serves',
    `c.call('n2', 'm', 1);`,
    'no handler is registered for "m" (registered: none)',
  ],
  [
    'a function in the arguments',
    `c.serve('m', () => 1); c.call('n2', 'm', { a: [() => 1] });`,
    'args.a[0] is a function',
  ],
  [
    'a Map in the arguments',
    `c.serve('m', () => 1); c.call('n2', 'm', new Map());`,
    'args is a Map',
  ],
  [
    'a cycle',
    `c.serve('m', () => 1); const a: any = {}; a.a = a; c.call('n2', 'm', a);`,
    'or refers to itself',
  ],
  [
    'a message too large',
    `c.serve('m', () => 1); c.call('n2', 'm', 'x'.repeat(2e6));`,
    'at most 1048576 are allowed',
  ],
  [
    'a handler served twice',
    `c.serve('m', () => 1); c.serve('m', () => 1);`,
    '"m" has a handler already',
  ],
  ['a throw in a timer', `setTimeout(() => { null.x; }, 5);`, 'n1, in a timer: TypeError'],
  [
    'a throw of something other than an error',
    `throw null;`,
    'n1, in start(): null (not an Error)',
  ],
  [
    'a hostile throw',
    `throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 1; } });`,
    'an error that cannot be read',
  ],
])('%s is reported with its place in the source', async (_name, body, expected) => {
  const text = await evidence(body);
  expect(text).toContain(expected);
  if (!body.startsWith('throw')) expect(text).toMatch(/ at node\.ts:\d+:\d+ \(at [\d.]+ s\)$/);
});

test('a rejection that nobody catches is found, with its place', async () => {
  const text = await evidence(`
    c.serve('m', () => sleep(1e6));
    if (c.id === 'n1') void c.call('n2', 'm', 1, { timeoutMs: 10 });
  `);
  expect(text).toContain('RpcError: no reply from n2 to m in time; the outcome is unknown');
});

test.each([
  [
    'a timer storm',
    `const f = () => queueMicrotask(() => setTimeout(f, 0)); for (let i = 0; i < 1000; i++) f();`,
    'event-storm',
  ],
  ['endless recursion', `const f = () => f() + 1; f();`, 'node-threw'],
])('%s ends the run with a verdict', { timeout: 0 }, async (_name, body, ruleId) => {
  const run = await tryOut({
    files: nodeSource(`start() { const c = this.c; ${body} }`),
    run: (cluster) => cluster.run(60_000),
  });
  expect(run.result.finding?.ruleId).toBe(ruleId);
});

test.each([
  [`import fs from 'node:fs'; console.log(fs);`, 'node.ts:1:', 'context.disk'],
  [`import x from 'lodash'; console.log(x);`, 'node.ts:1:', 'nothing else'],
  [`import x from '../secret'; console.log(x);`, 'node.ts:1:', 'its own files'],
  [`export const x = import('./other');`, 'node.ts:1:', 'static import'],
  [`export const x = 1 +;`, 'node.ts:1:', ''],
])('%s is refused before anything runs', async (source, where, advice) => {
  const [problem] = await problemsOf({ 'node.ts': source });
  expect(problem?.where).toContain(where);
  expect(problem?.advice ?? '').toContain(advice);
});

test('a rejection that nobody catches names its node, clients too', async () => {
  const source = `start() { if (this.c.id === 'c1') void Promise.reject(new Error('oh')); }`;
  const { result } = await tryOut({
    files: nodeSource(source),
    nodes: { n: 1, c: 1 },
    run: (cluster) => cluster.run(10),
  });
  expect(result.finding?.evidence).toMatch(/^c1: Error: oh at node\.ts:\d+:\d+/);
});

test('a call of the workload that is rejected says where the error was made', async () => {
  const said: unknown[] = [];
  await tryOut({
    files: nodeSource(`async work() { throw new Error('oh'); }`),
    nodes: 1,
    run(cluster) {
      cluster.request('n1', 'work', [], (outcome) => said.push(outcome));
      cluster.run(10);
    },
  });
  const where = expect.stringMatching(/^ at node\.ts:\d+:\d+$/);
  expect(said).toEqual([{ ok: false, error: 'Error: oh', where }]);
});
