/** A policy with blank fields, for two minutes. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [{ do: 'blank-policy', atMs: 60_000, forMs: 120_000 }];

export default trigger;
