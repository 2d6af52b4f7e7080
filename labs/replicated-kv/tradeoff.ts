/**
 * PACELC (Abadi 2012): in a partition, availability or consistency; else, latency or consistency.
 * Measures one mode: puts and gets on a calm network, then a partition that leaves the primary and
 * one client on the smaller side, then what is left of what was acknowledged.
 */
import type { Cluster, NodeId } from 'faultlab';
import type { Mode } from './contract.ts';
import { type Put, replicas } from './replicas.ts';

const CALLS = 40;
const PARTITION_MS = 3000;
const PUT_EVERY_MS = 50;

export interface Figures {
  readonly mode: Mode;
  /** Medians on a calm network, in virtual milliseconds. */
  readonly putMs: number;
  readonly getMs: number;
  /** Puts acknowledged during the partition, by the side of the old primary and by the other. */
  readonly minority: number;
  readonly majority: number;
  /** Acknowledged, and gone when all was mended. */
  readonly lost: number;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;

export function measure(cluster: Cluster, mode: Mode): Figures {
  const programs = replicas(cluster);
  changeMode(cluster, mode);
  const [puts, gets]: [number[], number[]] = [[], []];
  for (let i = 0; i < CALLS; i++) {
    let startMs = cluster.nowMs;
    const put = programs.mustPut('c1', `${mode}-calm-${i}`, `mode ${mode}, calm`);
    puts.push(put.atMs - startMs);
    startMs = cluster.nowMs;
    let isDone = false;
    programs.get('c1', put.key, () => {
      isDone = true;
    });
    cluster.runUntil(() => isDone, 1000);
    gets.push(cluster.nowMs - startMs);
  }
  const { primary } = programs;
  cluster.partition([primary, 'c1'], [...programs.others(primary), 'v1', 'c2']);
  const endMs = cluster.nowMs + PARTITION_MS;
  const asked: Put[] = [];
  for (let i = 0; cluster.nowMs < endMs; i++) {
    for (const client of cluster.clients) {
      asked.push(programs.put(client, `${mode}-${client}-${i}`));
    }
    cluster.run(PUT_EVERY_MS);
  }
  const during = asked.filter(({ result, atMs }) => result?.ok && atMs <= endMs);
  cluster.heal();
  programs.settle();
  programs.mustPut('c2', `${mode}-end`, `mode ${mode}, mended`, 3000);
  programs.expectSame();
  const by = (client: NodeId) => during.filter((put) => put.client === client).length;
  return {
    mode,
    putMs: median(puts),
    getMs: median(gets),
    minority: by('c1'),
    majority: by('c2'),
    lost: programs.missing(programs.primary, during).length,
  };
}

/** A new view, in this mode: for that the primary has to go away for a while. */
function changeMode(cluster: Cluster, mode: Mode): void {
  const programs = replicas(cluster);
  const epoch = programs.view?.epoch;
  programs.begin(mode);
  if (epoch === undefined) return;
  const { primary } = programs;
  cluster.crash(primary);
  cluster.runUntil(() => (programs.view?.epoch ?? 0) > epoch, 3000);
  cluster.restart(primary);
  programs.mustPut('c1', `${mode}-begin`, 'after a change of the primary', 3000);
  programs.mustPut('c2', `${mode}-begin`, 'after a change of the primary', 3000);
}

/** A table for a terminal. */
export function rowsOf(figures: readonly Figures[]): string[] {
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(8) : cell.padStart(13))).join('');
  return [
    line(['mode', 'put', 'get', 'acked by', 'by the', 'of these']),
    line(['', 'calm', 'calm', 'the cut-off', 'others', 'lost']),
    ...figures.map(({ mode, putMs, getMs, minority, majority, lost }) =>
      line([mode, ms(putMs), ms(getMs), `${minority}`, `${majority}`, `${lost}`]),
    ),
  ];
}

const ms = (value: number) => `${value.toFixed(1)} ms`;
