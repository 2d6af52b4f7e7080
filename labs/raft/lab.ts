/** Raft: the definition of the lab. */
import { defineLab } from 'faultlab';
import { invariants } from './invariants.ts';
import { explain } from './questions.ts';
import { election } from './scenarios/election.ts';
import { extensions } from './scenarios/extensions.ts';
import { persistence } from './scenarios/persistence.ts';
import { replication } from './scenarios/replication.ts';
import { snapshots } from './scenarios/snapshots.ts';
import { raft } from './workload.ts';

export default defineLab({
  slug: 'raft',
  title: 'Raft',
  summary: 'Consensus: a replicated log that survives crashes, cuts and slow networks.',
  entry: 'raft.ts',
  given: ['contract.ts'],
  methods: ['start', 'propose', 'inspect', 'snapshot', 'readIndex'],
  hours: '25–40',
  prepare: raft,
  invariants,
  explain,
  parts: [
    { id: 'A', title: 'Leader election', scenarios: election },
    { id: 'B', title: 'Log replication', needs: ['A'], scenarios: replication },
    { id: 'C', title: 'Persistence', needs: ['B'], scenarios: persistence },
    { id: 'D', title: 'Snapshots', needs: ['C'], scenarios: snapshots },
    { id: 'E', title: 'Calm and reads', needs: ['B'], scenarios: extensions },
  ],
});
