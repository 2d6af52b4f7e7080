import { describe, expect, test } from 'vitest';
import { recorded } from '../recorded.ts';
import { randomHistory } from '../transactions/brute-force.ts';
import type { MicroOperation, TransactionHistory } from '../transactions/columns.ts';
import { checkWeak } from './check.ts';
import { WEAK_MODELS, type WeakModel } from './models.ts';

const HISTORIES = Number(process.env.HISTORIES ?? 1500);
const MODELS = Object.keys(WEAK_MODELS) as WeakModel[];

interface Seen {
  readonly reader: number;
  readonly key: unknown;
  /** Which of its transaction's micro-operations it is. */
  readonly i: number;
  /** The writer; -1 when there is none that took effect, undefined for the value before any write. */
  readonly from: number | undefined;
}

/** By the definition: some arbitration of all transactions in which each read returns the newest visible. */
function holdsByForce(history: TransactionHistory, model: WeakModel): boolean | 'impossible' {
  const { keepsSessions, visible, ...row } = WEAK_MODELS[model];
  const isIn = (operation: TransactionHistory[number]) => operation.outcome !== 'fail';
  const written = (t: number, key: unknown) =>
    microsOf(history[t]!).findLast(([f, k]) => f === 'w' && k === key)?.[2];
  const all = [...history.keys()].filter((t) => isIn(history[t]!));
  const reads = all.flatMap((reader) =>
    microsOf(history[reader]!).flatMap(([f, key, value], i, micros): Seen[] => {
      const isOwn = micros.slice(0, i).some(([g, k]) => g === 'w' && k === key);
      if (f !== 'r' || history[reader]!.outcome !== 'ok') return [];
      const from = all.find((t) =>
        microsOf(history[t]!).some(([g, k, v]) => g === 'w' && k === key && v === value),
      );
      const seen = value === null ? undefined : (from ?? -1);
      return isOwn && seen !== -1 ? [] : [{ reader, key, i, from: seen }];
    }),
  );
  // It was never written, or by a failed transaction, or by its own transaction, later.
  if (reads.some(({ from, reader }) => from === -1 || from === reader)) return 'impossible';
  const counting = all.filter(
    (t) => history[t]!.outcome === 'ok' || reads.some(({ from }) => from === t),
  );
  const isEarlier = (a: number, b: number) =>
    a !== b &&
    history[a]!.client === history[b]!.client &&
    history[a]!.outcome === 'ok' &&
    (history[a]!.callAt < history[b]!.callAt ||
      (history[a]!.callAt === history[b]!.callAt && a < b));
  const writes = (t: number) => microsOf(history[t]!).some(([f]) => f === 'w');
  const readFrom = (a: number, b: number) => reads.some((r) => r.reader === b && r.from === a);
  const causes = new Set(
    counting.flatMap((a) =>
      counting
        .filter((b) => a !== b && (isEarlier(a, b) || readFrom(a, b)))
        .map((b) => `${a} ${b}`),
    ),
  );
  for (const k of counting)
    for (const a of counting)
      for (const b of counting)
        if (causes.has(`${a} ${k}`) && causes.has(`${k} ${b}`)) causes.add(`${a} ${b}`);

  const isVisible = (w: number, { reader, i }: { reader: number; i: number }): boolean =>
    visible.some((rule) => {
      const together = reads.filter((r) => r.reader === reader && r.from !== undefined);
      if (rule === 'own writes') return isEarlier(w, reader);
      if (rule === 'earlier reads') return false;
      if (rule === 'read in order') return together.some((r) => r.i < i && r.from === w);
      if (rule === 'read together') return together.some((r) => r.from === w);
      if (rule === 'prefix') return together.some((r) => isEarlier(w, r.from!));
      if (rule === 'sources') return false;
      return causes.has(`${w} ${reader}`);
    });
  /** Visible because another transaction had read it, from this key. */
  const isSeen = (w: number, { reader, key }: { reader: number; key: unknown }): boolean =>
    visible.some((rule) => {
      const saw = (t: number) => reads.some((r) => r.reader === t && r.key === key && r.from === w);
      if (rule === 'earlier reads') return counting.some((t) => isEarlier(t, reader) && saw(t));
      if (rule !== 'sources') return false;
      const sources = reads
        .filter((r) => r.reader === reader && r.from !== undefined)
        .map((r) => r.from!);
      return sources.some((s) => saw(s) || counting.some((t) => isEarlier(t, s) && saw(t)));
    });
  const mustPrecede = (a: number, b: number): boolean =>
    readFrom(a, b) ||
    (keepsSessions === 'all' && isEarlier(a, b)) ||
    (keepsSessions === 'writes' && isEarlier(a, b) && writes(a) && writes(b)) ||
    ('writesFollowReads' in row &&
      writes(b) &&
      counting.some((t) => isEarlier(t, b) && readFrom(a, t)));

  const pending = (order: readonly number[]): boolean => {
    if (order.length === counting.length) {
      const at = new Map(order.map((t, i) => [t, i]));
      return reads.every((read) =>
        counting.every((w) => {
          if (w === read.from || w === read.reader || written(w, read.key) === undefined)
            return true;
          if (!isVisible(w, read) && !isSeen(w, read)) return true;
          return read.from !== undefined && at.get(w)! < at.get(read.from)!;
        }),
      );
    }
    return counting.some(
      (t) =>
        !order.includes(t) &&
        counting.every((o) => o === t || order.includes(o) || !mustPrecede(o, t)) &&
        pending([...order, t]),
    );
  };
  return pending([]);
}

