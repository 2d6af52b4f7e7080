/**
 * Who runs what: `n1` … `n5` are the members of the store, `d1` and `d2` clusters of databases, `r1` … `r5`
 * your own Raft of the Raft lab (ours with `--with-reference raft`); `o1` reads your trigger.
 */
import Raft from '../raft/raft.ts';
import { Database } from './system/database.ts';
import { Member } from './system/member.ts';
import trigger from './trigger.ts';

class Operator {
  trigger() {
    return trigger;
  }
}

export default { n: Member, d: Database, r: Raft, o: Operator };
