/** The store comes back without its data, and read-only: it answers every question, and wrongly. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  { do: 'restart-store', loads: 0, writable: 0, atMs: 60_000, forMs: 90_000 },
];

export default trigger;
