/**
 * The contract of the outage: usage, balances and charges, what your class is given, and what a trigger
 * may say. Given; the grader uses its own copy.
 */
import type { NodeContext } from 'faultlab/node';

/** One call or message of a customer, to be paid from the account's balance. */
export interface Usage {
  /** Unique: the journal hands a usage out again and again until it is done, always with this id. */
  readonly id: string;
  readonly account: string;
  readonly amount: number;
}

/** A card was charged. */
export interface Charge {
  /** Given by the gateway, unique. */
  readonly id: string;
  /** The idempotency key that it was requested with, if any. */
  readonly key: string | null;
}

/** The RPCs of the journal, the balance store and the payment gateway. */
export interface BillingRpcs {
  /** Served by a worker: deduct this usage, and recharge the account when that is due. */
  usage(usage: Usage): { readonly done: boolean };
  /** Served by the store, as is `add`. */
  balance(args: { readonly account: string }): number;
  add(args: {
    readonly account: string;
    readonly amount: number;
    readonly id: string | null;
  }): { readonly balance: number } | { readonly refused: 'read-only' };
  /** Served by the gateway, as is `charges`. Resolves to the id of the charge. */
  charge(args: { readonly account: string; readonly key: string | null }): string;
  charges(args: { readonly account: string }): readonly Charge[];
}

/** What the nodes report to the grader. */
export interface JournalOutputs {
  priced: { readonly account: string; readonly usage: string };
}
export interface StoreOutputs {
  added: { readonly account: string; readonly amount: number; readonly balance: number };
  refused: { readonly account: string; readonly amount: number };
}
export interface GatewayOutputs {
  charged: { readonly account: string; readonly by: string; readonly charge: string };
}

export type JournalContext = NodeContext<BillingRpcs, JournalOutputs>;
export type WorkerContext = NodeContext<BillingRpcs, Record<string, never>>;
export type StoreContext = NodeContext<BillingRpcs, StoreOutputs>;
export type GatewayContext = NodeContext<BillingRpcs, GatewayOutputs>;

/** A balance below this is recharged. */
export const THRESHOLD = 10;
/** Every charge is this much. */
export const RECHARGE = 50;

/** The store refuses to write: it runs, and it answers reads. */
export class ReadOnlyError extends Error {
  override readonly name = 'ReadOnlyError';
}

/** The store and the gateway, as `Charger` in `recharge.ts` sees them. */
export interface Billing {
  /** What the store says. @throws {RpcError} no answer within 1 s */
  balance(account: string): Promise<number>;
  /**
   * Adds to a balance, or deducts from it, and resolves to the new balance. With an `id`, only once: when
   * the store has added something under the same id before, it adds nothing, and returns the balance.
   * @throws {ReadOnlyError} the store does not write
   * @throws {RpcError} no answer within 1 s: it may have been added
   */
  add(account: string, amount: number, id?: string): Promise<number>;
  /**
   * Charges the card of an account {@link RECHARGE}. Resolves to the id of the charge. With a `key`, only
   * once: when a charge was made under the same key before, nothing is charged, and its id is returned.
   * @throws {RpcError} no answer within 2 s: it may have been charged, or may be later
   */
  charge(account: string, key?: string): Promise<string>;
  /** All charges of an account so far, oldest first. @throws {RpcError} no answer within 2 s */
  charges(account: string): Promise<readonly Charge[]>;
}

/** One thing that happens, from `atMs` until `forMs` later. Virtual time. */
export type Disturbance =
  /**
   * The store is restarted, and until somebody corrects its configuration and restarts it once more it
   * has loaded its file (`loads: 1`) or nothing (0), and can be written (`writable: 1`) or not (0).
   */
  | {
      readonly do: 'restart-store';
      readonly loads: number;
      readonly writable: number;
      readonly atMs: number;
      readonly forMs: number;
    }
  /** No worker reaches the store. */
  | { readonly do: 'cut-store'; readonly atMs: number; readonly forMs: number }
  /** This share of the gateway's answers is lost, 0 … 1. */
  | {
      readonly do: 'lose-answers';
      readonly share: number;
      readonly atMs: number;
      readonly forMs: number;
    }
  /** All workers are killed, and started again. */
  | { readonly do: 'crash-workers'; readonly atMs: number; readonly forMs: number };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
