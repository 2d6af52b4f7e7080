/** `lab check-history FILE --model M`: judges a history, wherever it was recorded. */
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
import { readTransactions } from '../../grader/checkers/formats/transactions.ts';
import { checkLinearizability } from '../../grader/checkers/linearizability.ts';
import { checkSequential } from '../../grader/checkers/sequential.ts';
import {
  checkListAppend,
  checkRwRegister,
  LEVELS,
  MalformedHistory,
} from '../../grader/checkers/transactions/check.ts';
import { tellTransactions } from '../../grader/checkers/transactions/tell.ts';
import { checkWeak } from '../../grader/checkers/weak/check.ts';
import { WEAK_MODELS, type WeakModel } from '../../grader/checkers/weak/models.ts';
import { stalenessOf } from '../../grader/checkers/weak/staleness.ts';
import { plural, wrap } from '../../grader/report/terminal.ts';
import { UsageError } from '../errors.ts';
import type { Ui } from '../ui.ts';

export interface CheckHistoryOptions {
  readonly model: string;
  /** Default: the strongest level of the model. */
  readonly consistency?: string;
  readonly initial?: string;
  readonly json?: boolean;
}

/** In etcd logs, a failed compare-and-set has seen another value; elsewhere, it has not happened. */
const isEtcdLog = (text: string) => /^INFO\b/m.test(text.slice(0, 2000));

const OBJECTS = ['kv', 'register', 'cas', 'mutex'];
const TRANSACTIONS = ['list-append', 'rw-register'];
const MODELS = [...OBJECTS, ...TRANSACTIONS];
const OF_OBJECTS = ['linearizable', 'sequential'] as const;

export async function checkHistory(
  ui: Ui,
  file: string,
  { model, consistency, initial, json = false }: CheckHistoryOptions,
): Promise<number> {
  if (!MODELS.includes(model)) {
    const what = `there is no model ${JSON.stringify(model)}`;
    throw new UsageError({ what, value: model, allowed: MODELS, todo: 'give one of these' });
  }
  const text = readText(file);
  if (TRANSACTIONS.includes(model)) {
    const isList = model === 'list-append';
    const weak = Object.keys(WEAK_MODELS) as WeakModel[];
    const level = oneOf([...LEVELS.toReversed(), ...weak], consistency);
    if (isWeak(level)) return judgeWeak(ui, file, text, { isList, model: level, json });
    return judgeTransactions(ui, file, text, { isList, level, json });
  }
  const judge = oneOf(OF_OBJECTS, consistency) === 'sequential' ? judgeSequential : judgeLinear;
  if (model === 'kv') return judge(ui, file, text, kvKind, json);
  if (model === 'mutex') return judge(ui, file, text, mutexKind, json);
  const kind = registerKind({ initial: initialOf(initial), failedCasSeen: isEtcdLog(text) });
  return judge(ui, file, text, kind, json);
}

/** The first of `levels` unless one is asked for. */
function oneOf<Level extends string>(levels: readonly Level[], consistency?: string): Level {
  const level = levels.find((name) => name === (consistency ?? levels[0]));
  if (level !== undefined) return level;
  const what = `this model is not judged by consistency ${JSON.stringify(consistency)}`;
  const todo = 'give one of these as --consistency, or another --model';
  throw new UsageError({ what, value: consistency as string, allowed: levels, todo });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const what = `${JSON.stringify(file)} ${isMissing ? 'does not exist' : 'cannot be read'}`;
    throw new UsageError({ what, todo: 'give the file of a history' });
  }
}

