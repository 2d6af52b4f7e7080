/** What happens to the region. Yours to find in part R. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  // TODO(R): one event, soon over, after which no task starts any more, though nothing is wrong with the
  // data. For instance, but too little:
  { do: 'restart-tasks', share: 0.1, atMs: 60_000 },
];

export default trigger;
