/** What happens to the backbone. Yours to find in part R. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  // TODO(R): one event, after which nobody on the internet finds a DNS server although all of them run.
  // For instance, but too little:
  { do: 'run-command', share: 0.1, atMs: 60_000 },
];

export default trigger;
