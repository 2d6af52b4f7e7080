/** What happens to the region. Yours to find in part R. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  // TODO(R): one disturbance, ten seconds at most, after which nothing is broken any more – and yet
  // the storage servers do not come back. For instance, but too little:
  { do: 'cut-network', share: 0.01, atMs: 60_000, forMs: 1000 },
];

export default trigger;
