/**
 * The contract of the outage: configuration values, where they are kept, what your class is given, and
 * what a trigger may say. Given; the grader uses its own copy.
 */
import type { NodeContext } from 'faultlab/node';

/** A configuration value. Each change gives it a higher version. */
export interface Value {
  readonly version: number;
  readonly limit: number;
}

/** Whether a page can be made with a value. What was damaged, or typed in wrongly, is not valid. */
export function isValid({ limit }: Value): boolean {
  return limit >= 1 && limit <= 1000;
}

/** The RPCs of the cache, which all web servers share. They cost it nothing to speak of. */
export interface CacheRpcs {
  get(args: { readonly key: string }): Value | null;
  set(args: { readonly key: string; readonly value: Value }): null;
  remove(args: { readonly key: string }): null;
  claim(args: { readonly name: string; readonly forMs: number }): boolean;
}

/** The RPCs of the database. */
export interface StoreRpcs {
  query(args: { readonly key: string }): Value;
}

/** What a web server reports to the grader. */
export interface WebOutputs {
  /** A page was made with this value, or could not be made. */
  page: { readonly key: string; readonly value: Value | null };
  /** The database answered while the web server was still waiting. */
  answered: { readonly key: string; readonly tookMs: number };
}

/** What the cache reports to the grader. */
export interface CacheOutputs {
  /** The key had a value, and has none any more. */
  removed: { readonly key: string; readonly value: Value; readonly by: string };
  filled: { readonly key: string; readonly value: Value; readonly by: string };
}

export type WebContext = NodeContext<CacheRpcs & StoreRpcs, WebOutputs>;
export type CacheContext = NodeContext<CacheRpcs, CacheOutputs>;
export type StoreContext = NodeContext<StoreRpcs, Record<string, never>>;

/** How a run is set up; the grader chooses. */
export interface Settings {
  readonly keys: readonly string[];
  /** A web server makes a page this often, give or take half. Each needs the value of one key. */
  readonly pageEveryMs: number;
  /** CPU time of the database for one query. */
  readonly queryMs: number;
}

/** The cache, as `Config` in `config.ts` sees it. One that does not answer for 500 ms counts as empty. */
export interface Cache {
  get(key: string): Promise<Value | undefined>;
  set(key: string, value: Value): Promise<void>;
  remove(key: string): Promise<void>;
  /**
   * True for the first to ask, false for all others until `forMs` have passed since. A name means nothing
   * but what you mean by it.
   */
  claim(name: string, forMs: number): Promise<boolean>;
}

/** The database: what it has is what was last meant, or typed. */
export interface Store {
  /**
   * Costs the database CPU time, whether somebody still waits for the answer or not.
   * @throws {RpcError} no answer within `waitMs`
   */
  query(key: string, waitMs: number): Promise<Value>;
}

/** One thing that happens to the site, from `atMs` on. Virtual time. */
export type Disturbance =
  /**
   * Somebody changes a value, in the database and in the cache, into one that is not valid. `forMs` later
   * it is corrected in both.
   */
  | { readonly do: 'publish-invalid'; readonly atMs: number; readonly forMs: number }
  /** What the cache has is damaged; the database has the right value. */
  | { readonly do: 'damage-cache'; readonly atMs: number }
  /** The cache is switched off; it comes back empty. */
  | { readonly do: 'stop-cache'; readonly atMs: number; readonly forMs: number }
  /** The database answers nothing. */
  | { readonly do: 'stop-database'; readonly atMs: number; readonly forMs: number }
  /** Web servers make this many times the pages. */
  | {
      readonly do: 'more-pages';
      readonly times: number;
      readonly atMs: number;
      readonly forMs: number;
    };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
