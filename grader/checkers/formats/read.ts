/**
 * Reads a recorded history, whoever recorded it: Jepsen's EDN or JSON (a vector, or one map per line),
 * Porcupine's logs of etcd, and our own JSON lines. The beginning of the text tells the format.
 */
import { EdnError, readEdn } from './edn.ts';
import { HistoryError, type LogEvent, pairEvents, type RawOperation } from './events.ts';

/** @throws {HistoryError} with the line, what is there, and what was expected */
export function readHistory(text: string): RawOperation[] {
  const start = text.replace(/^(\s|,|;.*)*/, '').slice(0, 200);
  if (start === '') throw new HistoryError(1, 'the file is empty; expected one operation per line');
  if (/^INFO\b/.test(start)) return pairEvents(readEtcdLog(text));
  if (/^[[(]?\s*\{\s*:/.test(start)) return pairEvents(readJepsenEdn(text));
  if (/^\[?\s*\{\s*"/.test(start)) return readJson(text);
  const line = (start.split('\n')[0] ?? '').slice(0, 60);
  throw new HistoryError(
    1,
    `"${line}" is not the beginning of a known format; expected JSON lines, Jepsen's EDN or JSON, or an etcd log`,
  );
}

function readJepsenEdn(text: string): LogEvent[] {
  try {
    return readEdn(text).flatMap(({ value, line }) => {
      const maps = Array.isArray(value) ? value : [value];
      return maps.flatMap((map, i) => eventOf(map, Array.isArray(value) ? line + i : line));
    });
  } catch (error) {
    if (error instanceof EdnError) throw new HistoryError(error.line, error.message);
    throw error;
  }
}

/** No event for what no client did, such as the nemesis. */
function eventOf(map: unknown, line: number): LogEvent[] {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new HistoryError(line, `${show(map)} is not a map with :type, :f and :value`);
  }
  const { type, process = 0, f = 'txn', value = null, key } = map as Record<string, unknown>;
  if (process === 'nemesis') return [];
  if (typeof type !== 'string') throw new HistoryError(line, `${show(map)} has no :type`);
  return [
    {
      line,
      type,
      process: `p${process}`,
      f: String(f),
      value,
      ...(key === undefined ? {} : { key: String(key) }),
    },
  ];
}

function readJson(text: string): RawOperation[] {
  const maps: { map: unknown; line: number }[] = [];
  const parse = (part: string, line: number): unknown => {
    try {
      return JSON.parse(part);
    } catch {
      throw new HistoryError(line, `${show(part)} is not JSON`);
    }
  };
  if (text.trimStart().startsWith('[')) {
    const all = parse(text, 1);
    for (const [i, map] of (all as unknown[]).entries()) maps.push({ map, line: i + 1 });
  } else {
    for (const [i, line] of text.split('\n').entries()) {
      if (line.trim() !== '') maps.push({ map: parse(line, i + 1), line: i + 1 });
    }
  }
  const [first] = maps;
  const isOurs = typeof first?.map === 'object' && first.map !== null && 'callAt' in first.map;
  if (isOurs) return maps.map(({ map, line }) => ownOperation(map, line));
  return pairEvents(maps.flatMap(({ map, line }) => eventOf(map, line)));
}

/**
 * Our JSON lines, one operation per line: `client`, `f`, `key` (if any), `asked`, `answered`, `outcome`
 * (`ok`, `fail` or `unknown`), `callAt`, `returnAt` (null while unknown).
 */
function ownOperation(map: unknown, line: number): RawOperation {
  const { client, f, key, asked, answered, outcome, callAt, returnAt } = (map ?? {}) as Record<
    string,
    unknown
  >;
  const demand = (holds: boolean, name: string, value: unknown, expected: string) => {
    if (holds) return;
    throw new HistoryError(line, `"${name}" is ${show(value)}; expected ${expected}`);
  };
  demand(typeof client === 'string', 'client', client, 'a string');
  demand(typeof f === 'string', 'f', f, 'what was done, such as "get"');
  const outcomes = ['ok', 'fail', 'unknown'];
  demand(outcomes.includes(outcome as string), 'outcome', outcome, outcomes.join(', '));
  demand(typeof callAt === 'number', 'callAt', callAt, 'a number');
  const isOpen = outcome === 'unknown';
  demand(isOpen || typeof returnAt === 'number', 'returnAt', returnAt, 'a number');
  demand(
    isOpen || (returnAt as number) >= (callAt as number),
    'returnAt',
    returnAt,
    `a number of at least callAt, ${callAt}`,
  );
  return {
    line,
    client: client as string,
    f: f as string,
    ...(key === undefined ? {} : { key: String(key) }),
    asked,
    answered,
    outcome: outcome as RawOperation['outcome'],
    callAt: callAt as number,
    returnAt: isOpen ? Number.POSITIVE_INFINITY : (returnAt as number),
  };
}

/** Writes our JSON lines. */
export function writeHistory(operations: readonly RawOperation[]): string {
  return operations
    .map(({ line: _, returnAt, ...rest }) => {
      const finite = Number.isFinite(returnAt) ? returnAt : null;
      return `${JSON.stringify({ ...rest, returnAt: finite })}\n`;
    })
    .join('');
}

/** `INFO  jepsen.util - 4  :ok  :cas  [1 2]`; all other lines are not events. */
function readEtcdLog(text: string): LogEvent[] {
  const events: LogEvent[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const match = /^INFO\s+jepsen\.util - (\d+)\s+:(\w+)\s+:(\w+)\s+(.*)$/.exec(line.trim());
    if (match === null) continue;
    const [, process = '', type = '', f = '', value = ''] = match;
    events.push({
      line: i + 1,
      type,
      process: `p${process}`,
      f,
      value: readEdn(value)[0]?.value ?? null,
    });
  }
  return events;
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
