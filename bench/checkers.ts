/**
 * ▲ Linearizability against Porcupine (Go), in CPU time, medians: all etcd logs ≤ 0.25 ×, the history
 * c50-ok ≤ 0.5 ×, every key of c50-bad decided in < 200 ms; a grading history of 20,000 operations
 * ≤ 0.2 s. Go's times were measured on another machine, beside a plain search in JavaScript; the
 * same plain search, run here, shows how much slower or faster this machine is.
 * Run: npm run bench -- checkers
 */
import { kvKind, readOperations, registerKind } from '../grader/checkers/formats/objects.ts';
import { readHistory } from '../grader/checkers/formats/read.ts';
import type { Operation } from '../grader/checkers/history.ts';
import { checkLinearizability, partition } from '../grader/checkers/linearizability.ts';
import { type Model, versionedKv } from '../grader/checkers/models.ts';
import { recorded } from '../grader/checkers/recorded.ts';

/** Milliseconds on the machine where Go and the plain search were measured side by side. */
const THERE = { goEtcd: 395.4, plainEtcd: 279.9, goC50Ok: 185.5 };

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Median CPU time of some runs, in milliseconds; the first warms up. */
function median(run: () => void, times = 9): number {
  run();
  const all = Array.from({ length: times }, () => {
    const before = cpuMs();
    run();
    return cpuMs() - before;
  });
  return all.sort((a, b) => a - b)[times >> 1] ?? Number.NaN;
}

/** The search without reads, twins and look-ahead: every operation is of its own kind. */
function plainly<S, I extends object, O>(model: Model<S, I, O>, all: readonly Operation<I, O>[]) {
  const { isRead: _, lookAhead: __, ...plain } = model;
  return [plain, all.map((o, i) => ({ ...o, input: { ...o.input, i } }))] as const;
}

const text = recorded('porcupine');
const etcd = registerKind({ initial: null, failedCasSeen: true });
const logs = [...text]
  .filter(([path]) => path.includes('/jepsen/'))
  .map(([, log]) => readOperations(etcd, readHistory(log)));
const kvLog = (name: string) =>
  readOperations(kvKind, readHistory(text.get(`porcupine/kv/${name}.txt`) ?? ''));

const plainLogs = logs.map((log) => plainly(etcd.model, log));
const plainMs = median(() => {
  for (const [model, log] of plainLogs) checkLinearizability(model, log, { stepsMax: 1e8 });
}, 5);
const scale = plainMs / THERE.plainEtcd;
const etcdMs = median(() => {
  for (const log of logs) checkLinearizability(etcd.model, log);
});
const ok = kvLog('c50-ok');
const okMs = median(() => checkLinearizability(kvKind.model, ok));
const ratio = (ms: number, go: number) => `${(ms / (go * scale)).toFixed(2)} × Go`;
console.log(`plain search         ${plainMs.toFixed(0)} ms, ${scale.toFixed(2)} × the time there`);
console.log(
  `etcd, 60 logs        ${etcdMs.toFixed(1)} ms, ${ratio(etcdMs, THERE.goEtcd)}   (bar 0.25)`,
);
console.log(
  `c50-ok               ${okMs.toFixed(1)} ms, ${ratio(okMs, THERE.goC50Ok)}   (bar 0.5)`,
);

let slowest = 0;
for (const [key, part] of partition(kvKind.model, kvLog('c50-bad'))) {
  const { verdict } = checkLinearizability(kvKind.model, part);
  if (verdict !== 'illegal') throw new Error(`key ${key} of c50-bad: ${verdict}`);
  slowest = Math.max(
    slowest,
    median(() => checkLinearizability(kvKind.model, part), 3),
  );
}
console.log(`c50-bad, each key    ${slowest.toFixed(1)} ms at most, all decided   (bar 200 ms)`);

/** Twenty clients on five keys: half gets, half puts that succeed or not. */
function gradingHistory(size: number) {
  const state = new Map<string, { value: string; version: number }>();
  return Array.from({ length: size }, (_, i) => {
    const key = `k${i % 5}`;
    const now = state.get(key) ?? { value: '', version: 0 };
    const at = { client: `c${i % 20}`, outcome: 'ok' as const, callAt: i, returnAt: i + 15 };
    if (i % 2 === 0) {
      const output = now.version
        ? { ok: true as const, ...now }
        : { ok: false as const, error: 'no-key' };
      return { ...at, input: { kind: 'get' as const, key }, output };
    }
    const value = `v${i}`;
    state.set(key, { value, version: now.version + 1 });
    const input = { kind: 'put' as const, key, value, version: now.version };
    return { ...at, input, output: { ok: true as const, version: now.version + 1 } };
  });
}
const grading = gradingHistory(20_000);
const gradingMs = median(() => {
  const { verdict } = checkLinearizability(versionedKv, grading);
  if (verdict !== 'ok') throw new Error(verdict);
}, 5);
console.log(`20,000 operations    ${gradingMs.toFixed(0)} ms   (bar 200 ms)`);
