/**
 * The contract of the outage: what passes between storage servers and the metadata service, what your
 * classes are given, and what a trigger may say. Given; the grader uses its own copy.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

/** What storage servers call on the metadata service. */
export interface MetadataRpcs {
  /** Which partitions are mine? Resolves to their number once the answer has been put together. */
  membership(question: { readonly waitMs: number }): { readonly partitions: number };
}

/** What storage servers report to the grader. */
export interface StorageOutputs {
  /** The membership was confirmed; the server is in service. */
  confirmed: { readonly tookMs: number };
  /** The server takes no requests until its membership is confirmed again. */
  left: Record<string, never>;
}

export type StorageContext = NodeContext<MetadataRpcs, StorageOutputs>;
export type MetadataContext = NodeContext<MetadataRpcs, Record<string, never>>;

/** How a run is set up; the grader chooses. */
export interface Settings {
  /** A storage server confirms its membership this often, give or take 10 %. */
  readonly renewEveryMs: number;
  /** CPU time of the metadata service to put one answer together. Grows with the memberships. */
  readonly answerMs: number;
  /** CPU time to receive a question, whatever becomes of it. */
  readonly receiveMs: number;
}

/** A storage server, as `Renewal` in `renew.ts` sees it. */
export interface Server {
  readonly inService: boolean;
  /** Time since the membership was last confirmed. */
  readonly ageMs: number;
  /** Once it is this old the server must not be in service: its partitions may be another's by now. */
  readonly maxAgeMs: number;
  /** How often a membership is confirmed in calm times. */
  readonly renewEveryMs: number;
  /**
   * Asks the metadata service once, and waits `waitMs` for the answer. When it comes the membership is
   * confirmed and the server is in service. Each question costs the metadata service CPU time.
   * @throws {RpcError} no answer in time; one that comes later is ignored
   */
  ask(waitMs: number): Promise<void>;
  /** Takes no more requests until the membership is confirmed again. */
  leave(): void;
}

/** Why a server confirms its membership now. */
export type Reason = 'period' | 'network-is-back';

/** A question, as `Admission` in `admit.ts` sees it. */
export interface Question {
  readonly from: NodeId;
  /** On the clock of the metadata service, as `Date.now()`. */
  readonly arrivedAtMs: number;
  /** How long the server waits for the answer, counted from when it asked. */
  readonly waitMs: number;
}

/** One thing that happens to the region, from `atMs` until `forMs` later. Virtual time. */
export type Disturbance =
  /** This share of the storage servers, 0 … 1, loses its network. */
  | {
      readonly do: 'cut-network';
      readonly share: number;
      readonly atMs: number;
      readonly forMs: number;
    }
  /** The metadata service is switched off. */
  | { readonly do: 'stop-metadata'; readonly atMs: number; readonly forMs: number }
  /** Memberships are this many times as large. */
  | {
      readonly do: 'grow-memberships';
      readonly times: number;
      readonly atMs: number;
      readonly forMs: number;
    };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
