/** Replication lag on real PostgreSQL servers: see it, end it, read in spite of it. */
import { defineLab } from 'faultlab';
import see from './scenarios/a-see.ts';
import end from './scenarios/b-end.ts';
import read from './scenarios/c-read.ts';

export default defineLab({
  slug: 'postgres-lag',
  title: 'Postgres: replication lag',
  summary: 'What a standby has not replayed: measured, ended, and read around.',
  on: 'postgres',
  entry: 'runbook.ts',
  given: ['contract.ts'],
  hours: '4–6',
  parts: [
    { id: 'A', title: 'See it', scenarios: see },
    { id: 'B', title: 'End it', scenarios: end },
    { id: 'C', title: 'Read in spite of it', scenarios: read },
  ],
});
