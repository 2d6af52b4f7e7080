/**
 * How stale the values are that reads of registers return: how many newer ones had been acknowledged when
 * the read began, and for how long. "Newer" is only what is certain to be: written by a transaction that
 * began after the writer of the returned value had been answered. A lost acknowledged write shows as a
 * stale read once nothing changes any more.
 */
import type { TransactionHistory } from '../transactions/columns.ts';
import { INITIAL, readsOf } from './reads.ts';

export interface StaleRead {
  /** Index into the history. */
  readonly reader: number;
  readonly key: string | number;
  /** Newer values that had been acknowledged before it began. */
  readonly versions: number;
  /** For how long the first of them had been acknowledged, in the history's unit of time. */
  readonly time: number;
}

export interface Staleness {
  /** Reads of what other transactions wrote, or of the initial value. */
  readonly reads: number;
  readonly stale: readonly StaleRead[];
  /** How far behind the worst reads were. */
  readonly versionsMax: number;
  readonly timeMax: number;
}

/** @throws MalformedHistory naming the line */
export function stalenessOf(history: TransactionHistory): Staleness {
  const { columns, of, writes } = readsOf(history, 'w');
  /** key → its acknowledged writers, by the time of the acknowledgement */
  const writers: number[][] = columns.keys.map(() => []);
  for (const [t, keys] of writes.entries())
    if (history[t]!.outcome === 'ok') for (const key of keys) writers[key]!.push(t);
  for (const list of writers) list.sort((a, b) => history[a]!.returnAt - history[b]!.returnAt);

  const stale: StaleRead[] = [];
  let reads = 0;
  for (const [reader, list] of of.entries())
    for (const { key, from } of list) {
      reads++;
      const { callAt } = history[reader]!;
      const since = from === INITIAL ? Number.NEGATIVE_INFINITY : history[from]!.returnAt;
      let versions = 0;
      let first = Number.POSITIVE_INFINITY;
      for (const writer of writers[key]!) {
        const { callAt: began, returnAt: acknowledged } = history[writer]!;
        if (acknowledged >= callAt) break;
        if (writer === from || writer === reader || began <= since) continue;
        versions++;
        first = Math.min(first, acknowledged);
      }
      if (versions > 0)
        stale.push({ reader, key: columns.keys[key]!, versions, time: callAt - first });
    }
  return {
    reads,
    stale,
    versionsMax: Math.max(0, ...stale.map(({ versions }) => versions)),
    timeMax: Math.max(0, ...stale.map(({ time }) => time)),
  };
}
