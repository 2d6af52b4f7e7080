/** Half of the storage servers lose the network for five seconds. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [{ do: 'cut-network', share: 0.5, atMs: 60_000, forMs: 5000 }];

export default trigger;
