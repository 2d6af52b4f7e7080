/** A replicated store: the definition of the lab. */
import { defineLab, type Scenario } from 'faultlab';
import { invariants } from './invariants.ts';
import { explain } from './questions.ts';
import { disk } from './scenarios/a.ts';
import { replication } from './scenarios/b.ts';
import { failover } from './scenarios/c.ts';
import { sessions } from './scenarios/d.ts';
import { damage } from './scenarios/damage.ts';

const inOrder = (scenarios: Scenario[]) =>
  scenarios.sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));

export default defineLab({
  slug: 'replicated-kv',
  title: 'A replicated store',
  summary: 'What durable means: a log that survives crashes, copies of it, failover with epochs.',
  entry: 'store.ts',
  program: 'main.ts',
  given: ['contract.ts', 'crc32.ts', 'main.ts', 'view.ts'],
  methods: {
    s: ['start', 'put', 'get'],
    n: ['start', 'contents', 'inspect'],
    v: ['configure'],
    c: ['put', 'get', 'read'],
  },
  hours: '20–30',
  invariants,
  explain,
  parts: [
    { id: 'A', title: 'One disk', scenarios: inOrder([...disk, ...damage]) },
    { id: 'B', title: 'Copies', needs: ['A'], scenarios: replication },
    { id: 'C', title: 'Failover', needs: ['B'], scenarios: failover },
    { id: 'D', title: 'Sessions', needs: ['C'], scenarios: sessions },
  ],
});
