/** Who runs what: `d1` is the DNS service, `p1` the planner, `e1` … enactors, `o1` reads your trigger. */
import { DnsService } from './system/dns.ts';
import { EnactorProcess } from './system/enactor.ts';
import { Planner } from './system/planner.ts';
import trigger from './trigger.ts';

class Operator {
  trigger() {
    return trigger;
  }
}

export default { d: DnsService, p: Planner, e: EnactorProcess, o: Operator };
