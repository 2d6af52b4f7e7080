import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { expect, test } from 'vitest';
import { recorded } from '../../grader/checkers/recorded.ts';
import type { Ui } from '../ui.ts';
import { type CheckHistoryOptions, checkHistory } from './check-history.ts';

/** What the command prints for a history given as text, and its exit code. */
async function check(text: string, options: CheckHistoryOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'faultlab-'));
  const file = join(folder, 'history');
  writeFileSync(file, text);
  const lines: string[] = [];
  const ui: Ui = {
    out: (...more) => void lines.push(...more),
    err: () => {},
    interactive: false,
    style: { colours: createColors(false), command: 'lab' },
    command: 'lab',
  };
  try {
    const code = await checkHistory(ui, file, options);
    return [...lines, `exit ${code}`].join('\n');
  } catch (error) {
    return (error as Error).message.replaceAll(file, 'history');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const operation = (more: object) =>
  JSON.stringify({
    client: 'c1',
    f: 'get',
    key: 'x',
    asked: null,
    answered: '',
    outcome: 'ok',
    callAt: 1,
    returnAt: 2,
    ...more,
  });

test('a recorded history that is not linearizable is explained', async () => {
  const text = recorded('porcupine').get('porcupine/jepsen/etcd_004.log') ?? '';
  expect(await check(text, { model: 'register' })).toMatchInlineSnapshot(`
    "✗ not linearizable
      p4's read → 2 at #63 fits into no order together with 5 other operations.

      p2  ├─1──┤
      p0            ├─2──┤
      p4                      ├─3──┤                        ├─6──┤
      p1                                ├─4──┤
      p7                                          ├─5──┤

      1  p2  change 2 to 2 → done  #36 – #37
      2  p0  change 1 to 4 → done  #41 – #42
      3  p4  read → 2  #53 – #54
      4  p1  write 2  #55 – #56
      5  p7  read → 4  #60 – #61
      6  p4  read → 2  #62 – #63  <

      It would be legal if it had begun by #61.
      Times are events of the file, counted from #1.
    exit 1"
  `);
});

test('JSON lines: a stale read', async () => {
  const text = [
    operation({ f: 'put', asked: '1', callAt: 0.5, returnAt: 1.25 }),
    operation({ client: 'c2', f: 'put', asked: '2', callAt: 2, returnAt: 3 }),
    operation({ client: 'c3', answered: '1', callAt: 3.5, returnAt: 4 }),
  ].join('\n');
  expect(await check(text, { model: 'kv' })).toMatchInlineSnapshot(`
    "✗ not linearizable (key x)
      c3's get x → "1" at 4 is stale: c2's put x "2" at 3 had been acknowledged
      before it began, at 3.5.

      c1  ├────1─────┤
      c2                        ├────2─────┤
      c3                                              ├────3─────┤

      1  c1  put x "1"  0.5 – 1.25
      2  c2  put x "2"  2 – 3
      3  c3  get x → "1"  3.5 – 4  <

      It would be legal if it had begun by 3.
    exit 1"
  `);
});

test('transactions: what is ruled out, by what, and what still holds', async () => {
  const text = recorded('elle').get('elle/si-without-g-single.edn') ?? '';
  expect(await check(text, { model: 'list-append' })).toMatchSnapshot();
  const consistency = 'snapshot-isolation';
  expect(await check(text, { model: 'list-append', consistency })).toMatchSnapshot();
});

test('sequential consistency, where linearizability is broken', async () => {
  const text = [
    operation({ f: 'put', asked: '1', callAt: 0.5, returnAt: 1.25 }),
    operation({ client: 'c2', f: 'put', asked: '2', callAt: 2, returnAt: 3 }),
    operation({ client: 'c3', answered: '1', callAt: 3.5, returnAt: 4 }),
  ].join('\n');
  const consistency = 'sequential';
  expect(await check(text, { model: 'kv', consistency })).toMatchInlineSnapshot(`
    "✓ sequentially consistent: 3 operations
    exit 0"
  `);
});

test('a consistency that the model does not have', async () => {
  const options = { model: 'rw-register', consistency: 'serialisable' };
  expect(await check(operation({ f: 'read' }), options)).toMatchInlineSnapshot(`
    "this model is not judged by consistency "serialisable"; did you mean serializable?
      allowed: strict-serializable, strong-snapshot-isolation,
               strong-session-serializable, strong-session-snapshot-isolation,
               serializable, repeatable-read, snapshot-isolation, cursor-stability,
               read-atomic, read-committed, read-uncommitted, read-your-writes,
               monotonic-reads, monotonic-writes, writes-follow-reads,
               monotonic-read-committed, session-read-atomic, causal
      do: give one of these as --consistency, or another --model"
  `);
});

test.each([
  ['a value written twice', '[:w x 1]', '[:w x 1]'],
  ['an unknown micro-operation', '[:w x 1]', '[:pop x 1]'],
])('bad transactions: %s', async (_, one, two) => {
  const event = (line: string, type: string) =>
    `{:process 1 :type :${type} :f :txn :value [${line}]}`;
  const text = [one, two].flatMap((line) => [event(line, 'invoke'), event(line, 'ok')]).join('\n');
  expect(await check(text, { model: 'rw-register' })).toMatchSnapshot();
});

test.each([
  ['an empty file', '', 'kv'],
  ['no known format', 'hello', 'kv'],
  ['half a form', '[{:type :invoke, :f :read', 'register'],
  ['a map that is no event', '{:f :read}', 'register'],
  ['an unknown type', '{:process 1 :type :begin :f :read}', 'register'],
  ['an end without a beginning', '{:process 1 :type :ok :f :read}', 'register'],
  [
    'two at a time',
    '{:process 1 :type :invoke :f :read}\n{:process 1 :type :invoke :f :read}',
    'register',
  ],
  [
    'a wrong operation',
    '{:process 1 :type :invoke :f :pop}\n{:process 1 :type :ok :f :pop}',
    'register',
  ],
  [
    'a cas of one value',
    '{:process 1 :type :invoke :f :cas :value 3}\n{:process 1 :type :ok :f :cas}',
    'cas',
  ],
  ['a line that is not JSON', `${operation({})}\n{"client": `, 'kv'],
  ['an unknown outcome', operation({ outcome: 'maybe' }), 'kv'],
  ['a time that is no number', operation({ callAt: 'noon' }), 'kv'],
  ['an end before its beginning', operation({ callAt: 3 }), 'kv'],
  ['an unknown model', operation({}), 'registr'],
])('bad input: %s', async (_, text, model) => {
  expect(await check(text, { model })).toMatchSnapshot();
});
