/**
 * Histories as logs of events, as Jepsen and Porcupine record them: an `invoke`, later an `ok`, `fail`
 * or `info` of the same process. Paired here, whatever object they act on.
 */
import type { Outcome } from '../history.ts';

export interface LogEvent {
  /** Its line in the file, counted from 1. */
  readonly line: number;
  readonly type: string;
  readonly process: string;
  /** What is done: `read`, `append`, `txn` … */
  readonly f: string;
  readonly value: unknown;
  readonly key?: string;
}

/** An operation whose values have not been given a meaning yet. */
export interface RawOperation {
  readonly line: number;
  readonly client: string;
  readonly f: string;
  readonly key?: string;
  /** What was asked. */
  readonly asked: unknown;
  /** What came back; meaningful for `ok` only. */
  readonly answered: unknown;
  readonly outcome: Outcome;
  readonly callAt: number;
  readonly returnAt: number;
}

/** A history that cannot be read: what, where, and what was expected. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const TYPES = ['invoke', 'ok', 'fail', 'info'];

/**
 * Pairs events by process; time is the number of the event. After an `info` the operation stays open
 * for ever, as does one without an end. @throws {HistoryError}
 */
export function pairEvents(events: readonly LogEvent[]): RawOperation[] {
  const open = new Map<string, { event: LogEvent; callAt: number }>();
  const done: RawOperation[] = [];
  const finish = (
    { event, callAt }: { event: LogEvent; callAt: number },
    outcome: Outcome,
    end?: { event: LogEvent; at: number },
  ) => {
    done.push({
      line: event.line,
      client: event.process,
      f: event.f,
      ...(event.key === undefined ? {} : { key: event.key }),
      asked: event.value,
      answered: end?.event.value,
      outcome,
      callAt,
      returnAt: outcome === 'unknown' ? Number.POSITIVE_INFINITY : (end?.at ?? callAt),
    });
  };
  for (const [at, event] of events.entries()) {
    const { type, process, line } = event;
    if (!TYPES.includes(type)) {
      throw new HistoryError(line, `the type is "${type}"; expected ${TYPES.join(', ')}`);
    }
    const call = open.get(process);
    if (type === 'invoke') {
      if (call !== undefined) {
        const since = `line ${call.event.line}`;
        throw new HistoryError(line, `process ${process} begins, but has been busy since ${since}`);
      }
      open.set(process, { event, callAt: at });
      continue;
    }
    if (call === undefined) {
      if (type === 'info') continue; // a remark of the test itself
      throw new HistoryError(
        line,
        `process ${process} ends (${type}) an operation that it never began`,
      );
    }
    open.delete(process);
    if (type === 'info') finish(call, 'unknown');
    else finish(call, type === 'ok' ? 'ok' : 'fail', { event, at });
  }
  for (const call of open.values()) finish(call, 'unknown');
  return done.sort((a, b) => a.callAt - b.callAt);
}
