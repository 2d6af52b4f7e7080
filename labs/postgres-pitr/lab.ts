/** An accident, a base backup, an archive: back to the right point. */
import { defineLab } from 'faultlab';
import back from './scenarios/a-back.ts';
import prove from './scenarios/b-prove.ts';

export default defineLab({
  slug: 'postgres-pitr',
  title: 'Postgres: back in time',
  summary: 'Point-in-time recovery: undo one transaction, keep all others, prove the backup.',
  on: 'postgres',
  entry: 'runbook.ts',
  given: [],
  hours: '4–6',
  parts: [
    { id: 'A', title: 'Back, and not too far', scenarios: back },
    { id: 'B', title: 'Prove it', scenarios: prove },
  ],
});
