/** The day as it was: load, a job on the wrong host, and two data directories that are removed. */
import type { Trigger } from './contract.ts';

export function trigger(): Trigger {
  return [
    { do: 'load', megabytes: 40 },
    { do: 'backup-on-app' },
    { do: 'wipe-n2' },
    { do: 'wipe-n1' },
  ];
}
