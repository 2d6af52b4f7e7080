/** Who runs what: `s1` … are sites at the edge, `d1` … data centres, `o1` reads your trigger. */
import { DataCentre } from './system/data-centre.ts';
import { EdgeSite } from './system/site.ts';
import trigger from './trigger.ts';

class Operator {
  trigger() {
    return trigger;
  }
}

export default { s: EdgeSite, d: DataCentre, o: Operator };
