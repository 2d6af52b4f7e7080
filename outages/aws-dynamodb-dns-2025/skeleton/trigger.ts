/** What happens to the control plane. Yours to find in part R. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  // TODO(R): one process that is late, after which endpoints stay without addresses although every
  // process runs. For instance, but too short:
  { do: 'stall-enactor', enactor: 1, afterChanges: 3, generations: 2, atMs: 60_000 },
];

export default trigger;
