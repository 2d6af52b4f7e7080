/**
 * Whether some order of the transactions, run one by one, explains every read: decided by the searches
 * for linearizability and sequential consistency, with all registers together as the object. For
 * histories whose versions no read puts in order; exponential at worst, so it may give up.
 */
import type { Operation } from '../history.ts';
import { checkLinearizability } from '../linearizability.ts';
import { type MultiRegisterInput, multiRegister } from '../models.ts';
import { checkSequential } from '../sequential.ts';
import type { Columns } from './columns.ts';
import type { Order } from './levels.ts';

const TRANSACTIONS_MAX = 2_000;
const STEPS_MAX = 50_000;

type MultiRegisterOperation = Operation<MultiRegisterInput, readonly unknown[]>;

/** @param counts transaction → 1 when it took effect */
export function hasSerialOrder(
  columns: Columns,
  counts: Uint8Array,
  order: Order,
): 'yes' | 'no' | 'unknown' {
  if (columns.count > TRANSACTIONS_MAX) return 'unknown';
  const initial = Object.fromEntries(columns.keys.map((_, k) => [k, null]));
  const model = multiRegister(initial);
  const operations = operationsOf(columns, counts);
  const limits = { stepsMax: STEPS_MAX };
  if (order === 'realtime') {
    const result = checkLinearizability(model, operations, limits);
    if (result.verdict !== 'ok') return result.verdict === 'illegal' ? 'no' : 'unknown';
    return [...result.orders.values()].every(keepsSessions) ? 'yes' : 'unknown';
  }
  const alone = (operation: MultiRegisterOperation, i: number) => ({
    ...operation,
    client: `${i}`,
  });
  const asked = order === 'none' ? operations.map(alone) : operations;
  const result = checkSequential(model, asked, limits);
  if (result.verdict !== 'ok') return result.verdict === 'illegal' ? 'no' : 'unknown';
  return keepsSessions(result.order) ? 'yes' : 'unknown';
}

function operationsOf(columns: Columns, counts: Uint8Array): MultiRegisterOperation[] {
  const { history, count, start, writes, key, value } = columns;
  const operations: MultiRegisterOperation[] = [];
  for (let t = 0; t < count; t++) {
    if (counts[t] === 0) continue;
    const input: MultiRegisterInput[number][] = [];
    const output: unknown[] = [];
    for (let row = start[t]!; row < start[t + 1]!; row++) {
      const name = String(key[row]);
      const isWrite = writes[row] === 1;
      input.push(
        isWrite ? { kind: 'write', key: name, value: value[row] } : { kind: 'read', key: name },
      );
      output.push(isWrite ? null : (value[row] ?? null));
    }
    const { client, outcome, callAt, returnAt } = history[t]!;
    operations.push({ client, outcome, callAt, returnAt, line: t, input, output });
  }
  return operations;
}

/**
 * Neither search keeps all of the order of sessions: to one, calls and returns at the same instant are
 * concurrent; to the other, whatever has no answer. `line` is the index of the transaction here.
 */
function keepsSessions(order: readonly MultiRegisterOperation[]): boolean {
  const latest = new Map<string, MultiRegisterOperation>();
  return order.every((operation) => {
    const { client, outcome, callAt, line } = operation;
    const before = latest.get(client);
    const isLater =
      before === undefined ||
      callAt > before.callAt ||
      (callAt === before.callAt && line! > before.line!);
    if (isLater) latest.set(client, operation);
    return isLater || outcome !== 'ok';
  });
}
