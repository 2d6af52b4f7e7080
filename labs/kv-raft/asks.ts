/** Operations as data, so that a failing run can be cut down to the few that it needs. */
import type { Cluster, Draw, NodeId, Step } from 'faultlab';
import { kv } from './workload.ts';

export interface AsksOptions {
  readonly clients: number;
  readonly durationMs: number;
  /** @default 2 */
  readonly keys?: number;
  /** The share of gets. @default 0.4 */
  readonly reads?: number;
}

/** Steps of a plan, from when there can be a leader. */
export function asks(
  draw: Draw,
  { clients, durationMs, keys = 2, reads = 0.4 }: AsksOptions,
): Step[] {
  const steps: Step[] = [];
  for (let atMs = 200; atMs < durationMs; atMs += draw.int(4, 24)) {
    const kind = draw.chance(reads) ? 'get' : draw.chance(0.2) ? 'put' : 'append';
    const client = `c${draw.int(1, clients)}`;
    steps.push({ atMs, do: 'ask', client, kind, key: `k${draw.int(1, keys)}` });
  }
  return steps;
}

/** The action of such a step. */
export function ask(cluster: Cluster, { client, kind, key }: Omit<Step, 'atMs' | 'do'>): void {
  const workload = kv(cluster);
  // A client has one operation at a time: a step that comes meanwhile is skipped.
  if (workload.isBusy(client as NodeId)) return;
  if (kind === 'get') workload.get(client as NodeId, key as string);
  else if (kind === 'put') workload.put(client as NodeId, key as string);
  else workload.append(client as NodeId, key as string);
}
