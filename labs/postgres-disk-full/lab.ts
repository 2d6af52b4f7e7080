/** The disk is full: recover without deleting WAL, and next time be told in time. */
import { defineLab } from 'faultlab';
import full from './scenarios/a-full.ts';
import inTime from './scenarios/b-in-time.ts';

export default defineLab({
  slug: 'postgres-disk-full',
  title: 'Postgres: the disk is full',
  summary: 'A primary that is down for lack of room: back with every row, and an alarm in time.',
  on: 'postgres',
  entry: 'runbook.ts',
  given: ['contract.ts'],
  hours: '3–5',
  parts: [
    { id: 'A', title: 'Full', scenarios: full },
    { id: 'B', title: 'In time', scenarios: inTime },
  ],
});
