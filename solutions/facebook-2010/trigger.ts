/** An invalid value for twenty seconds: long enough for a line in which nobody is served in time. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [{ do: 'publish-invalid', atMs: 60_000, forMs: 20_000 }];

export default trigger;
