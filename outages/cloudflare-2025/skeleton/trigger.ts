/** What happens to the network. Yours to find in part R. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  // TODO(R): one change, rolled out with care, after which the whole network comes and goes, and at last
  // stays away. For instance, but too careful:
  { do: 'change-permissions', shards: 1, atMs: 60_000, everyMs: 0 },
];

export default trigger;
