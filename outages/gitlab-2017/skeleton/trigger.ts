/** What happens on the day. Yours to find in part R. */
import type { Trigger } from './contract.ts';

export function trigger(): Trigger {
  return [
    // TODO(R): four events at most, after which nothing is left but a copy that nobody made as a backup,
    // and nobody has been told. For instance, but too little:
    { do: 'load', megabytes: 2 },
  ];
}
