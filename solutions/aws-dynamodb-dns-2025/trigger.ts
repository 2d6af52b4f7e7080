/** One enactor is so late that its plan is just about to be removed, and then goes on writing it. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  { do: 'stall-enactor', enactor: 1, afterChanges: 2, generations: 11, atMs: 60_000 },
];

export default trigger;
