/** The data centre in the East cannot be reached from outside for 43 seconds. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [{ do: 'cut-east', atMs: 60_000, forMs: 43_000 }];

export default trigger;
