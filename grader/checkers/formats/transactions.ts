/**
 * From recorded operations to transactions: Jepsen's `[[:append 3 1] [:r 4 nil]]`, and single reads and
 * writes of keys, which are transactions of one micro-operation.
 */
import type { MicroOperation, Transaction, TransactionHistory } from '../transactions/columns.ts';
import { HistoryError, type RawOperation } from './events.ts';

/** How histories spell a micro-operation. */
const NAMES: Readonly<Record<string, string>> = {
  r: 'r',
  read: 'r',
  get: 'r',
  w: 'w',
  write: 'w',
  put: 'w',
  append: 'append',
};

/** @throws {HistoryError} */
export function readTransactions(raw: readonly RawOperation[]): TransactionHistory {
  return raw.map((operation) => {
    const { client, outcome, callAt, returnAt, line } = operation;
    const input = transactionOf(operation, operation.asked);
    const output = outcome === 'ok' ? answerOf(operation, input) : undefined;
    const base = { client, input, outcome, callAt, returnAt, line };
    return output === undefined ? base : { ...base, output };
  });
}

function transactionOf({ f, key, line }: RawOperation, value: unknown): Transaction {
  if (f !== 'txn') return [[nameOf(f, line), key ?? 'register', value ?? null]];
  if (!Array.isArray(value)) {
    const shown = JSON.stringify(value);
    throw new HistoryError(line, `a transaction is ${shown}; expected [[:r x nil] [:w x 1] …]`);
  }
  return value.map((micro): MicroOperation => {
    const isMicro = Array.isArray(micro) && micro.length >= 2 && micro.length <= 3;
    if (!isMicro) {
      const shown = JSON.stringify(micro);
      throw new HistoryError(
        line,
        `a micro-operation is ${shown}; expected [:r x nil] or [:w x 1]`,
      );
    }
    return [nameOf(String(micro[0]), line), micro[1], micro[2] ?? null];
  });
}

/** A write is answered by nothing, or by itself. */
function answerOf(operation: RawOperation, input: Transaction): Transaction {
  if (operation.f === 'txn') return transactionOf(operation, operation.answered);
  const [[f, key]] = input as readonly [MicroOperation];
  return f === 'r' ? [[f, key, operation.answered ?? null]] : input;
}

function nameOf(f: string, line: number): string {
  const name = NAMES[f];
  if (name !== undefined) return name;
  const known = Object.keys(NAMES).join(', ');
  throw new HistoryError(line, `the operation is "${f}"; expected txn, ${known}`);
}
