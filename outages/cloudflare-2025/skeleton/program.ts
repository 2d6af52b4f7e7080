/** Who runs what: `e1` … are edges, `g1` is the generator, `d1` the database, `o1` reads your trigger. */
import { Database } from './system/database.ts';
import { Edge } from './system/edge.ts';
import { Generator } from './system/generator.ts';
import trigger from './trigger.ts';

class Operator {
  trigger() {
    return trigger;
  }
}

export default { e: Edge, g: Generator, d: Database, o: Operator };
