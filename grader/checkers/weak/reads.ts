/**
 * A history of registers or of lists as reads and writes of transactions: which of them wrote which key,
 * and whose write each read saw last.
 */
import { type Columns, columnsOf, type TransactionHistory } from '../transactions/columns.ts';
import { type Anomaly, Findings } from '../transactions/findings.ts';
import { type Edges, WW } from '../transactions/graph.ts';
import { listOf, listVersions } from '../transactions/list-versions.ts';
import { registerVersions } from '../transactions/register-versions.ts';

/** The version before any write. */
export const INITIAL = -1;

export interface Read {
  readonly reader: number;
  readonly key: number;
  /** Transaction, or INITIAL. */
  readonly from: number;
}

export interface Reads {
  readonly columns: Columns;
  /** transaction → 1 when it took effect */
  readonly counts: Uint8Array;
  /** transaction → its reads of what others wrote, in its own order */
  readonly of: readonly (readonly Read[])[];
  /** transaction → keys that it wrote */
  readonly writes: readonly ReadonlySet<number>[];
  /** Reads of what was never written, or of what failed: against every model. */
  readonly impossible: readonly Anomaly[];
  /** Adds what reads themselves show of the order of versions, beyond "reader after writer". */
  addOrder(edges: Edges): void;
}

/** @throws MalformedHistory naming the line */
export function readsOf(history: TransactionHistory, write: 'append' | 'w'): Reads {
  const columns = columnsOf(history, write);
  return write === 'w' ? registers(columns) : lists(columns);
}

function registers(columns: Columns): Reads {
  const findings = new Findings();
  const { counts, source } = registerVersions(columns, findings);
  const { owner } = columns;
  const from = (row: number) => {
    const write = source[row]!;
    if (write === INITIAL) return INITIAL;
    return write >= 0 && counts[owner[write]!] === 1 ? owner[write]! : undefined;
  };
  return { ...collect(columns, counts, from), impossible: findings.all(), addOrder: () => {} };
}

function lists(columns: Columns): Reads {
  const findings = new Findings();
  const { counts, order, start, position, find } = listVersions(columns, findings);
  const { owner, key, keys, value, writes } = columns;
  const from = (row: number) => {
    const last = listOf(value[row]).at(-1);
    if (last === undefined) return INITIAL;
    const append = find(key[row]!, last);
    if (append === undefined || counts[owner[append]!] === 0) return undefined;
    return owner[append] === owner[row] ? undefined : owner[append]!;
  };
  const addOrder = (edges: Edges) => {
    const last = new Int32Array(keys.length).fill(-1);
    const link = (k: number, t: number) => {
      if (last[k] !== -1 && last[k] !== t) edges.add(last[k]!, t, WW);
    };
    for (let k = 0; k < keys.length; k++)
      for (let i = start[k]!; i < start[k + 1]!; i++) {
        if (order[i] === -1 || counts[owner[order[i]!]!] === 0) continue;
        link(k, owner[order[i]!]!);
        last[k] = owner[order[i]!]!;
      }
    // Appends that no read shows come after all those that reads show.
    for (let row = 0; row < owner.length; row++)
      if (writes[row] === 1 && position[row] === -1 && counts[owner[row]!] === 1)
        link(key[row]!, owner[row]!);
  };
  return { ...collect(columns, counts, from), impossible: findings.all(), addOrder };
}

function collect(
  columns: Columns,
  counts: Uint8Array,
  from: (row: number) => number | undefined,
): Omit<Reads, 'impossible' | 'addOrder'> {
  const { count, start, key, writes } = columns;
  const of: Read[][] = [];
  const written: Set<number>[] = [];
  for (let t = 0; t < count; t++) {
    const reads: Read[] = [];
    const keys = new Set<number>();
    for (let row = start[t]!; row < start[t + 1]!; row++) {
      const k = key[row]!;
      if (writes[row] === 1) {
        keys.add(k);
        continue;
      }
      // A read after a write of its own says nothing about others.
      const source = keys.has(k) ? undefined : from(row);
      if (source !== undefined) reads.push({ reader: t, key: k, from: source });
    }
    of.push(reads);
    written.push(keys);
  }
  return { columns, counts, of, writes: written };
}
