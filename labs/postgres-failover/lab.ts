/** A controller for each machine: lease, promotion, fence, rejoin. */
import { defineLab } from 'faultlab';
import lease from './scenarios/a-lease.ts';
import fence from './scenarios/b-fence.ts';
import again from './scenarios/c-again.ts';

export default defineLab({
  slug: 'postgres-failover',
  title: 'Postgres: automatic failover',
  summary:
    'A controller on each machine, a lease in your own Raft, and no acknowledged write lost.',
  on: 'postgres',
  entry: 'controller.ts',
  given: [],
  uses: ['kv-raft', 'raft'],
  store: 'kv-raft',
  clustersPerCore: 2,
  hours: '10–16',
  parts: [
    { id: 'A', title: 'A lease', scenarios: lease },
    { id: 'B', title: 'A fence', scenarios: fence },
    { id: 'C', title: 'Again', scenarios: again },
  ],
});
