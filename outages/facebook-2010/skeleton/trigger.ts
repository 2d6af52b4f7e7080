/** What happens to the site. Yours to find in part R. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  // TODO(R): one event, corrected within a minute, after which no page can be made although the database
  // and the cache have been given a valid value. For instance, but too little:
  { do: 'damage-cache', atMs: 60_000 },
];

export default trigger;
