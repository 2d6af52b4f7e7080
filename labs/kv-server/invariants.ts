/** What must hold at every event: the fence of part D. */
import type { Invariant } from 'faultlab';
import type { WriteArgs } from './contract.ts';
import { s } from './workload.ts';

/** The storage never takes a write that is older than one it has taken. */
function fence(): Invariant {
  let last: (WriteArgs & { readonly atMs: number }) | undefined;
  return {
    name: 'fence',
    onEmit(_node, name, value, watch) {
      if (name !== 'written') return;
      const write = value as WriteArgs;
      if (last !== undefined && write.token < last.token) {
        watch.fail({
          kind: 'safety',
          ruleId: 'fence',
          rule: 'Fencing: no write is taken after one with a higher token (contract, StorageLike)',
          evidence: `${last.value} with token ${last.token} was taken at ${s(last.atMs)}, and ${write.value} with token ${write.token} at ${s(watch.nowMs)}`,
          lookAt: 'who is able to notice that this writer is late?',
        });
      }
      last = { ...write, atMs: watch.nowMs };
    },
  };
}

/** Fresh ones for each run. */
export const invariants = (): Invariant[] => [fence()];
