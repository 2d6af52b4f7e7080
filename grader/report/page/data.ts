/** What a page of one run holds: plain data, small enough to travel inside the page. */

import type { Chart } from '../report.ts';

export interface PageData {
  readonly title: string;
  readonly lab: string;
  readonly scenario: string;
  readonly seed: number;
  readonly verdict: string;
  /** To paste into a terminal. */
  readonly command: string;
  /** How the run was shrunk, in words. */
  readonly shrunk?: string;
  readonly finding?: PageFinding;
  /** What was measured, when something was. */
  readonly chart?: Chart;
  readonly nodes: readonly string[];
  readonly events: readonly PageEvent[];
  /** Index of the event to begin with: where the rule broke, or the last one. */
  readonly start: number;
}

export interface PageFinding {
  readonly rule: string;
  readonly evidence: string;
  readonly lookAt?: string;
  readonly picture?: readonly string[];
  /** The story, each moment with the event it tells of where there is one. */
  readonly story: readonly { readonly at: number; readonly text: string; readonly i?: number }[];
  /** Operations that are impossible together, with the indices of their events. */
  readonly core: readonly PageOperation[];
}

export interface PageOperation {
  readonly client: string;
  readonly text: string;
  readonly from: number;
  /** Absent when it was never answered. */
  readonly to?: number;
  readonly isCulprit: boolean;
  readonly call?: number;
  readonly end?: number;
}

export interface PageEvent {
  /** Virtual milliseconds. */
  readonly at: number;
  /** Index into `nodes`; absent for what concerns the whole cluster. */
  readonly n?: number;
  /** As in a trace: send deliver drop timer disk emit log note crash … and `fail` for the violation. */
  readonly k: string;
  /** For a delivery or a loss, only what the send does not say; for a change nothing, as `set` says it. */
  readonly text: string;
  /** The number of the message; a send and what becomes of it share it. */
  readonly m?: number;
  readonly method?: string;
  /** Fields of `inspect` that changed. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** The number of a client's operation; call and return share it. */
  readonly op?: number;
  /** All links that are cut from now on: `n1>n2`. */
  readonly cuts?: readonly string[];
  readonly clock?: { readonly node: string; readonly rate?: number; readonly jumpMs?: number };
}
