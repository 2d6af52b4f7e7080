/** The primary is gone: who has the data, and what was a commit worth? */
import { defineLab } from 'faultlab';
import data from './scenarios/a-data.ts';
import ok from './scenarios/b-ok.ts';
import quorum from './scenarios/c-quorum.ts';

export default defineLab({
  slug: 'postgres-promotion',
  title: 'Postgres: who has the data?',
  summary: 'A failover that loses nothing: positions, timelines, and what a commit promises.',
  on: 'postgres',
  entry: 'runbook.ts',
  given: ['contract.ts'],
  hours: '4–6',
  parts: [
    { id: 'A', title: 'Who has the data?', scenarios: data },
    { id: 'B', title: 'What is a commit worth?', scenarios: ok },
    { id: 'C', title: 'Two of three', scenarios: quorum },
  ],
});