/** `nil` or nothing, a number, or a string. */
function initialOf(text = 'nil'): unknown {
  if (text === 'nil' || text === 'null') return null;
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function judgeLinear<State, Input, Output>(
  ui: Ui,
  file: string,
  text: string,
  kind: ObjectKind<State, Input, Output>,
  json: boolean,
): number {
  const { model } = kind;
  const operations = read(file, () => readOperations(kind, readHistory(text)));
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
  const why = `${where}${count} operations, up to ${concurrency} concurrent, were not decided in ${steps} steps. Unique values and fewer unanswered operations make it easier.`;
  ui.out('? undecided', ...wrap(why, 78).map((line) => `  ${line}`));
  return 3;
}

function judgeSequential<State, Input, Output>(
  ui: Ui,
  file: string,
  text: string,
  kind: ObjectKind<State, Input, Output>,
  json: boolean,
): number {
  const operations = read(file, () => readOperations(kind, readHistory(text)));
  const result = checkSequential(kind.model, operations);
  const { verdict } = result;
  const count = plural(operations.length, 'operation');
  if (json) ui.out(JSON.stringify({ verdict, operations: operations.length }, null, 2));
  else if (verdict === 'ok') ui.out(`✓ sequentially consistent: ${count}`);
  else if (verdict === 'illegal') {
    const why = `No order of the ${count} explains every answer and keeps the order of each client; ${result.steps} steps were tried.`;
    ui.out('✗ not sequentially consistent', ...wrap(why, 78).map((line) => `  ${line}`));
  } else {
    const why = `${count} were not decided in ${result.steps} steps. The search is exponential in the number of clients.`;
    ui.out('? undecided', ...wrap(why, 78).map((line) => `  ${line}`));
  }
  return EXIT[verdict];
}

const EXIT = { ok: 0, illegal: 1, violated: 1, undecided: 3 } as const;
const MARK = { ok: '✓', violated: '✗', undecided: '?' } as const;

function judgeTransactions(
  ui: Ui,
  file: string,
  text: string,
  { isList, level, json }: { isList: boolean; level: (typeof LEVELS)[number]; json: boolean },
): number {
  const check = isList ? checkListAppend : checkRwRegister;
  const result = read(file, () => check(readTransactions(readHistory(text)), { level }));
  const { verdict, transactions, ruledOut, holds, undecided, anomalies, history } = result;
  if (json) {
    const found = anomalies.map(({ name, times, transactions: ids }) => ({
      name,
      times,
      lines: ids.map((t) => history[t]?.line),
    }));
    const told = { verdict, level, transactions, ruledOut, holds, undecided: undecided.levels };
    ui.out(JSON.stringify({ ...told, anomalies: found }, null, 2));
  } else {
    const [first = '', ...rest] = tellTransactions(result);
    ui.out(`${MARK[verdict]} ${first}`, ...rest);
  }
  return EXIT[verdict];
}

const isWeak = (level: string): level is WeakModel => level in WEAK_MODELS;

function judgeWeak(
  ui: Ui,
  file: string,
  text: string,
  { isList, model, json }: { isList: boolean; model: WeakModel; json: boolean },
): number {
  const write = isList ? 'append' : 'w';
  const history = read(file, () => readTransactions(readHistory(text)));
  const result = read(file, () => checkWeak(history, { model, write }));
  const { verdict, transactions, story, involved } = result;
  const staleness = isList ? undefined : stalenessOf(history);
  if (json) {
    const lines = involved.map((t) => history[t]?.line);
    const { reads, stale, versionsMax, timeMax } = staleness ?? {};
    const behind = { reads, stale: stale?.length, versionsMax, timeMax };
    ui.out(
      JSON.stringify({ verdict, model, transactions, lines, story, staleness: behind }, null, 2),
    );
    return EXIT[verdict];
  }
  const head = `${verdict === 'ok' ? 'keeps' : 'breaks'} ${model.replaceAll('-', ' ')}: ${WEAK_MODELS[model].promise}`;
  ui.out(...wrap(`${MARK[verdict]} ${plural(transactions, 'transaction')}: ${head}`, 80));
  ui.out(...story.flatMap((sentence) => wrap(sentence, 78).map((line) => `  ${line}`)));
  if (staleness !== undefined && staleness.stale.length > 0) {
    const { reads, stale, versionsMax, timeMax } = staleness;
    const told = `${stale.length} of ${plural(reads, 'read')} stale, by at most ${plural(versionsMax, 'version')} and ${timeMax} in time.`;
    ui.out(...wrap(told, 78).map((line) => `  ${line}`));
  }
  return EXIT[verdict];
}

/** Whatever is wrong with the text is reported with its file and line. */
function read<Result>(file: string, of: () => Result): Result {
  try {
    return of();
  } catch (error) {
    const isHistory = error instanceof HistoryError || error instanceof MalformedHistory;
    if (!isHistory) throw error;
    const where = error instanceof HistoryError ? `${file}:${error.line}` : file;
    const todo = 'fix this line, or choose another --model';
    throw new UsageError({ what: `${where}: ${error.message}`, todo });
  }
}
