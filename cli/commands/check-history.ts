/** `lab check-history FILE --model M`: judges a history that anybody recorded. */
import { readFileSync } from 'node:fs';
import { explainIllegal } from '../../grader/checkers/explain.ts';
import { HistoryError } from '../../grader/checkers/formats/events.ts';
import {
  kvKind,
  mutexKind,
  type ObjectKind,
  readOperations,
  registerKind,
} from '../../grader/checkers/formats/objects.ts';
import { readHistory } from '../../grader/checkers/formats/read.ts';
import { checkLinearizability } from '../../grader/checkers/linearizability.ts';
import { plural, wrap } from '../../grader/report/terminal.ts';
import { UsageError } from '../errors.ts';
import type { Ui } from '../ui.ts';

export interface CheckHistoryOptions {
  readonly model: string;
  readonly initial?: string;
  readonly json?: boolean;
}

/** In logs of etcd a compare-and-set that fails has seen another value; elsewhere it has not happened. */
const isEtcdLog = (text: string) => /^INFO\b/m.test(text.slice(0, 2000));

const MODELS = ['kv', 'register', 'cas', 'mutex'];

export async function checkHistory(
  ui: Ui,
  file: string,
  { model, initial, json }: CheckHistoryOptions,
): Promise<number> {
  const text = readText(file);
  if (model === 'kv') return judge(ui, file, text, kvKind, json);
  if (model === 'mutex') return judge(ui, file, text, mutexKind, json);
  if (model === 'register' || model === 'cas') {
    const failedCasSeen = isEtcdLog(text);
    const kind = registerKind({ initial: initialOf(initial), failedCasSeen });
    return judge(ui, file, text, kind, json);
  }
  const what = `there is no model ${JSON.stringify(model)}`;
  throw new UsageError({ what, value: model, allowed: MODELS, todo: 'give one of these' });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const what = `${JSON.stringify(file)} ${isMissing ? 'is not there' : 'cannot be read'}`;
    throw new UsageError({ what, todo: 'give the file of a history' });
  }
}

/** `nil` or nothing, a number, or a text. */
function initialOf(text = 'nil'): unknown {
  if (text === 'nil' || text === 'null') return null;
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function judge<State, Input, Output>(
  ui: Ui,
  file: string,
  text: string,
  kind: ObjectKind<State, Input, Output>,
  json = false,
): number {
  const { model } = kind;
  const operations = read(file, text, kind);
  const result = checkLinearizability(model, operations);
  const { verdict, steps } = result;
  if (verdict === 'illegal') {
    const isLog = operations.every(({ callAt }) => Number.isInteger(callAt));
    const showTime = isLog ? (time: number) => `#${time + 1}` : String;
    const told = explainIllegal(model, result.operations, { showTime });
    const { pattern, sentence, legalIf, core } = told;
    if (json) {
      const lines = core.operations.map(({ line }) => line);
      ui.out(
        JSON.stringify({ verdict, key: result.key, pattern, sentence, legalIf, lines }, null, 2),
      );
      return 1;
    }
    const key = result.key === '' ? '' : ` (key ${result.key})`;
    ui.out(`✗ not linearizable${key}`, ...wrap(sentence, 78).map((line) => `  ${line}`), '');
    ui.out(...told.picture.map((line) => `  ${line}`.trimEnd()), '');
    if (legalIf !== undefined) ui.out(`  It would be ${legalIf}.`);
    if (isLog) ui.out('  Times are events of the file, counted from #1.');
    return 1;
  }
  if (json) {
    ui.out(JSON.stringify({ verdict, operations: operations.length, steps }, null, 2));
    return verdict === 'ok' ? 0 : 3;
  }
  if (verdict === 'ok') {
    const keys = result.orders.size;
    const of = keys > 1 ? ` on ${keys} keys` : '';
    ui.out(`✓ linearizable: ${plural(operations.length, 'operation')}${of}, ${steps} steps`);
    return 0;
  }
  const { key, operations: count, concurrency } = result;
  const where = key === '' ? '' : `key ${key}: `;
  const why = `${where}${count} operations, up to ${concurrency} at a time, were not decided in ${steps} steps. Unique values, and fewer operations without an answer, make it easier.`;
  ui.out('? undecided', ...wrap(why, 78).map((line) => `  ${line}`));
  return 3;
}

function read<State, Input, Output>(
  file: string,
  text: string,
  kind: ObjectKind<State, Input, Output>,
) {
  try {
    return readOperations(kind, readHistory(text));
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    const what = `${file}:${error.line}: ${error.message}`;
    throw new UsageError({ what, todo: 'mend this line, or choose another --model' });
  }
}
