/** Isolation levels on the real thing: anomalies made, and prevented. */
import { defineLab } from 'faultlab';
import make from './scenarios/a-make.ts';
import prevent from './scenarios/b-prevent.ts';

export default defineLab({
  slug: 'postgres-isolation',
  title: 'Postgres: isolation',
  summary: 'Lost updates and write skew on demand, and transactions whose history has none.',
  on: 'postgres',
  entry: 'runbook.ts',
  given: ['contract.ts'],
  hours: '3–5',
  parts: [
    { id: 'A', title: 'Make it', scenarios: make },
    { id: 'B', title: 'Prevent it', scenarios: prevent },
  ],
});
