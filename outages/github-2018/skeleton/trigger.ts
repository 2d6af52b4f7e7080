/** What happens to the two regions. Yours to find in part R. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  // TODO(R): one thing, a minute at most, after which every machine runs and every link works – and no
  // database in the East can be used any more. For instance, but too little:
  { do: 'cut-east', atMs: 60_000, forMs: 8000 },
];

export default trigger;
