/** What must hold at every event of all parts. Each rule watches only the nodes of its own letter. */
import type { Invariant } from 'faultlab';
import { Causality } from './causality.ts';
import { broadcastRules } from './rules/broadcast.ts';
import { externalConsistency } from './rules/external.ts';
import { hlcRules } from './rules/hlc.ts';
import { lamportRules } from './rules/lamport.ts';
import { mutexRules } from './rules/mutex.ts';
import { vectorRules } from './rules/vector.ts';

/** Fresh ones for each run. */
export function invariants(): Invariant[] {
  const causality = new Causality();
  return [
    {
      name: 'the causal order',
      onSend: (message) => causality.onSend(message),
      onDeliver: (message) => causality.onDeliver(message),
    },
    lamportRules(causality),
    mutexRules(causality),
    vectorRules(causality),
    broadcastRules(),
    hlcRules(causality),
    externalConsistency(),
  ];
}