function microsOf({
  outcome,
  input,
  output,
}: TransactionHistory[number]): readonly MicroOperation[] {
  return outcome === 'ok' ? output! : input;
}

test.each(MODELS)(
  '%s: random histories have the verdict of trying all orders',
  { timeout: 600_000 },
  (model) => {
    let violated = 0;
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const history = randomHistory(seed, 'w');
      const { verdict } = checkWeak(history, { model, write: 'w' });
      const expected = holdsByForce(history, model);
      if (expected === 'impossible') continue;
      if (expected !== (verdict === 'ok'))
        throw new Error(
          `seed ${seed}: ${verdict}\n${history.map((o) => JSON.stringify(o)).join('\n')}`,
        );
      if (verdict !== 'ok') violated++;
    }
    expect(violated).toBeGreaterThan(HISTORIES / 1000);
    expect(violated).toBeLessThan(HISTORIES / 2);
  },
);

/** AWDIT's own format: a session ends with ===, a transaction with ---. */
function readAwdit(text: string): TransactionHistory {
  let at = 0;
  return text.split(/=====+/).flatMap((session, client) =>
    session.split(/-----+/).flatMap((transaction) => {
      const micros = transaction
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([f]) => f === 'r' || f === 'w')
        .map(([f = '', key = '', value]): MicroOperation => [f, key, Number(value)]);
      if (micros.length === 0) return [];
      at++;
      return [
        {
          client: `s${client}`,
          input: micros,
          output: micros,
          outcome: 'ok' as const,
          callAt: at,
          returnAt: at + 0.5,
        },
      ];
    }),
  );
}

describe('the histories of AWDIT: the strongest model that holds', () => {
  const chain = ['monotonic-read-committed', 'session-read-atomic', 'causal'] as const;
  const folders = ['none', 'read-committed', 'read-atomic', 'causal'];
  test.each([...recorded('awdit')])('%s', (path, text) => {
    const history = readAwdit(text);
    const held = chain.map((model) => checkWeak(history, { model, write: 'w' }).verdict === 'ok');
    const strongest = held.lastIndexOf(true) + 1;
    expect(folders[strongest]).toBe(path.split('/')[1]);
    expect(held.slice(0, strongest)).not.toContain(false);
  });
});
