/** Who runs what: `t1` … are tasks, `d1` is the datastore, `o1` reads your trigger. */
import { Datastore } from './system/datastore.ts';
import { Task } from './system/task.ts';
import trigger from './trigger.ts';

class Operator {
  trigger() {
    return trigger;
  }
}

export default { t: Task, d: Datastore, o: Operator };
