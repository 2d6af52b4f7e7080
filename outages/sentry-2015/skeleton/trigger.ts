/** What has happened to the database. Yours to find in part R. */
import type { Trigger } from './contract.ts';

export function trigger(): Trigger {
  return [
    // TODO(R): three events at most, after which no write is taken and vacuum does not help. For
    // instance, but healed within seconds:
    { do: 'autovacuum-off' },
    { do: 'writes', millions: 1000 },
  ];
}
