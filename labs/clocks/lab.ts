/** Clocks: the definition of the lab. */
import { defineLab } from 'faultlab';
import { invariants } from './invariants.ts';
import { explain } from './questions.ts';
import { outputWords } from './rules/words.ts';
import { commitWait } from './scenarios/commit-wait.ts';
import { hlc } from './scenarios/hlc.ts';
import { lamport } from './scenarios/lamport.ts';
import { vector } from './scenarios/vector.ts';
import { happened } from './workload.ts';

const clock = ['local', 'send', 'remember'];

export default defineLab({
  slug: 'clocks',
  title: 'Clocks',
  summary: 'What “before” means without a common clock: logical clocks, and what waiting can buy.',
  entry: 'lamport.ts',
  program: 'main.ts',
  given: ['contract.ts', 'link.ts', 'main.ts', 'truetime.ts'],
  methods: {
    l: [...clock, 'sort'],
    m: ['acquire', 'release'],
    v: [...clock, 'compare'],
    b: ['broadcast'],
    h: [...clock, 'burst'],
    t: ['commit', 'read', 'readAt'],
  },
  hours: '4–8',
  outputWords,
  explain,
  prepare: (cluster) => void happened(cluster),
  invariants,
  parts: [
    { id: 'A', title: 'Lamport clocks', scenarios: lamport },
    { id: 'B', title: 'Vector clocks', scenarios: vector },
    { id: 'C', title: 'Hybrid logical clocks', scenarios: hlc },
    { id: 'D', title: 'Commit wait', scenarios: commitWait },
  ],
});
