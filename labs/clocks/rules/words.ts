/** How a story tells what the programs report. A submission may have put anything in there. */
import type { SimulatedLab } from 'faultlab';

interface Told {
  readonly key?: string;
  readonly value?: string;
  readonly at?: number;
  readonly version?: { readonly value?: string; readonly at?: number } | null;
  readonly id?: string;
  readonly kind?: string;
  readonly stamp?: unknown;
  readonly text?: string;
  readonly from?: string;
}

const WHAT: Readonly<Record<string, string>> = {
  local: 'has an event',
  send: 'sends a message',
  receive: 'receives a message',
};

/** `time 4`, `{l1 2, l2 1}`, `00:00:01.204+3`. */
export function stampWords(stamp: unknown): string {
  if (stamp === 'refused') return 'refused';
  if (typeof stamp !== 'object' || stamp === null) return String(stamp);
  const { time, wallMs, logical } = stamp as Record<string, number>;
  if (time !== undefined) return `time ${time}`;
  if (wallMs !== undefined) return `${timeOfDay(wallMs)}+${logical}`;
  return vectorWords(stamp as Record<string, number>);
}

/** `{v1 2, v2 1}`. */
export const vectorWords = (vector: Readonly<Record<string, number>>): string =>
  `{${Object.entries(vector)
    .map(([node, count]) => `${node} ${count}`)
    .join(', ')}}`;

/** `00:00:01.204`, of milliseconds since 1970. */
export function timeOfDay(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().slice(11, 23);
}

export const outputWords: NonNullable<SimulatedLab['outputWords']> = {
  happened(value) {
    const { id, kind = '', stamp } = (value ?? {}) as Told;
    return `${WHAT[kind]}: ${id}, ${stampWords(stamp)}`;
  },
  remembered: (value) => `still has ${stampWords((value as Told | null)?.stamp)}`,
  sorted: () => 'has sorted all events',
  compared: () => 'has compared all events',
  burst: (value) => `had many events, the last ${stampWords((value as Told | null)?.stamp)}`,
  notAscending: () => 'had an event with a stamp that is not above the one before',
  wants: () => 'asks for the mutex',
  enters: () => 'enters',
  leaves: () => 'leaves',
  broadcasts: (value) => `broadcasts "${value}"`,
  delivers(value) {
    const { text, from } = (value ?? {}) as Told;
    return `delivers "${text}" from ${from}`;
  },
  begins(value) {
    const { key, value: written } = (value ?? {}) as Told;
    return `begins to commit ${key}=${written}`;
  },
  commits: (value) => `has committed, at ${timeOfDay(Number((value as Told | null)?.at))}`,
  reads(value) {
    const { key, at } = (value ?? {}) as Told;
    return `reads ${key}${at === undefined ? '' : ` as of ${timeOfDay(at)}`}`;
  },
  sees(value) {
    const { version } = (value ?? {}) as Told;
    return `sees ${version?.value ?? 'nothing'}`;
  },
};
