/** What happens to the billing system. Yours to find in part R. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  // TODO(R): one thing, two minutes at most, after which nothing is broken any more – and every customer
  // has paid again and again. For instance, but harmless, for the store comes back as it was:
  { do: 'restart-store', loads: 1, writable: 1, atMs: 60_000, forMs: 120_000 },
];

export default trigger;
