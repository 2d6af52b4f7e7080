/** A replicated store: the definition of the lab. */
import { defineLab, type Scenario } from 'faultlab';
import { invariants } from './invariants.ts';
import { disk } from './scenarios/a.ts';
import { damage } from './scenarios/damage.ts';

const inOrder = (scenarios: Scenario[]) =>
  scenarios.sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));

export default defineLab({
  slug: 'replicated-kv',
  title: 'A replicated store',
  summary: 'What durable means: a write-ahead log that survives every crash.',
  entry: 'store.ts',
  program: 'main.ts',
  given: ['contract.ts', 'crc32.ts', 'main.ts'],
  methods: { s: ['start', 'put', 'get'] },
  hours: '15–25',
  invariants,
  parts: [{ id: 'A', title: 'One disk', scenarios: inOrder([...disk, ...damage]) }],
});
