/**
 * Who runs what: `e1` … are databases in the East, `w1` … in the West, `k1` is the controller, `a1` an
 * application in the East, `a2` one in the West; `o1` reads your trigger.
 */
import { App } from './system/app.ts';
import { Controller } from './system/controller.ts';
import { Database } from './system/database.ts';
import trigger from './trigger.ts';

class Operator {
  trigger() {
    return trigger;
  }
}

export default { e: Database, w: Database, k: Controller, a: App, o: Operator };
