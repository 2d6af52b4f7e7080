/**
 * What clients saw of the order: a session runs one transaction after the other, and one that
 * returned before another was called came first. Expressed in linearly many edges: real time is a
 * chain of helper nodes, one for each time of a call by which something had newly returned (n + n
 * edges, instead of one for each pair, or for each of the n · concurrency nearest pairs).
 */
import type { TransactionHistory } from './columns.ts';
import { type Edges, LINK, REALTIME, SESSION } from './graph.ts';

/**
 * @param counts transaction → 1 when it took effect
 *
 * A transaction of unknown outcome has no end: nothing comes after it, not even in its session,
 * because it may take effect when its client has long gone on.
 */
export function addClientOrder(edges: Edges, history: TransactionHistory, counts: Uint8Array) {
  const calls: number[] = [];
  let sorted = true;
  for (let t = 0; t < history.length; t++) {
    if (counts[t] === 0) continue;
    if (calls.length > 0 && history[t]!.callAt < history[calls.at(-1)!]!.callAt) sorted = false;
    calls.push(t);
  }
  if (!sorted) calls.sort((a, b) => history[a]!.callAt - history[b]!.callAt || a - b);
  addSessions(edges, history, calls);
  addRealTime(edges, history, calls);
}

function addSessions(edges: Edges, history: TransactionHistory, calls: readonly number[]) {
  const latest = new Map<string, number>();
  for (const t of calls) {
    const { client, outcome } = history[t]!;
    const previous = latest.get(client);
    if (previous !== undefined) edges.add(previous, t, SESSION);
    if (outcome === 'ok') latest.set(client, t);
  }
}

function addRealTime(edges: Edges, history: TransactionHistory, calls: readonly number[]) {
  const times = new Float64Array(calls.length);
  for (let i = 0; i < calls.length; i++) times[i] = history[calls[i]!]!.callAt;

  /** call → its helper, or 0 if nothing returned between it and the call before */
  const helper = new Int32Array(calls.length);
  for (let i = 0; i < calls.length; i++) {
    const { returnAt, outcome } = history[calls[i]!]!;
    if (outcome !== 'ok') continue;
    const at = firstAfter(times, returnAt, i);
    if (at === calls.length) continue;
    helper[at] ||= edges.helper();
    edges.add(calls[i]!, helper[at]!, REALTIME);
  }
  let current = 0;
  for (let i = 0; i < calls.length; i++) {
    if (helper[i] !== 0) {
      if (current !== 0) edges.add(current, helper[i]!, LINK);
      current = helper[i]!;
    }
    if (current !== 0) edges.add(current, calls[i]!, LINK);
  }
}

/** The first index after `from` whose time is greater; mostly close to `from`, so the steps double. */
function firstAfter(times: Float64Array, time: number, from: number): number {
  let step = 1;
  let low = from;
  while (low + step < times.length && times[low + step]! <= time) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, times.length);
  low++;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
