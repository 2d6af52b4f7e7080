/** What the switch does to the links between the members. Yours to find in part R. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [
  // TODO(R): at most four things, a minute at most, during which every member runs, most can speak to most
  // – and nobody leads for long. For instance, but too little:
  { do: 'cut', a: 1, b: 3, atMs: 10_000, forMs: 40_000 },
];

export default trigger;
