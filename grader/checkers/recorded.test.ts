import { expect, test } from 'vitest';
import { explainIllegal } from './explain.ts';
import {
  kvKind,
  multiRegisterKind,
  mutexKind,
  type ObjectKind,
  readOperations,
  registerKind,
} from './formats/objects.ts';
import { readHistory } from './formats/read.ts';
import type { Operation } from './history.ts';
import { checkLinearizability, partition } from './linearizability.ts';
import { ETCD_LINEARIZABLE, recorded } from './recorded.ts';
import { whyNotProved } from './verify.ts';

const porcupine = recorded('porcupine');
const knossos = recorded('knossos');
const etcd = registerKind({ initial: null, failedCasSeen: true });

/** The verdict; a certificate is verified on the way. */
function verdict<S, I, O>({ model }: ObjectKind<S, I, O>, operations: Operation<I, O>[]): string {
  const result = checkLinearizability(model, operations);
  if (result.verdict === 'ok') {
    expect(whyNotProved(model, operations, result)).toBeUndefined();
  }
  return result.verdict;
}

test('etcd logs: the verdicts of Porcupine', { timeout: 0 }, () => {
  for (const [path, text] of porcupine) {
    const number = /etcd_(\d+)\.log$/.exec(path)?.[1];
    if (number === undefined) continue;
    const expected = ETCD_LINEARIZABLE.has(number) ? 'ok' : 'illegal';
    expect([path, verdict(etcd, readOperations(etcd, readHistory(text)))]).toEqual([
      path,
      expected,
    ]);
  }
});

test.each([
  ['c01-ok', []],
  ['c01-bad', ['7']],
  ['c10-ok', []],
  ['c10-bad', ['0', '1', '2', '3', '5', '6', '7', '9']],
  ['c50-ok', []],
  ['c50-bad', ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']],
])('key-value log %s: every key is decided', { timeout: 0 }, (name, expected) => {
  const text = porcupine.get(`porcupine/kv/${name}.txt`) ?? '';
  const operations = readOperations(kvKind, readHistory(text));
  const bad: string[] = [];
  for (const [key, part] of partition(kvKind.model, operations)) {
    const outcome = verdict(kvKind, part);
    expect(outcome).not.toBe('undecided');
    if (outcome === 'illegal') bad.push(key);
  }
  expect(bad.sort()).toEqual(expected);
});

test('Knossos: good is good, for one of its initial values, and bad is bad for both', () => {
  for (const [path, text] of knossos) {
    if (!path.includes('cas-register')) continue;
    const raw = readHistory(text);
    const outcomes = [0, null].map((initial) => {
      const kind = registerKind({ initial, failedCasSeen: false });
      return verdict(kind, readOperations(kind, raw));
    });
    const expected = path.includes('/good/') ? 'ok' : 'illegal';
    expect([path, outcomes.includes('ok') ? 'ok' : 'illegal']).toEqual([path, expected]);
  }
});

test('Knossos: a lock that two hold, and two registers', () => {
  const read = (path: string) => readHistory(knossos.get(`knossos/${path}`) ?? '');
  expect(verdict(mutexKind, readOperations(mutexKind, read('mutex/bad/etcd.edn')))).toBe('illegal');
  const two = multiRegisterKind({ x: 0, y: 0 });
  const operations = readOperations(two, read('multi-register/good/multi-register.edn'));
  expect(verdict(two, operations)).toBe('ok');
});

test.each([
  ['porcupine/jepsen/etcd_003.log', etcd],
  ['porcupine/jepsen/etcd_010.log', etcd],
  ['porcupine/kv/c01-bad.txt', kvKind],
  ['porcupine/kv/c50-bad.txt', kvKind],
] as const)('%s is explained', async (path, kind) => {
  const model = kind.model as typeof kvKind.model;
  const read = kind as typeof kvKind;
  const operations = readOperations(read, readHistory(porcupine.get(path) ?? ''));
  const result = checkLinearizability(model, operations);
  if (result.verdict !== 'illegal') throw new Error(result.verdict);
  const told = explainIllegal(model, result.operations, { showTime: (time) => `#${time}` });
  const text = [told.pattern, told.sentence, told.legalIf, ...told.picture, ''].join('\n');
  const name = path.replace(/.*\//, '').replace(/\.\w+$/, '');
  await expect(text).toMatchFileSnapshot(`testdata/explained/${name}.txt`);
  expect(told.picture.length).toBeLessThanOrEqual(25);
  expect(Math.max(...told.picture.map((line) => line.length))).toBeLessThanOrEqual(80);
});
