/** A sharded key-value store: the definition of the lab. */
import { defineLab } from 'faultlab';
import { invariants } from './invariants.ts';
import { explain } from './questions.ts';
import { control } from './scenarios/control.ts';
import { moving } from './scenarios/moving.ts';
import { progress } from './scenarios/progress.ts';
import { splitting } from './scenarios/splitting.ts';
import { fixed } from './scenarios/static.ts';
import { times } from './scenarios/times.ts';
import { transactions } from './scenarios/transactions.ts';
import { outputWords, view } from './view.ts';

export default defineLab({
  slug: 'sharded-kv',
  title: 'A sharded key-value store',
  summary:
    'Shards that move between groups of replicas while clients use them, and nothing is lost.',
  entry: 'assignment.ts',
  program: 'main.ts',
  uses: ['raft'],
  given: ['contract.ts', 'main.ts', 'replica.ts'],
  methods: {
    c: [
      'get',
      'put',
      'append',
      'cas',
      'join',
      'leave',
      'move',
      'split',
      'query',
      'putAt',
      'snapshot',
      'snapshotAt',
      'transact',
    ],
  },
  hours: '32–48',
  outputWords,
  prepare: (cluster) => void view(cluster),
  invariants,
  explain,
  parts: [
    { id: 'A', title: 'The shard controller', scenarios: control },
    { id: 'B', title: 'Groups and shards', needs: ['A'], scenarios: fixed },
    { id: 'C', title: 'Moving shards', needs: ['B'], scenarios: moving },
    { id: 'D', title: 'Progress and garbage', needs: ['C'], scenarios: progress },
    { id: 'E', title: 'Times and snapshots', needs: ['C'], scenarios: times },
    { id: 'F', title: 'Transactions', needs: ['E'], scenarios: transactions },
    { id: 'G', title: 'Hot shards and splits', needs: ['F'], scenarios: splitting },
  ],
});
