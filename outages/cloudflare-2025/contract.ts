/**
 * The contract of the outage: feature files, who makes and who reads them, what your classes are given,
 * and what a trigger may say. Given; the grader uses its own copy.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

/** Something by which bots are known. A request that shows it has its weight added to the score. */
export interface Feature {
  readonly name: string;
  readonly weight: number;
}

/** What the generator makes from the database, every twenty seconds, for all edges. */
export interface FeatureFile {
  readonly version: number;
  readonly features: readonly Feature[];
}

/** How many features fit into the memory that an edge sets aside for them. */
export const FEATURES_MAX = 20;
/** Weights add up to 100. A request with a higher score than this is taken for a bot's, and blocked. */
export const BOT_SCORE = 50;

/** A request of a visitor: the names of the features that it shows. */
export interface Request {
  readonly shows: ReadonlySet<string>;
}

/** What became of the requests to an edge since it was last given a file. */
export interface Health {
  readonly version: number;
  readonly forMs: number;
  /** Half of the visitors are bots, give or take. */
  readonly passed: number;
  readonly blocked: number;
  /** Without an answer: the edge was down. */
  readonly failed: number;
}

/** The RPCs of the database, which consists of ten shards. */
export interface DatabaseRpcs {
  features(args: { readonly shard: number }): readonly Feature[];
}

/** The RPCs of an edge. */
export interface EdgeRpcs {
  load(args: { readonly file: FeatureFile }): null;
  health(args: Record<string, never>): Health;
}

/** What an edge reports to the grader. */
export interface EdgeOutputs {
  /** What became of some requests. */
  served: {
    readonly rightly: number;
    readonly botsPassed: number;
    readonly peopleBlocked: number;
    /** Without an answer. */
    readonly failed: number;
  };
  /** Loading a file, or judging a request, threw. */
  down: { readonly version: number; readonly error: string };
  up: { readonly version: number };
}

/** What the generator reports to the grader. */
export interface GeneratorOutputs {
  made: { readonly version: number; readonly shard: number; readonly features: number };
}

export type DatabaseContext = NodeContext<DatabaseRpcs, Record<string, never>>;
export type EdgeContext = NodeContext<EdgeRpcs, EdgeOutputs>;
export type GeneratorContext = NodeContext<DatabaseRpcs & EdgeRpcs, GeneratorOutputs>;

/** What an edge has on its disk, as `Bots` in `bots.ts` sees it. It survives when the edge goes down. */
export interface Kept {
  readonly file: FeatureFile | undefined;
  keep(file: FeatureFile): void;
}

/** The edges, as `Rollout` in `rollout.ts` sees them. */
export interface Fleet {
  readonly edges: readonly NodeId[];
  /** Gives an edge a file, which it loads at once. @throws {RpcError} no answer within 1 s */
  send(edge: NodeId, file: FeatureFile): Promise<void>;
  /** @throws {RpcError} no answer within 1 s */
  health(edge: NodeId): Promise<Health>;
}

/** One thing that happens to the network. Virtual time. */
export type Disturbance =
  /**
   * From `atMs` on, one shard after another, `everyMs` apart, is given new permissions, until `shards` of
   * ten have them. The query of the generator then finds each feature there twice: once by its own name,
   * and once in the table below.
   */
  | {
      readonly do: 'change-permissions';
      readonly shards: number;
      readonly atMs: number;
      readonly everyMs: number;
    }
  /** Bots are known by twice the number of features, in all shards. */
  | { readonly do: 'double-features'; readonly atMs: number; readonly forMs: number }
  /** This share of the edges, 0 … 1, is restarted. */
  | { readonly do: 'restart-edges'; readonly share: number; readonly atMs: number }
  /** No new files. */
  | { readonly do: 'stop-generator'; readonly atMs: number; readonly forMs: number };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
