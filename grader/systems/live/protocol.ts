/** What the grader and the process of a store member say to each other. */
import type { Address } from '../machine.ts';

export type ToLive =
  | {
      readonly type: 'listen';
      readonly id: string;
      readonly port: number;
      /** How many times slower its clock runs than the machine's. */
      readonly pace: number;
    }
  | {
      readonly type: 'boot';
      readonly code: string;
      readonly folder: string;
      /** Where this member finds each member, itself included. */
      readonly addresses: Readonly<Record<string, Address>>;
    }
  | {
      readonly type: 'do';
      readonly id: number;
      readonly op: StoreOp;
      readonly args: readonly string[];
      readonly withinMs: number;
    };

export type FromLive =
  | { readonly type: 'listening' }
  | { readonly type: 'booted' }
  /** `value` is absent when no answer came in time. */
  | { readonly type: 'done'; readonly id: number; readonly value?: unknown }
  | { readonly type: 'crashed'; readonly text: string; readonly stack: string };

export const STORE_OPS = ['get', 'put', 'cas'] as const;
export type StoreOp = (typeof STORE_OPS)[number];
