/** Three links are dead, so that no member reaches all others: whoever leads, somebody does not hear it. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  { do: 'cut', a: 1, b: 2, atMs: 10_000, forMs: 40_000 },
  { do: 'cut', a: 2, b: 3, atMs: 10_000, forMs: 40_000 },
  { do: 'cut', a: 4, b: 5, atMs: 10_000, forMs: 40_000 },
];

export default trigger;
