/**
 * Nodes in processes of their own: the same runs, event for event, as within one process; and what a
 * submission that has escaped its realm can do, tried by programs that are outside from the start.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SimulatedLab, simulated } from '../lab.ts';
import { BOOT_FILE, loadLab, NODE_MAIN_FILE, ROOT } from '../paths.ts';
import { Session } from '../session.ts';
import { loadSubmission } from '../submission/load.ts';
import { BREAKS, ESCAPED } from '../testdata/hostile/cases.ts';
import { emptyLab, loadText, nodeSource, scenarioOf } from '../testing.ts';
import { loadBoot } from './load.ts';
import { gapsOfRemote } from './remote.ts';
import { RemoteRealms } from './remote-realms.ts';

const bootCode = await loadBoot(BOOT_FILE);
const CALL_MS = 1500;

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
});

const sessions: Session[] = [];
afterAll(() => {
  for (const session of sessions) session.close();
});

function open(
  lab: SimulatedLab,
  loaded: ConstructorParameters<typeof Session>[0]['loaded'],
  remote: boolean,
) {
  const house = (code: string) => new RemoteRealms({ bootCode, code }, CALL_MS);
  const session = new Session({ lab, loaded, bootCode, ...(remote ? { house } : {}) });
  sessions.push(session);
  return session;
}

describe('the same runs', () => {
  test.each([
    ['kv-server', ['A3', 'B4', 'D6']],
    ['raft', ['B4', 'C2', 'D1']],
    ['replicated-kv', ['A2', 'C3']],
    ['aws-dynamodb-2015', ['F7']],
    ['aws-dynamodb-dns-2025', ['R2']],
  ])('%s', { timeout: 0 }, async (slug, ids) => {
    const lab = simulated(await loadLab(slug));
    const uses = Object.fromEntries(
      (lab.uses ?? []).map((used) => [used, join(ROOT, 'solutions', used)]),
    );
    const submission = await loadSubmission(lab, join(ROOT, 'solutions', slug), { uses });
    if ('problems' in submission) throw new Error(JSON.stringify(submission.problems));
    const [here, there] = [open(lab, submission.loaded, false), open(lab, submission.loaded, true)];
    for (const scenario of lab.parts.flatMap((part) => part.scenarios)) {
      if (!ids.includes(scenario.id)) continue;
      const [one, two] = [await here.run(scenario, 3), await there.run(scenario, 3)];
      expect([scenario.id, two.result]).toEqual([scenario.id, one.result]);
    }
    there.close();
  });
});

/** What two nodes do in `start`, each in its own process, and how the run ends. */
async function run(body: string, evil = '', main = readFileSync(NODE_MAIN_FILE, 'utf8')) {
  const result = await loadText(nodeSource(`async start() { const c = this.c; ${body} }`));
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  const { loaded } = result;
  const program = `${evil}\n${main}`;
  const house = (code: string) => new RemoteRealms({ bootCode, code, program }, CALL_MS);
  const session = new Session({ lab: emptyLab(), loaded, bootCode, house });
  sessions.push(session);
  const emitted: unknown[] = [];
  const scenario = scenarioOf({
    nodes: 2,
    run(cluster) {
      cluster.onEmit((_node, _name, value) => void emitted.push(value));
      cluster.run(1000);
    },
  });
  const { result: outcome } = await session.run(scenario, 1);
  session.close();
  return {
    emitted,
    rule: outcome.finding?.ruleId ?? outcome.verdict,
    evidence: outcome.finding?.evidence,
  };
}

test('all plain data arrives as it was sent', { timeout: 0 }, async () => {
  const values =
    '[undefined, NaN, -Infinity, new Uint8Array([0, 255]), { "\\0x": [null] }, "\\ud83d\\ude00"]';
  const { emitted } = await run(
    `c.serve('echo', (a) => a); if (c.id === 'n1') c.emit('out', await c.call('n2', 'echo', ${values}));`,
  );
  const bytes = new Uint8Array([0, 255]);
  expect(emitted).toEqual([[undefined, Number.NaN, -Infinity, bytes, { '\0x': [null] }, '😀']]);
});

test.each([
  ['an endless loop', 'for (;;) {}', 'endless-loop'],
  ['an endless chain of promises', 'for (;;) await null;', 'endless-loop'],
  [
    'a bomb outside the heap',
    'const a = []; for (;;) a.push(new Uint8Array(1e7).fill(1));',
    /out-of-memory|endless-loop|process-ended/,
  ],
  ['a rejection that nobody catches', "Promise.reject(new Error('oh'));", 'unhandled-rejection'],
  [
    'a function in a message',
    "c.serve('f', () => 1); c.call(c.peers[0], 'f', () => 1);",
    /node-threw|unhandled-rejection/,
  ],
])('%s is named', { timeout: 0 }, async (_name, body, rule) => {
  expect((await run(body)).rule).toMatch(rule);
});

/**
 * Code that is outside its realm from the start: it runs before our program, with all that Node has.
 * What it tries must fail; if it succeeds, the process ends, and the run with it.
 */
const tries = (attempt: string) => `
import child from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import threads from 'node:worker_threads';
let blocked = false;
try { blocked = (() => { ${attempt} })() === false; } catch { blocked = true; }
if (!blocked) process.exit(1);
`;
const outside = 'c.emit("out", 1);';

describe('outside its realm, a submission still cannot', () => {
  const here = ESCAPED.filter(({ needs }) => needs === undefined || gapsOfRemote().length === 0);
  test.each(here.map((one) => [one.no, one.does, one.attempt] as const))(
    '%i %s',
    { timeout: 0 },
    async (_no, _does, attempt) => {
      expect(await run(outside, tries(attempt))).toMatchObject({ emitted: [1, 1], rule: 'passed' });
    },
  );

  test.each(BREAKS.map((one) => [one.no, one.does, one.attempt] as const))(
    '%i %s',
    { timeout: 0 },
    async (_no, _does, attempt) => {
      await expect(run(outside, `import fs from 'node:fs';\n${attempt}`)).rejects.toThrow(
        'the process of a node ended',
      );
    },
  );

  test.each([
    ['a timer at no time', '["setTimer", [1, "NaN"]]', 'process-ended'],
    ['an effect of its own making', '["passed", []]', 'process-ended'],
    ['an answer to nobody', '["answer", [99, true, 1]]', 'passed'],
    ['no effect at all', '7', 'process-ended'],
  ])('answer with %s and be believed', { timeout: 0 }, async (_name, effect, rule) => {
    const program = `import fs from 'node:fs';
      const read = (n) => { const b = Buffer.alloc(n); let at = 0; while (at < n) at += fs.readSync(3, b, at, n - at); return b; };
      const receive = () => read(read(4).readUInt32LE(0));
      const send = (text) => { const h = Buffer.alloc(4); h.writeUInt32LE(text.length); fs.writeSync(4, h); fs.writeSync(4, text); };
      receive(); send('"ready"');
      for (;;) { receive(); send('{"effects":[${effect}],"value":true}'); }`;
    expect((await run(outside, '', program)).rule).toBe(rule);
  });
});
