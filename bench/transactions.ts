/**
 * ▲ Transactions of appends and of registers against strict serializability, real time included:
 * ≥ 200,000 transactions per CPU second, and the same from 100,000 to 1,000,000 transactions (linear).
 * Strictly serializable histories of 20 clients, up to four micro-operations, 32 writes to a key; then
 * the same with one stale read in a thousand. Run: npm run bench -- transactions
 */
import {
  checkListAppend,
  checkRwRegister,
  type TransactionHistory,
} from '../grader/checkers/transactions/check.ts';
import type { MicroOperation } from '../grader/checkers/transactions/columns.ts';

const CLIENTS = 20;
const WRITES_PER_KEY = 32;
const KEYS_OPEN = 8;

function historyOf(count: number, write: 'append' | 'w', staleShare: number): TransactionHistory {
  let seed = 1;
  const below = (n: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 4294967296) * n);
  };
  const lists = new Map<number, number[]>();
  let firstKey = 0;
  const visible = (list: readonly number[]) =>
    write === 'append' ? [...list] : (list.at(-1) ?? null);
  return Array.from({ length: count }, (_, t) => {
    const micros: MicroOperation[] = [];
    for (let i = 1 + below(4); i > 0; i--) {
      const key = firstKey + below(KEYS_OPEN);
      const list = lists.get(key) ?? [];
      lists.set(key, list);
      const isStale = below(1e6) < staleShare * 1e6;
      const met = micros.some(([, k]) => k === key);
      const read: MicroOperation = ['r', key, visible(isStale && !met ? list.slice(0, -2) : list)];
      if (below(2) === 0) micros.push(read);
      else {
        // Registers are read before they are written.
        if (write === 'w') micros.push(['r', key, visible(list)]);
        list.push(list.length + 1);
        micros.push([write, key, list.length]);
        if (list.length === WRITES_PER_KEY) firstKey++;
      }
    }
    const callAt = t * 10 - below(CLIENTS * 4);
    return {
      client: `c${t % CLIENTS}`,
      input: micros,
      output: micros,
      outcome: 'ok',
      callAt,
      returnAt: t * 10 + 1,
    };
  });
}

const check = { append: checkListAppend, w: checkRwRegister } as const;

for (const write of ['append', 'w'] as const) {
  check[write](historyOf(20_000, write, 0.001));
  const rates = new Map<number, number>();
  for (const [count, staleShare] of [
    [100_000, 0],
    [1_000_000, 0],
    [100_000, 0.001],
  ] as const) {
    const history = historyOf(count, write, staleShare);
    const before = process.cpuUsage();
    const { verdict } = check[write](history);
    const { user, system } = process.cpuUsage(before);
    const rate = count / ((user + system) / 1e6);
    if (staleShare === 0) rates.set(count, rate);
    const expected = staleShare === 0 ? 'ok' : 'violated';
    if (verdict !== expected) throw new Error(`${write} ${count}: ${verdict}, not ${expected}`);
    const name = write === 'append' ? 'list-append' : 'rw-register';
    const stale = staleShare === 0 ? '' : ', stale reads';
    console.log(
      `${name} ${count.toLocaleString('en')}${stale}: ${Math.round(rate / 1000)} k transactions per CPU second   (bar 200)`,
    );
  }
  const ratio = (rates.get(1_000_000) ?? 0) / (rates.get(100_000) ?? 1);
  console.log(
    `  from 100,000 to 1,000,000 the rate is ${ratio.toFixed(2)} × as high   (linear: 1)`,
  );
}
