/** For tests: small histories as text. */
import type { MicroOperation, TransactionHistory } from './columns.ts';

/**
 * "c1 r x 1, w y 2" is a transaction of client c1. Each line begins after the one before has ended, or,
 * led by "|", together with it. "c1!" is a transaction that failed, "c1?" one without an answer, "c1~" a
 * slow one; lists are written 1.2.3.
 */
export function parse(text: string, isList: boolean): TransactionHistory {
  let now = 0;
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [, together, client = '', mark = '', rest = ''] =
        /^\s*(\|?)\s*(\w+)([!?~]?) (.*)$/.exec(line) ?? [];
      if (together === '') now += 10;
      const micros = rest.split(', ').map((part): MicroOperation => {
        const [f = '', key = '', value] = part.split(' ');
        if (f !== 'r') return [f, key, Number(value)];
        if (isList) return [f, key, value === undefined ? [] : value.split('.').map(Number)];
        return [f, key, value === undefined ? null : Number(value)];
      });
      const outcome = mark === '!' ? 'fail' : mark === '?' ? 'unknown' : 'ok';
      return {
        client,
        input: micros,
        ...(outcome === 'ok' ? { output: micros } : {}),
        outcome,
        callAt: now + 1,
        returnAt: outcome === 'unknown' ? Number.POSITIVE_INFINITY : now + (mark === '~' ? 50 : 5),
      };
    });
}
