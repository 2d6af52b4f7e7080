/**
 * The contract of the outage: what sites ask data centres and each other, what your class is given, and
 * what a trigger may say. Given; the grader uses its own copy.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

/** What a site knows about itself, and tells others who ask. */
export interface View {
  /** How many data centres answered its last probes, over the backbone. */
  readonly reached: number;
  /** Whether it tells the internet that its DNS servers are here. */
  readonly isAdvertised: boolean;
}

/** The RPC of a data centre. */
export interface DataCentreRpcs {
  probe(args: Record<string, never>): null;
}

/** The RPC of a site. It travels over the internet, not over the backbone. */
export interface SiteRpcs {
  view(args: Record<string, never>): View;
}

/** What a site reports to the grader. */
export interface SiteOutputs {
  advertised: Record<string, never>;
  withdrawn: Record<string, never>;
  /** The last probes were answered by a different number of data centres than those before. */
  reached: { readonly dataCentres: number };
}

export type SiteContext = NodeContext<DataCentreRpcs & SiteRpcs, SiteOutputs>;
export type DataCentreContext = NodeContext<DataCentreRpcs, Record<string, never>>;

/** A site at the edge, as `Advertising` in `advertise.ts` sees it. */
export interface Site extends View {
  /** All other sites. */
  readonly others: readonly NodeId[];
  /** Asks another site over the internet; undefined when there is no answer within a second. */
  ask(other: NodeId): Promise<View | undefined>;
  /** The internet sends visitors here. No effect if it already does. */
  advertise(): void;
  /** The internet sends them elsewhere, if there is anywhere. No effect if it already does. */
  withdraw(): void;
}

/** One thing that happens, from `atMs` on. Virtual time. */
export type Disturbance =
  /** A command takes the links of this share of the sites out of the backbone, until people mend it. */
  | { readonly do: 'run-command'; readonly share: number; readonly atMs: number }
  /** This many of the three data centres are without power. */
  | {
      readonly do: 'stop-data-centres';
      readonly count: number;
      readonly atMs: number;
      readonly forMs: number;
    }
  /** The DNS servers of this share of the sites are down. */
  | {
      readonly do: 'stop-dns-servers';
      readonly share: number;
      readonly atMs: number;
      readonly forMs: number;
    }
  /** This share of the sites has no way to the internet. */
  | {
      readonly do: 'cut-internet';
      readonly share: number;
      readonly atMs: number;
      readonly forMs: number;
    };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
