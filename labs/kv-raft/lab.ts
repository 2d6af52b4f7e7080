/** A key-value store on Raft: the definition of the lab. */
import { defineLab } from 'faultlab';
import { invariants } from './invariants.ts';
import { explain } from './questions.ts';
import { machine } from './scenarios/machine.ts';
import { once } from './scenarios/once.ts';
import { reads } from './scenarios/reads.ts';
import { snapshots } from './scenarios/snapshots.ts';

export default defineLab({
  slug: 'kv-raft',
  title: 'A key-value store on Raft',
  summary: 'A replicated state machine: what is answered has happened, once, and stays.',
  entry: 'server.ts',
  program: 'main.ts',
  uses: ['raft'],
  given: ['contract.ts', 'main.ts'],
  methods: {
    n: ['start', 'inspect', 'dump', 'stall', 'unstall'],
    c: ['get', 'put', 'append', 'cas'],
  },
  hours: '8–15',
  invariants,
  explain,
  parts: [
    { id: 'A', title: 'Replicated state machine', scenarios: machine },
    { id: 'B', title: 'Exactly once', needs: ['A'], scenarios: once },
    { id: 'C', title: 'Snapshots', needs: ['B'], scenarios: snapshots },
    { id: 'D', title: 'Reads that write nothing', needs: ['B'], scenarios: reads },
  ],
});
