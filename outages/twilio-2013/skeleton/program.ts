/**
 * Who runs what: `j1` is the journal of usage, `w1` … are workers, `s1` is the store of balances, `g1` the
 * payment gateway, `o1` reads your trigger.
 */
import { Gateway } from './system/gateway.ts';
import { Journal } from './system/journal.ts';
import { BalanceStore } from './system/store.ts';
import { Worker } from './system/worker.ts';
import trigger from './trigger.ts';

class Operator {
  trigger() {
    return trigger;
  }
}

export default { j: Journal, w: Worker, s: BalanceStore, g: Gateway, o: Operator };
