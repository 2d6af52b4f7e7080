/** What must hold at every event. */
import type { Invariant } from 'faultlab';

/** Fresh ones for each run. */
export const invariants = (): Invariant[] => [];
